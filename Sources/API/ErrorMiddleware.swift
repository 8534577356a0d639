import Core
import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// Writes the contract's error body for every failure (contract 00 §5) and logs the request.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = APIContext

    @concurrent func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = try answer(to: error, request, context)
        }
        context.logger.info(
            "\(request.method.rawValue) \(request.uri.path)",
            metadata: [
                "status": "\(response.status.code)",
                "token": "\(Self.masked(request.headers[.token] ?? ""))",
                "milliseconds": "\(Int((ContinuousClock.now - start) / .milliseconds(1)))",
            ]
        )
        return response
    }

    private func answer(to error: any Error, _ request: Request, _ context: APIContext) throws -> Response {
        switch (error as? any FailureConvertible)?.failure ?? error {
        case let failure as Failure:
            if failure.status >= 500 {
                context.logger.error(
                    "request failed",
                    metadata: ["error": "\(failure.errorID)", "details": "\(JSONValue.object(failure.details).text)"]
                )
            }
            return try response(Self.body(failure), HTTPResponse.Status(code: failure.status), request, context)
        case DatabaseFailure.unreachable(let text):
            context.logger.error("database unreachable", metadata: ["error": "\(text)"])
            return try response(Self.body(.databaseUnreachable), .serviceUnavailable, request, context)
        case let known as any HTTPResponseError:
            let failure = Failure(
                status: known.status.code,
                errorID: known.status == .notFound ? "not-found" : "http-error",
                message: known.status == .notFound
                    ? "The requested URL was not found on the server." : known.status.reasonPhrase
            )
            return try response(Self.body(failure), known.status, request, context)
        default:
            // The id joins the client's report with the cause in our log.
            let id = UUID().uuidString.lowercased()
            context.logger.critical("unexpected error", metadata: ["id": "\(id)", "error": "\(error)"])
            let failure = Failure(
                status: 500,
                errorID: "internal-server-error",
                message: "Internal Server Error",
                details: ["id": .string(id)]
            )
            return try response(Self.body(failure), .internalServerError, request, context)
        }
    }

    private func response(
        _ body: JSONValue,
        _ status: HTTPResponse.Status,
        _ request: Request,
        _ context: APIContext
    ) throws -> Response {
        JSONResponse(body, status: status).response(from: request, context: context)
    }

    static func body(_ failure: Failure) -> JSONValue {
        var body: [String: JSONValue] = [
            "message": .string(failure.message),
            "error_id": .string(failure.errorID),
            "details": .object(failure.details),
            "timestamp": .number(Date().timeIntervalSince1970),
        ]
        if let resource = failure.resource { body["resource"] = .string(resource) }
        return .object(body)
    }

    /// A token as the log shows it: all but the last eight characters and the dashes hidden (contract 00 §3).
    static func masked(_ token: String) -> String {
        let hidden = max(0, token.count - 8)
        return String(token.enumerated().map { $0.offset < hidden && $0.element != "-" ? "X" : $0.element })
    }
}

extension HTTPField.Name {
    // Both names are valid by HTTP's grammar, so the fallbacks are never taken.
    /// Header `X-Auth-Token`.
    static let token = HTTPField.Name("X-Auth-Token") ?? .authorization
    /// Header `Wazo-Tenant`.
    static let tenant = HTTPField.Name("Wazo-Tenant") ?? .authorization
}
