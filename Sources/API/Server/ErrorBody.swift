import Core
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What a client is told of an error, and what the log is (contract 00 §5).
struct ErrorBody {
    /// What the body says.
    let failure: Failure
    /// Headers beside the body.
    private(set) var headers: HTTPFields = [:]
    /// Whether the rest of the request is not wanted any more.
    private(set) var closesConnection = false

    /// - Parameters:
    ///   - error: Whatever a route threw.
    ///   - bodyLimit: The limit that a too long body has broken.
    ///   - logger: The request's logger.
    init(_ error: any Error, bodyLimit: Int, logger: Logger) {
        switch (error as? any FailureConvertible)?.failure ?? error {
        case let known as Failure:
            failure = known.showable
            if !known.isTheClients {
                let details = SecretMasking.masked(JSONValue.object(known.details).text)
                logger.error("request failed", metadata: ["error": "\(known.errorID)", "details": "\(details)"])
            }
        case DatabaseFailure.unreachable(let text):
            logger.error("database unreachable", metadata: ["error": "\(SecretMasking.masked(text))"])
            failure = .databaseUnreachable
        case is RequestGate.Busy:
            failure = .serverBusy
            headers = [.retryAfter: "1"]
        case let tooMany as NIOTooManyBytesError:
            failure = .bodyTooLarge(limit: tooMany.maxBytes ?? bodyLimit)
            closesConnection = true
        case BodyFailure.broken(let cause):
            logger.debug("the body of a request broke off", metadata: ["error": "\(cause)"])
            failure = .brokenRequest
            closesConnection = true
        case let head as HeadFailure:
            failure = head == .malformed ? .brokenRequest : .unknownCoding
            closesConnection = true
        case BodyFailure.late:
            logger.debug("the body of a request came too slowly")
            failure = .lateBody
            closesConnection = true
        case is CancellationError:
            failure = .serverStopping
        case let known as any HTTPResponseError:
            failure = Failure(
                status: known.status.code,
                errorID: "http-error",
                message: known.status.reasonPhrase
            )
        default:
            // The id joins the client's report with the cause in our log.
            let id = UUID().uuidString.lowercased()
            logger.critical(
                "unexpected error",
                metadata: ["id": "\(id)", "error": "\(SecretMasking.masked("\(error)"))"]
            )
            failure = Failure(
                status: 500,
                errorID: "internal-server-error",
                message: "Internal Server Error",
                details: ["id": .string(id)]
            )
        }
    }

    /// The answer.
    var response: Response {
        var answer = APIResponse(Self.body(failure), status: failure.status)
        for field in headers { answer.headers.append(field) }
        if closesConnection { answer.headers[.connection] = "close" }
        return answer.response
    }

    /// The four keys that clients require, and `resource` where there is one.
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
}

extension Failure {
    /// The failure with `original_error`, the one member whose text others wrote, as a client may see it.
    fileprivate var showable: Failure {
        guard let text = details["original_error"]?.string else { return self }
        var details = details
        details["original_error"] = .string(SecretMasking.forClient(text))
        return Failure(status: status, errorID: errorID, message: message, details: details, resource: resource)
    }
}
