import Core
public import Logging
public import ServiceLifecycle
public import Telephony

/// What Asterisk showed in one `GET /channels` and one `GET /bridges`.
public struct AsteriskSnapshot: Sendable {
    /// Every channel by id.
    public let channels: [ChannelID: Channel]
    /// Every bridge by id.
    public let bridges: [BridgeID: Bridge]

    /// A snapshot of these channels and bridges.
    public init(channels: [Channel], bridges: [Bridge]) {
        self.channels = Dictionary(channels.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        self.bridges = Dictionary(bridges.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }

    /// Whether the channel was in the bridge.
    public func isChannel(_ channel: ChannelID, in bridge: BridgeID) -> Bool {
        bridges[bridge]?.channels.contains(channel) ?? false
    }
}

/// A feature that must bring its stored state and Asterisk together after a gap in the events.
public protocol Recovering: Sendable {
    /// Resumes, finishes or ends each of its resources according to what Asterisk shows.
    ///
    /// Events that came after the snapshot may already have been handled, so a channel's absence from
    /// it is a hint to be verified, not a fact.
    /// - Throws: what keeps it from doing so now (database, Asterisk); it is called again later.
    func recover(from snapshot: AsteriskSnapshot) async throws
}

/// After each connection of the event feed, asks Asterisk once for all channels and bridges and lets
/// every feature recover from that; repeats with back-off until all could.
public final class Recovery: Service, EventReceiving {
    private let channels: any ChannelControlling
    private let bridges: any BridgeControlling
    private let features: [any Recovering]
    private let logger: Logger
    /// One pending request is enough: a recovery always looks at the newest state.
    private let requests = Mailbox<Void>(capacity: 1)
    private static let longestPause: Duration = .seconds(5)

    /// A recovery of these features, in this order.
    public init(
        channels: any ChannelControlling,
        bridges: any BridgeControlling,
        features: [any Recovering],
        logger: Logger
    ) {
        self.channels = channels
        self.bridges = bridges
        self.features = features
        self.logger = logger
    }

    /// None: recovery only listens to the feed's state.
    public func wants(_ head: EventHead) -> Bool { false }
    /// Never called, as no event is wanted.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {}
    /// Asks for a recovery.
    public func feedConnected() async { requests.offer(()) }
    /// Nothing: the next connection recovers.
    public func feedDisconnected() async {}

    /// Runs until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                while await self.requests.next() != nil { await self.recoverUntilDone() }
            } onCancel: {
                self.requests.close()
            }
        }
    }

    private func recoverUntilDone() async {
        var pause: Duration = .milliseconds(100)
        var reported = false
        while !Task.isCancelled {
            do {
                async let allChannels = channels.channels()
                async let allBridges = bridges.bridges()
                let snapshot = AsteriskSnapshot(channels: try await allChannels, bridges: try await allBridges)
                for feature in features { try await feature.recover(from: snapshot) }
                logger.info("recovered", metadata: ["channels": "\(snapshot.channels.count)"])
                return
            } catch {
                // One line at the first failure; the reasons repeat every few seconds otherwise.
                if !reported { logger.error("recovery has to wait", metadata: ["error": "\(error)"]) }
                reported = true
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }
}
