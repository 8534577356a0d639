import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A WebSocket to `/ari/events`, connected and upgraded.
struct ARIWebSocket: Sendable {
    typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    /// Frames in both directions; whole messages, fragments are put together.
    let frames: Frames

    enum Failure: Error, CustomStringConvertible {
        case refused
        var description: String { "the server did not upgrade to WebSocket" }
    }

    /// Largest message in bytes that is accepted.
    static let messageLimit = 8 << 20

    /// Connects and upgrades, within five seconds.
    /// - Throws: the connection's error, or ``Failure/refused``.
    static func connect(
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
}
