import Core
public import Logging
public import ServiceLifecycle
import Synchronization
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
/// every feature recover from that; repeats with back-off until all could. After a gap of the manager interface alone only
/// the features that live on its events recover: to the others nothing was lost.
public final class Recovery: Service, EventReceiving {
    private let channels: any ChannelControlling
    private let bridges: any BridgeControlling
    private let features: [any Recovering]
    private let managerFeatures: [any Recovering]
    private let logger: Logger
    /// What a recovery is about.
    private enum Scope {
        case managerEvents, everything
    }
    private struct State {
        var isFeedConnected = false
        var wanted: Scope?
    }
    private let state = Mutex(State())
    /// One pending request is enough: a recovery always looks at the newest state.
    private let requests = Mailbox<Void>(capacity: 1)
    private static let longestPause: Duration = .seconds(5)

    /// A recovery of these features, in this order.
    /// - Parameter managerFeatures: Those of them that live on the manager interface's events.
    public init(
        channels: any ChannelControlling,
        bridges: any BridgeControlling,
        features: [any Recovering],
        managerFeatures: [any Recovering] = [],
        logger: Logger
    ) {
        self.channels = channels
        self.bridges = bridges
        self.features = features
        self.managerFeatures = managerFeatures
        self.logger = logger
    }

    /// None: recovery only listens to the feed's state.
    public func wants(_ head: EventHead) -> Bool { false }
    /// Never called, as no event is wanted.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {}
    /// Asks for a recovery.
    public func feedConnected() async {
        state.withLock { state in
            state.isFeedConnected = true
            state.wanted = .everything
        }
        requests.offer(())
    }
    /// The next connection recovers.
    public func feedDisconnected() async { state.withLock { $0.isFeedConnected = false } }

    /// The manager interface is connected again. While the feed is away nothing is done: its connection recovers all.
    public func managerConnected() {
        let isWanted = state.withLock { state in
            guard state.isFeedConnected else { return false }
            state.wanted = state.wanted ?? .managerEvents
            return true
        }
        if isWanted { requests.offer(()) }
    }

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
        var scope: Scope?
        while !Task.isCancelled {
            // A feed that has come meanwhile makes more of it.
            let wanted = state.withLock { state in
                defer { state.wanted = nil }
                return state.wanted
            }
            if let wanted, scope != .everything { scope = wanted }
            guard let scope else { return }
            let features = scope == .everything ? self.features : managerFeatures
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
