public import Core
public import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// A sibling service on loopback: answers from a closure, remembers what it was asked, and can be made to
/// fail in the ways that a real one cannot show on demand.
public final class FakeService: Sendable {
    /// A request as it came.
    public struct Request: Sendable {
        /// For instance `GET`.
        public var method: String
        /// Percent-decoded path without the query.
        public var path: String
        /// Percent-decoded query; the last of equal names wins.
        public var query: [String: String]
        /// Headers by lower-case name.
        public var headers: [String: String]
        /// Body.
        public var body: Data

        /// The body as JSON; `nil` when it is empty or none.
        public var json: JSONValue? { try? JSONValue(parsing: body) }
    }

    /// An answer.
    public struct Answer: Sendable {
        /// HTTP status.
        public var status: Int
        /// Body; `nil`: none.
        public var body: JSONValue?
        /// Further headers.
        public var headers: [String: String]

        /// An answer with its parts.
        public init(_ status: Int, _ body: JSONValue? = nil, headers: [String: String] = [:]) {
            self.status = status
            self.body = body
            self.headers = headers
        }
    }

    /// How it fails.
    public enum Fault: Sendable, CaseIterable {
        /// Takes the request and never answers.
        case hangs
        /// Sends half an answer and closes.
        case closesInTheMiddle
        /// Closes as soon as it has the request.
        case closes
        /// Answers 200 with a body that is no JSON.
        case garbage
        /// Answers with bytes that are no HTTP.
        case noHTTP
        /// Answers 500.
        case internalError
    }

    /// What it does with requests.
    public typealias Handler = @Sendable (Request) async -> Answer

    /// The port that it listens on.
    public let port: Int
    private let channel: any Channel
    private let state: State

    private final class State: Sendable {
        let fault = NIOLockedValueBox<Fault?>(nil)
        let requests = NIOLockedValueBox<[Request]>([])
        let connections = NIOLockedValueBox<[ObjectIdentifier: any Channel]>([:])
        let handler: Handler
        init(_ handler: @escaping Handler) { self.handler = handler }
    }

    private init(channel: any Channel, port: Int, state: State) {
        self.channel = channel
        self.port = port
        self.state = state
    }

    /// Starts a service.
    /// - Parameter port: Port to listen on; 0 for any.
    /// - Throws: when the port cannot be had.
    public static func start(port: Int = 0, _ handler: @escaping Handler) async throws -> FakeService {
        let state = State(handler)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                state.connections.withLockedValue { $0[ObjectIdentifier(channel)] = channel }
                channel.closeFuture.whenComplete { _ in
                    _ = state.connections.withLockedValue { $0.removeValue(forKey: ObjectIdentifier(channel)) }
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Connection(state: state))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return FakeService(channel: channel, port: port, state: state)
    }

    /// Runs `body` with a service and stops it behind.
    /// - Throws: what `body` throws.
    public static func running<Value: Sendable>(
        _ handler: @escaping Handler,
        _ body: (FakeService) async throws -> Value
    ) async throws -> Value {
        let service = try await start(handler)
        do {
            let value = try await body(service)
            await service.stop()
            return value
        } catch {
            await service.stop()
            throw error
        }
    }

    /// Stops listening and closes every connection; from then on it refuses.
    public func stop() async {
        try? await channel.close()
        for connection in state.connections.withLockedValue({ Array($0.values) }) { try? await connection.close() }
    }

    /// From now on it fails like this; `nil`: it answers again.
    public func fail(_ fault: Fault?) { state.fault.withLockedValue { $0 = fault } }

    /// Every request so far, in order.
    public var requests: [Request] { state.requests.withLockedValue { $0 } }

    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let state: State
        private var head: HTTPRequestHead?
        private var body = Data()

        init(state: State) { self.state = state }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = Data()
            case .body(let part):
                body.append(contentsOf: part.readableBytesView)
            case .end:
                guard let head else { return }
                answer(head, context: context)
            }
        }

        private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
            let request = Self.request(head, body)
            state.requests.withLockedValue { $0.append(request) }
            switch state.fault.withLockedValue({ $0 }) {
            case nil:
                let handler = state.handler
                let isHead = head.method == .HEAD
                let answered = context.eventLoop.makeFutureWithTask { await handler(request) }
                answered.assumeIsolated().whenSuccess { answer in
                    let text = answer.body?.text ?? ""
                    self.write(
                        answer.status,
                        answer.headers,
                        isHead ? "" : text,
                        length: text.utf8.count,
                        context: context
                    )
                }
            case .hangs:
                break
            case .closes:
                context.close(promise: nil)
            case .closesInTheMiddle:
                write(200, [:], "{\"half\":", length: 1_000, context: context)
                context.close(promise: nil)
            case .garbage:
                write(200, [:], "<html>not JSON", length: 14, context: context)
            case .noHTTP:
                let bytes = ByteBuffer(string: "\u{1}\u{2} this is no HTTP\r\n\r\n")
                context.pipeline.context(handlerType: HTTPResponseEncoder.self).assumeIsolated().whenSuccess {
                    $0.writeAndFlush(NIOAny(IOData.byteBuffer(bytes)), promise: nil)
                }
                context.close(promise: nil)
            case .internalError:
                let text = head.method == .HEAD ? "" : "{\"message\":\"Internal Server Error\"}"
                write(500, [:], text, length: 35, context: context)
            }
        }

        private func write(
            _ status: Int,
            _ headers: [String: String],
            _ text: String,
            length: Int,
            context: ChannelHandlerContext
        ) {
            var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status))
            head.headers.add(name: "Content-Type", value: "application/json")
            if status != 204 { head.headers.add(name: "Content-Length", value: "\(length)") }
            for (name, value) in headers { head.headers.add(name: name, value: value) }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        private static func request(_ head: HTTPRequestHead, _ body: Data) -> Request {
            let parts = head.uri.split(separator: "?", maxSplits: 1)
            var query: [String: String] = [:]
            for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
                let words = pair.split(separator: "=", maxSplits: 1).map(String.init)
                query[words[0].removingPercentEncoding ?? words[0]] =
                    words.count > 1 ? words[1].removingPercentEncoding ?? words[1] : ""
            }
            let path = parts.first.map(String.init) ?? "/"
            return Request(
                method: head.method.rawValue,
                path: path.removingPercentEncoding ?? path,
                query: query,
                headers: Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $1 },
                body: body
            )
        }
    }
}
