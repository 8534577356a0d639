package import Foundation
package import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization
import Telephony

/// A WebSocket to `/ari/events`, connected and upgraded.
package struct ARIWebSocket: Sendable {
    typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    /// Frames in both directions; whole messages, fragments are put together.
    let frames: Frames

    enum Failure: Error, CustomStringConvertible {
        case refused, closed, silent, slow
        var description: String {
            switch self {
            case .refused: "the server did not upgrade to WebSocket"
            case .slow: "the server did not upgrade to WebSocket within the time limit"
            case .closed: "the server closed the WebSocket"
            case .silent: "Asterisk gave no sign of life on the event socket"
            }
        }
    }

    /// Largest message in bytes that is accepted.
    static let messageLimit = 8 << 20

    /// Connects, within three seconds, and upgrades.
    /// - Parameter limit: How long the upgrade may take.
    /// - Throws: the connection's error, ``Failure/refused`` or ``Failure/slow``; `CancellationError`.
    package static func connect(
        _ configuration: ARIConfiguration,
        applications: [String],
        limit: TimeAmount = .seconds(5),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> ARIWebSocket {
        let attempt = Attempt()
        do {
            return try await withTaskCancellationHandler {
                try Task.checkCancellation()
                let upgrade = try await ClientBootstrap(group: group)
                    .connectTimeout(.seconds(3))
                    .channelOption(.socketOption(.so_keepalive), value: 1)
                    .connect(host: configuration.host, port: configuration.port) { channel in
                        attempt.begin(on: channel, limit: limit)
                        return channel.eventLoop.makeCompletedFuture {
                            try upgradePipeline(of: channel, configuration: configuration, applications: applications)
                        }
                    }
                defer { attempt.end() }
                guard let socket = try await upgrade.get() else { throw Failure.refused }
                return socket
            } onCancel: {
                attempt.giveUp()
            }
        } catch {
            try Task.checkCancellation()
            throw attempt.wasSlow ? Failure.slow : error
        }
    }

    /// An upgrade under way: its channel is closed when it takes too long, or when nobody waits for it any more. Then
    /// its future fails.
    private final class Attempt: Sendable {
        private struct State {
            var channel: (any NIOCore.Channel)?
            var deadline: Scheduled<Void>?
            var isGivenUp = false
            var wasSlow = false
        }
        private let state = Mutex(State())

        var wasSlow: Bool { state.withLock { $0.wasSlow } }

        /// On the channel's event loop.
        func begin(on channel: any NIOCore.Channel, limit: TimeAmount) {
            let deadline = channel.eventLoop.scheduleTask(in: limit) {
                self.state.withLock { $0.wasSlow = true }
                channel.close(promise: nil)
            }
            let isGivenUp = state.withLock { state in
                state.channel = channel
                state.deadline = deadline
                return state.isGivenUp
            }
            if isGivenUp { channel.close(promise: nil) }
        }

        func giveUp() {
            let channel = state.withLock { state in
                state.isGivenUp = true
                return state.channel
            }
            channel?.close(promise: nil)
        }

        /// The upgrade has an outcome: from now on the channel belongs to whoever reads it.
        func end() {
            let deadline = state.withLock { state in
                state.channel = nil
                return state.deadline
            }
            deadline?.cancel()
        }
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
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: uri(configuration, applications))
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

    private static func uri(_ configuration: ARIConfiguration, _ applications: [String]) -> String {
        "\(configuration.rootPath)/events?app=\(applications.joined(separator: ","))&subscribeAll=false"
    }

    /// Reads messages one after the other until the peer closes, `alongside` returns, or something fails.
    /// - Parameters:
    ///   - pingInterval: Between two questions for a sign of life; `nil`: the usual one (`SignsOfLife`).
    ///   - ready: Called before the first message is read.
    package func read(
        pingInterval: Duration? = nil,
        ready: () async throws -> Void,
        alongside: @escaping @Sendable () async throws -> Void,
        message: @escaping @Sendable (Data) async -> Void
    ) async throws {
        let lastFrame = LastFrame()
        try await frames.executeThenClose { inbound, outbound in
            try await ready()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await Self.keepAlive(
                        outbound,
                        lastFrame: lastFrame,
                        interval: pingInterval ?? SignsOfLife.interval
                    )
                }
                group.addTask { try await alongside() }
                group.addTask { @concurrent in
                    for try await frame in inbound {
                        lastFrame.began()
                        defer { lastFrame.ended() }
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
        lastFrame: LastFrame,
        interval: Duration
    ) async throws {
        var signs = SignsOfLife()
        var asked = ContinuousClock.now
        while true {
            try await Task.sleep(for: interval)
            // Since the last question: an answer that came at once is as old as the interval by now, or a little older.
            if signs.intervalPassed(isHeard: lastFrame.silence < ContinuousClock.now - asked) { throw Failure.silent }
            asked = .now
            try await outbound.write(WebSocketFrame(fin: true, opcode: .ping, maskKey: .random(), data: ByteBuffer()))
        }
    }

}
