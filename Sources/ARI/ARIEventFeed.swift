import Core
import Foundation
public import Logging
import Metrics
import NIOCore
import NIOFoundationCompat
import NIOWebSocket
public import ServiceLifecycle
import Synchronization
public import Telephony

/// The one WebSocket of the fixed Stasis applications: connects, registers and subscribes them, reads
/// events in one task and hands them to their owners in order; reconnects with back-off for ever.
///
/// Source: contract 00 §7.2–7.3, contract 44 §13 (c).
public final class ARIEventFeed: Service, Sendable {
    /// A Stasis application of ours and what it listens to.
    public struct Application: Sendable, Hashable {
        /// The application's name.
        public var name: String
        /// Event sources, for instance `channel:` for all channels.
        public var sources: [String]

        /// An application with its sources.
        public init(name: String, sources: [String]) {
            self.name = name
            self.sources = sources
        }
    }

    /// Events that nobody here reads. The last three come from the lasting subscription below.
    static let unreadEvents = [
        "ChannelVarset", "ChannelDialplan", "ChannelConnectedLine", "ChannelTalkingStarted",
        "ChannelTalkingFinished", "EndpointStateChange", "PeerStatusChange", "ContactStatusChange",
    ]
    /// A single subscription keeps the application object, with its filter and its channels, alive in
    /// Asterisk while our socket is away; a subscription to all channels does not (contract 44 §13 c).
    static let lastingSource = "endpoint:PJSIP"
    private static let pingInterval: Duration = .seconds(10)

    private let configuration: ARIConfiguration
    private let client: ARIClient
    private let applications: [Application]
    private let receiver: any EventReceiving
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var connected = false
        var replaced: Set<String> = []
        var lastFrame = ContinuousClock.now
    }

    /// A feed; it connects when it is run.
    public init(
        configuration: ARIConfiguration,
        client: ARIClient,
        applications: [Application],
        receiver: any EventReceiving,
        logger: Logger
    ) {
        self.configuration = configuration
        self.client = client
        self.applications = applications
        self.receiver = receiver
        self.logger = logger
    }

    /// Whether the socket is open and every application is registered on it.
    public var isConnected: Bool { state.withLock { $0.connected && $0.replaced.isEmpty } }

    /// Runs until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var delay = 0.1
            while !Task.isCancelled {
                let connectedAt = ContinuousClock.now
                do {
                    try await self.session()
                    self.logger.warning("Asterisk closed the event feed")
                } catch is CancellationError {
                    break
                } catch {
                    self.logger.warning("event feed: \(error)")
                }
                if self.state.withLock({ state in
                    defer { state.connected = false }
                    return state.connected
                }) {
                    await self.receiver.feedDisconnected()
                }
                // A connection that held is followed by a quick try, one that fails at once is not.
                if ContinuousClock.now - connectedAt > .seconds(10) { delay = 0.1 }
                try? await Task.sleep(for: .seconds(delay))
                delay = min(delay * 2, self.configuration.reconnectionDelayLimit)
            }
        }
    }

    private func session() async throws {
        try await client.probe()
        let socket = try await ARIWebSocket.connect(configuration, applications: applications.map(\.name))
        state.withLock { state in
            state.replaced = []
            state.lastFrame = .now
        }
        try await socket.frames.executeThenClose { inbound, outbound in
            try await register()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.keepAlive(outbound) }
                group.addTask { @concurrent in
                    for try await frame in inbound where try await self.handle(frame, outbound: outbound) { break }
                }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    private func register() async throws {
        for application in applications {
            try await client.disallow(Self.unreadEvents, in: application.name)
            try await client.subscribe(application.name, to: application.sources + [Self.lastingSource])
        }
        client.markInitialized()
        state.withLock { $0.connected = true }
        logger.info(
            "event feed connected",
            metadata: ["applications": "\(applications.map(\.name).joined(separator: ","))"]
        )
        await receiver.feedConnected()
    }

    /// Asterisk sends nothing on a silent feed, so a dead peer shows only in unanswered pings.
    private func keepAlive(_ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>) async throws {
        struct Silent: Error, CustomStringConvertible {
            var description: String { "no frame for three ping intervals" }
        }
        while true {
            try await Task.sleep(for: Self.pingInterval)
            if ContinuousClock.now - state.withLock({ $0.lastFrame }) > Self.pingInterval * 3 { throw Silent() }
            try await outbound.write(WebSocketFrame(fin: true, opcode: .ping, maskKey: .random(), data: ByteBuffer()))
        }
    }

    /// - Returns: Whether the peer closed the socket.
    private func handle(
        _ frame: WebSocketFrame,
        outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    ) async throws -> Bool {
        state.withLock { $0.lastFrame = .now }
        switch frame.opcode {
        case .text, .binary:
            await deliver(Data(buffer: frame.unmaskedData))
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)
            try await outbound.write(pong)
        case .connectionClose:
            return true
        default:
            break
        }
        return false
    }

    /// Decodes the head, and the whole only if somebody owns the event. A message that cannot be read is
    /// dropped with a log line; it never ends the feed.
    private func deliver(_ message: Data) async {
        let head: EventHead
        do {
            head = try JSONDecoder().decode(ARIEventHead.self, from: message).value
        } catch {
            logger.error("unreadable Stasis event dropped", metadata: ["error": "\(error)"])
            return
        }
        if head.type == "ApplicationReplaced" {
            // Another process took the application over. Fighting for it would make both useless.
            state.withLock { _ = $0.replaced.insert(head.application) }
            logger.error(
                "another client took over the Stasis application",
                metadata: ["application": "\(head.application)"]
            )
            return
        }
        Counter(label: "tandem_stasis_events", dimensions: [("type", head.type)]).increment()
        guard receiver.wants(head) else { return }
        do {
            let event = try JSONDecoder().decode(ARIEvent.self, from: message).value
            await receiver.receive(event, head: head)
        } catch {
            logger.error("Stasis event dropped", metadata: ["type": "\(head.type)", "error": "\(error)"])
        }
    }
}
