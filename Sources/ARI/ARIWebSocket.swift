package import Foundation
package import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

/// A WebSocket to `/ari/events`, connected and upgraded.
package struct ARIWebSocket: Sendable {
    typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    /// Frames in both directions; whole messages, fragments are put together.
    let frames: Frames

    enum Failure: Error, CustomStringConvertible {
        case refused, closed, silent
        var description: String {
            switch self {
            case .refused: "the server did not upgrade to WebSocket"
            case .closed: "the server closed the WebSocket"
            case .silent: "no frame for three ping intervals"
            }
        }
    }

    private static let pingInterval: Duration = .seconds(10)

    /// Largest message in bytes that is accepted.
    static let messageLimit = 8 << 20

    /// Connects and upgrades, within five seconds.
    /// - Throws: the connection's error, or ``Failure/refused``.
    package static func connect(
        _ configuration: ARIConfiguration,
        applications: [String],
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> ARIWebSocket {
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(.seconds(3))
            .channelOption(.socketOption(.so_keepalive), value: 1)
        let upgrade = try await bootstrap.connect(host: configuration.host, port: configuration.port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try upgradePipeline(of: channel, configuration: configuration, applications: applications)
            }
        }
        guard let socket = try await upgrade.get() else { throw Failure.refused }
        return socket
    }

    private static func upgradePipeline(
        of channel: any NIOCore.Channel,
        configuration: ARIConfiguration,
        applications: [String]
    ) throws -> EventLoopFuture<ARIWebSocket?> {
        let upgrader = NIOTypedWebSocketClientUpgrader<ARIWebSocket?>(maxFrameSize: messageLimit) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    NIOWebSocketFrameAggregator(
                        minNonFinalFragmentSize: 0,
                        maxAccumulatedFrameCount: 1_024,
                        maxAccumulatedFrameSize: messageLimit
                    )
                )
                return ARIWebSocket(frames: try Frames(wrappingChannelSynchronously: channel))
            }
        }
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: uri(applications))
        head.headers.add(name: "Host", value: "\(configuration.host):\(configuration.port)")
        head.headers.add(name: "Authorization", value: configuration.authorization)
        head.headers.add(name: "Content-Length", value: "0")
        var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: head,
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.close().map { nil }
                }
            )
        )
        // Asterisk sends events right behind the 101 answer, often in the same segment. The default
        // drops them silently.
        pipeline.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
    }

    private static func uri(_ applications: [String]) -> String {
        "/ari/events?app=\(applications.joined(separator: ","))&subscribeAll=false"
    }

    /// Reads messages one after the other until the peer closes, `alongside` returns, or something fails.
    /// - Parameter ready: Called before the first message is read.
    package func read(
        ready: () async throws -> Void,
        alongside: @escaping @Sendable () async throws -> Void,
        message: @escaping @Sendable (Data) async -> Void
    ) async throws {
        let lastFrame = LastFrame()
        try await frames.executeThenClose { inbound, outbound in
            try await ready()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.keepAlive(outbound, lastFrame: lastFrame) }
                group.addTask { try await alongside() }
                group.addTask { @concurrent in
                    for try await frame in inbound {
                        lastFrame.note()
                        switch frame.opcode {
                        case .text, .binary:
                            await message(Data(buffer: frame.unmaskedData))
                        case .ping:
                            try await outbound.write(
                                WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)
                            )
                        case .connectionClose: return
                        default: break
                        }
                    }
                }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    /// Asterisk sends nothing on a silent feed, so a dead peer shows only in unanswered pings.
    private static func keepAlive(
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>,
        lastFrame: LastFrame
    ) async throws {
        while true {
            try await Task.sleep(for: pingInterval)
            if lastFrame.age > pingInterval * 3 { throw Failure.silent }
            try await outbound.write(WebSocketFrame(fin: true, opcode: .ping, maskKey: .random(), data: ByteBuffer()))
        }
    }

    /// When the peer last showed that it is there.
    private final class LastFrame: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var age: Duration { ContinuousClock.now - instant.withLock { $0 } }
        func note() { instant.withLock { $0 = .now } }
    }
}
