import ARI
import AsyncHTTPClient
import Bus
import Core
import Events
import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// What stock Asterisk lacks of the platform's: `POST` and `DELETE /ari/amqp/<app>`, and the events of such an
/// application on the bus (contract 00 §7.2). Every other request goes to the real Asterisk as it is, and the events
/// are the real Asterisk's, taken from its WebSocket.
public final class StasisBusShim: Sendable {
    /// Port of its ARI.
    public let port: Int
    private let server: any Channel
    private let bridge: Bridge

    /// Starts one in front of the lab's Asterisk.
    /// - Throws: when it cannot listen.
    public static func start(_ lab: LabEnvironment) async throws -> StasisBusShim {
        let bridge = Bridge(lab)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOHTTPServerRequestAggregator(maxContentLength: 1 << 20),
                        Connection(bridge: bridge)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = server.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return StasisBusShim(port: port, server: server, bridge: bridge)
    }

    private init(port: Int, server: any Channel, bridge: Bridge) {
        self.port = port
        self.server = server
        self.bridge = bridge
    }

    /// Ends it.
    public func stop() async {
        try? await server.close()
        await bridge.stop()
    }

    /// Cuts the WebSockets, so that the applications are gone, as if the module had been reloaded.
    public func forgetApplications() { bridge.forgetApplications() }

    private final class Bridge: Sendable {
        private let configuration: ARIConfiguration
        private let asterisk: String
        private let http = HTTPClient(eventLoopGroupProvider: .singleton)
        private let publisher: RabbitMQPublisher
        private let publishing: Task<Void, any Error>
        private let applications = NIOLockedValueBox<[String: Task<Void, Never>]>([:])
        private static let logger = Logger(label: "shim") { _ in SwiftLogNoOpLogHandler() }

        init(_ lab: LabEnvironment) {
            asterisk = "http://127.0.0.1:\(lab.httpPort)"
            configuration = ARIConfiguration(
                baseURL: URL(string: asterisk) ?? URL(filePath: "/"),
                username: "tandem",
                password: "tandem"
            )
            let publisher = RabbitMQPublisher(
                configuration: BusConfiguration(host: "127.0.0.1", port: lab.amqpPort),
                logger: Self.logger
            )
            self.publisher = publisher
            publishing = Task { try await publisher.run() }
        }

        func stop() async {
            forgetApplications()
            publishing.cancel()
            _ = await publishing.result
            try? await http.shutdown()
        }

        func forgetApplications() {
            let running = applications.withLockedValue { applications in
                defer { applications = [:] }
                return Array(applications.values)
            }
            for task in running { task.cancel() }
        }

        func answer(_ request: NIOHTTPServerRequestFull) async -> (HTTPResponseStatus, ByteBuffer) {
            let path = request.head.uri.prefix { $0 != "?" }
            do {
                if path.hasPrefix("/ari/amqp/") {
                    return try await answer(request.head.method, application: String(path.dropFirst(10)))
                }
                var forwarded = HTTPClientRequest(url: asterisk + request.head.uri)
                forwarded.method = request.head.method
                for name in ["Authorization", "Content-Type"] {
                    if let value = request.head.headers.first(name: name) {
                        forwarded.headers.add(name: name, value: value)
                    }
                }
                if let body = request.body { forwarded.body = .bytes(body) }
                let response = try await http.execute(forwarded, timeout: .seconds(5))
                return (response.status, try await response.body.collect(upTo: 64 << 20))
            } catch {
                return (.badGateway, ByteBuffer(string: #"{"message":"Asterisk is away"}"#))
            }
        }

        private func answer(_ method: HTTPMethod, application: String) async throws -> (HTTPResponseStatus, ByteBuffer)
        {
            if method == .DELETE {
                let task = applications.withLockedValue { $0.removeValue(forKey: application) }
                task?.cancel()
                return (task == nil ? .notFound : .noContent, ByteBuffer())
            }
            if applications.withLockedValue({ $0[application] != nil }) { return (.noContent, ByteBuffer()) }
            let socket = try await ARIWebSocket.connect(configuration, applications: [application])
            let task = Task {
                try? await socket.read(
                    ready: {},
                    alongside: { try await Task.sleep(for: .seconds(86_400)) },
                    message: { await self.publish($0, application: application) }
                )
                _ = self.applications.withLockedValue { $0.removeValue(forKey: application) }
            }
            applications.withLockedValue { $0[application] = task }
            return (.noContent, ByteBuffer())
        }

        private func publish(_ event: Data, application: String) async {
            guard let type = (try? JSONValue(parsing: event))?["type"]?.string else { return }
            let text = String(decoding: event, as: UTF8.self)
            let message = BusMessage(
                resource: application,
                routingKey: "stasis.app.\(application.lowercased())",
                headers: [
                    "name": .string(type), "category": "stasis", "application_name": .string(application),
                ],
                body: #"{"name":"\#(type)","application":"\#(application)","data":\#(text)}"#
            )
            try? await publisher.publish([message])
        }
    }

    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = NIOHTTPServerRequestFull
        typealias OutboundOut = HTTPServerResponsePart
        private let bridge: Bridge

        init(bridge: Bridge) { self.bridge = bridge }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let request = unwrapInboundIn(data)
            let channel = context.channel
            let bridge = bridge
            Task {
                let (status, body) = await bridge.answer(request)
                var head = HTTPResponseHead(version: .http1_1, status: status)
                head.headers.add(name: "Content-Type", value: "application/json")
                if status != .noContent { head.headers.add(name: "Content-Length", value: "\(body.readableBytes)") }
                channel.write(HTTPServerResponsePart.head(head), promise: nil)
                channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
                channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
            }
        }
    }
}
