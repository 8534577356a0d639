import Core
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What every request goes through, whatever its path (contract 00 §3): trace ids into its log lines, the
/// answers that no route gives (404, 405, OPTIONS), error bodies, CORS headers, and its line in the log.
///
/// One middleware for all of it: each further one costs every request an allocation and a hop.
struct RequestPipeline: RouterMiddleware {
    typealias Context = APIContext

    let table: RouteTable
    let cors: CORSPolicy
    let bodyLimit: Int
    /// Paths that supervisors and Prometheus ask for every few seconds: their lines would hide all others.
    let scrapes: Set<String>
    let forwarding: Forwarding
    private let metrics = RequestMetrics()
    private let refusals = RefusalLog()

    init(table: RouteTable, cors: CORSPolicy, bodyLimit: Int, scrapes: Set<String> = [], forwarding: Forwarding) {
        self.table = table
        self.scrapes = scrapes
        self.forwarding = forwarding
        self.cors = cors
        self.bodyLimit = bodyLimit
    }

    /// Characters of a path that the log shows: ours are shorter, and a header may be long.
    private static let loggedPathLength = 500
    /// How long the rest of an unwanted body is read, so that the client sees the answer before the end.
    private static let lingering: TimeAmount = .seconds(2)

    @concurrent func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        var context = context
        trace(request, &context.logger)
        var response: Response
        var refusal: Refusal?
        var wasRefused = false
        let peer = context.channel.remoteAddress
        let client = forwarding.clientAddress(request.headers, peer: peer)
        context.clientAddress = client
        context.scheme = forwarding.scheme(request.headers, peer: peer)
        do {
            if let failure = request.headers[.refusedHead].flatMap(HeadFailure.init) { throw failure }
            if RouteTable.hasEmptySegment(request.uri.path) { throw RouteResponder.UnknownPath() }
            let place = try forwarding.enter(client, peer: peer)
            defer { forwarding.leave(place) }
            response = try await next(request, context)
        } catch {
            let known = error as? RefusedRequest
            let cause = known?.cause ?? error
            wasRefused = cause is RequestGate.Busy
            let failure: Failure?
            (response, failure) = answer(to: cause, request, context)
            refusal = failure.map { Refusal(failure: $0, sender: known) }
        }
        cors.apply(to: &response.headers, request: request)
        let duration = ContinuousClock.now - start
        metrics.answered(status: response.status.code, after: duration, wasRefused: wasRefused)
        log(request, context, response.status.code, client, duration, refusal)
        return response
    }

    private func log(
        _ request: Request,
        _ context: APIContext,
        _ status: Int,
        _ client: String?,
        _ duration: Duration,
        _ refusal: Refusal?
    ) {
        var level: Logger.Level = scrapes.contains(request.uri.path) ? .debug : .info
        var metadata: Logger.Metadata = [
            "status": "\(status)",
            "token": "\(Self.masked(request.headers[.token] ?? ""))",
            "client": "\(client ?? "-")",
            "milliseconds": "\(Int(duration / .milliseconds(1)))",
        ]
        if let refusal {
            metadata.merge(refusal.metadata) { $1 }
            if refusal.failure.isTheClients {
                let silent = refusals.admit(client ?? "-")
                if silent == nil { level = .debug }
                if let silent, silent > 0 { metadata["refusals_before"] = "\(silent)" }
            }
        }
        context.logger.log(
            level: level,
            "\(request.method.rawValue) \(String(decoding: request.uri.path.utf8.prefix(Self.loggedPathLength), as: UTF8.self))",
            metadata: metadata
        )
    }

    /// Why a request was refused, and whose it was.
    private struct Refusal {
        let failure: Failure
        let sender: RefusedRequest?

        var metadata: Logger.Metadata {
            var metadata: Logger.Metadata = ["error_id": "\(failure.errorID)"]
            if let reason = failure.details["reason"]?.string { metadata["reason"] = "\(reason)" }
            if let sender { metadata["tenant"] = "\(sender.tenant)" }
            if let user = sender?.user { metadata["user"] = "\(user)" }
            return metadata
        }
    }

    /// Ids for every line that the request logs; they cost a little, so only where lines are written.
    private func trace(_ request: Request, _ logger: inout Logger) {
        guard logger.logLevel <= .error else { return }
        var random = SystemRandomNumberGenerator()
        let trace = TraceContext(header: request.headers[.traceParent], random: &random)
        logger[metadataKey: "trace_id"] = .stringConvertible(trace.trace)
        logger[metadataKey: "span_id"] = .stringConvertible(trace.span)
        if let parent = trace.parent { logger[metadataKey: "parent_span_id"] = .stringConvertible(parent) }
    }

    private func answer(
        to error: any Error,
        _ request: Request,
        _ context: APIContext
    ) -> (Response, Failure?) {
        if isUnknown(error) { return answerWithoutRoute(request, context) }
        let body = ErrorBody(error, bodyLimit: bodyLimit, logger: context.logger)
        var response = body.response
        // Whatever is refused with such a body still on its way: the rest is not worth reading.
        if body.closesConnection || (request.declaredLength ?? 0) > bodyLimit {
            response.headers[.connection] = "close"
            let channel = context.channel
            channel.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
        }
        return (response, body.failure)
    }

    /// Whether the router found no route, or the route found that its path has not the right form.
    private func isUnknown(_ error: any Error) -> Bool {
        error is RouteResponder.UnknownPath || (error as? HTTPError)?.status == .notFound
    }

    private func answerWithoutRoute(_ request: Request, _ context: APIContext) -> (Response, Failure?) {
        var methods = table.methods(of: request.uri.path)
        // The router prefers a literal even where only the parameter beside it ends a path.
        if methods.contains(request.method.rawValue), request.method != .options { methods = [] }
        let failure: Failure
        if methods.isEmpty {
            failure = .unknownPath
        } else if request.method == .options {
            return (Response(status: .ok, headers: [.allow: methods.joined(separator: ", ")]), nil)
        } else {
            failure = .methodNotAllowed
        }
        var response = ErrorBody(failure, bodyLimit: bodyLimit, logger: context.logger).response
        if !methods.isEmpty { response.headers[.allow] = methods.joined(separator: ", ") }
        return (response, failure)
    }

    /// A token as the log shows it: all but the last eight characters and the dashes hidden (contract 00 §3).
    static func masked(_ token: String) -> String {
        let dash = UInt8(ascii: "-")
        let hidden = token.utf8.count - 8
        return String(
            decoding: token.utf8.enumerated().map {
                $0.offset < hidden && $0.element != dash ? UInt8(ascii: "X") : $0.element
            },
            as: UTF8.self
        )
    }
}

extension Request {
    /// The length that the client announces.
    var declaredLength: Int? { headers[.contentLength].flatMap { Int($0) } }
}
