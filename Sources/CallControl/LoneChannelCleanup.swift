import Core
public import Logging
public import ServiceLifecycle
import Synchronization
public import Telephony

/// Ends a conversation when one party is left alone (contract 21 §7, shared by all of `callcontrol`).
///
/// When a channel leaves a mixing bridge and exactly one remains, that one is hung up and the bridge
/// destroyed. Holding bridges, where callers wait alone, are exempt, and so is a bridge that a feature
/// has claimed because it is just putting parties into it or taking them out. A bridge that was claimed
/// once is also destroyed when both parties have left at the same moment; an empty one of others is theirs.
public final class LoneChannelCleanup: Service, EventReceiving, Recovering {
    /// The Stasis application whose bridges are looked after.
    public static let application = "callcontrol"
    /// The name of bridges in which two parties talk; one of this name that is found empty is destroyed, also when an
    /// earlier process made it.
    public static let conversation = "conversation"
    /// Whether features of ours give bridges this name (contract 20 §3, 21 §5.3, 22 §3).
    private static func isOfOurs(_ name: String) -> Bool {
        name == conversation || name == "transfer" || name.begins(with: "relocate:")
    }
    /// Bridges of different mailboxes do not wait for each other; the same bridge keeps its order.
    private static let lanes = 8
    /// Bridges at most whose clean-up failed and is repeated; further ones wait for the next gap in the events.
    private static let mostFailed = 10_000

    private let channels: any ChannelControlling
    private let bridges: any BridgeControlling
    private let logger: Logger
    private let mailboxes: [Mailbox<BridgeID>]
    private let failures = Mailbox<Void>(capacity: 1)
    private let pauses: (shortest: Duration, longest: Duration)
    private struct State {
        /// Exempt now.
        var claimed: Set<BridgeID> = []
        /// Claimed once by a feature of this process, and not destroyed yet.
        var ours: Set<BridgeID> = []
        /// To be looked at again, since Asterisk refused or did not answer.
        var failed: Set<BridgeID> = []
    }
    private let state = Mutex(State())

    /// A clean-up that works through these ports.
    /// - Parameter pauses: Before what failed is tried again: the first time, and at most; each is twice the one before.
    public init(
        channels: any ChannelControlling,
        bridges: any BridgeControlling,
        pauses: (shortest: Duration, longest: Duration) = (.seconds(1), .seconds(30)),
        logger: Logger
    ) {
        self.channels = channels
        self.bridges = bridges
        self.pauses = pauses
        self.logger = logger
        mailboxes = (0..<Self.lanes).map { _ in Mailbox(capacity: 256) }
    }

    /// Exempts a bridge until it is released.
    public func claim(_ bridge: BridgeID) {
        state.withLock { state in
            state.claimed.insert(bridge)
            state.ours.insert(bridge)
        }
    }

    /// Ends the exemption and looks at the bridge at once: a party may have left in the meantime.
    public func release(_ bridge: BridgeID) async {
        state.withLock { _ = $0.claimed.remove(bridge) }
        await review(bridge)
    }

    /// Channels that leave a bridge.
    public func wants(_ head: EventHead) -> Bool {
        head.type == "ChannelLeftBridge" && head.application == Self.application
    }

    /// Reviews the bridge, if the event's own picture of it allows that one party is alone there.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        guard case .channelLeftBridge(_, let bridge) = event.kind, bridge.kind == .mixing,
            bridge.channels.count <= 1
        else { return }
        await review(bridge.id)
    }

    /// Nothing: recovery looks at all bridges.
    public func feedConnected() async {}
    /// Nothing.
    public func feedDisconnected() async {}

    /// Looks at a bridge that a party has just left, or may have left unseen.
    public func review(_ bridge: BridgeID) async { await mailboxes[lane(of: bridge)].send(bridge) }

    /// The mailbox of a bridge.
    func lane(of bridge: BridgeID) -> Int { Int(UInt(bitPattern: bridge.hashValue) % UInt(Self.lanes)) }

    /// Runs until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    for mailbox in self.mailboxes {
                        group.addTask {
                            while let bridge = await mailbox.next() { await self.clean(bridge) }
                        }
                    }
                    group.addTask { await self.repeatFailed() }
                }
            } onCancel: {
                self.failures.close()
                for mailbox in self.mailboxes { mailbox.close() }
            }
        }
    }

    /// Looks again at what failed until nothing fails any more.
    private func repeatFailed() async {
        while await failures.next() != nil {
            var pause = pauses.shortest
            while state.withLock({ !$0.failed.isEmpty }) {
                guard (try? await Task.sleep(for: pause)) != nil else { return }
                pause = min(pause * 2, pauses.longest)
                for bridge in state.withLock({ $0.failed }) { await review(bridge) }
            }
        }
    }

    /// Parties that were left alone while events were missed. Features recover before, so bridges that
    /// they still assemble are claimed by now.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        for bridge in snapshot.bridges.values where bridge.channels.isEmpty && Self.isOfOurs(bridge.name) {
            state.withLock { _ = $0.ours.insert(bridge.id) }
            await review(bridge.id)
        }
        for bridge in snapshot.bridges.values where bridge.kind == .mixing && bridge.channels.count == 1 {
            guard let lone = bridge.channels.first,
                snapshot.channels[lone]?.stasis?.application == Self.application
            else { continue }
            await review(bridge.id)
        }
    }

    private func clean(_ id: BridgeID) async {
        let (isClaimed, isOurs) = state.withLock { ($0.claimed.contains(id), $0.ours.contains(id)) }
        // Its release looks at it.
        if isClaimed {
            note(id, hasFailed: false)
            return
        }
        do {
            // Read again: a second party may have entered since the event.
            let bridge = try await bridges.bridge(id)
            guard let bridge, bridge.kind == .mixing else { return forget(id) }
            if let lone = bridge.channels.first, bridge.channels.count == 1 {
                try await hangUp(lone, in: id)
            } else if !bridge.channels.isEmpty || !isOurs {
                note(id, hasFailed: false)
                return
            }
            do { try await bridges.destroyBridge(id) } catch TelephonyFailure.notFound {}
            forget(id)
        } catch {
            let isFirst = note(id, hasFailed: true)
            failures.offer(())
            // One line for all that fail at the same time, and none for each further try.
            guard isFirst else { return }
            logger.error(
                "lone channel not cleaned up: it is tried again",
                metadata: ["bridge": "\(id)", "error": "\(error)"]
            )
        }
    }

    /// - Returns: Whether it is the first that has failed.
    @discardableResult
    private func note(_ bridge: BridgeID, hasFailed: Bool) -> Bool {
        state.withLock { state in
            let isFirst = state.failed.isEmpty
            if !hasFailed {
                state.failed.remove(bridge)
            } else if state.failed.count < Self.mostFailed {
                state.failed.insert(bridge)
            }
            return isFirst
        }
    }

    private func hangUp(_ lone: ChannelID, in bridge: BridgeID) async throws {
        logger.info("hanging up the last party", metadata: ["bridge": "\(bridge)", "channel": "\(lone)"])
        do {
            try await channels.hangUp(lone)
        } catch TelephonyFailure.notFound {
            // It hung up by itself in the meantime.
        }
    }

    private func forget(_ bridge: BridgeID) {
        note(bridge, hasFailed: false)
        state.withLock { _ = $0.ours.remove(bridge) }
    }
}
