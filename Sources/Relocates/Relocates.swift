public import CallControl
import Core
import Logging
import Persistence
public import ServiceLifecycle
import Synchronization
public import Telephony

/// Relocates: a user takes his own end of a call to another of his devices.
///
/// ## A call's journey
/// 1. The user asks `POST /users/me/relocates` (`Routes`, `Requests`): whose call it is, whom he talks with, what is
///    to be dialled (`RelocateDestination`).
/// 2. A `Relocate` is stored and the new device dialled; clients hear `relocate_initiated` (`BusEvents`). The two talk
///    on.
/// 3. The device answers: its channel enters Stasis with `relocate,<uuid>,recipient` (`RelocateArguments`); clients
///    hear `relocate_answered`. By the answer, or when the user says so, the other party changes sides: one who is in
///    Stasis at once, one who is in the dialplan's hands by a redirect to `convert_to_stasis,relocate`, from where it
///    comes as `relocate,<uuid>,relocated`.
/// 4. Both meet in a bridge, clients hear `relocate_completed`, and only then the old device is hung up.
/// 5. Whatever goes wrong before: the new device is hung up, the two talk on, clients hear `relocate_ended`.
///
/// ## Where to look
/// - `Relocate`, `Relocate+Transitions`, `RelocateEvents`: the state machine, a pure value; `+Row`: its row.
/// - `RelocateWork`: requests to Asterisk. `CallControl.Aggregates`: storing, order, deadlines, recovery.
/// - `StrayLegs`: legs of relocates that are no more. `Failures`: error ids.
///
/// Source: contract 22.
public final class Relocates: Service, EventReceiving, Restoring, Recovering {
    let ports: RelocatePorts
    let aggregates: Aggregates<RelocateWork>
    private let strays: StrayLegs

    /// Relocates that work through these ports.
    /// - Parameter claims: Shared by all that move calls.
    public init(ports: RelocatePorts, claims: CallClaims = CallClaims()) {
        self.ports = ports
        let strays = StrayLegs(ports: ports)
        self.strays = strays
        aggregates = Aggregates(
            work: RelocateWork(ports: ports),
            store: ports.store,
            cleanup: ports.cleanup,
            clock: ports.clock,
            claims: claims,
            leftOver: { relocate, event in
                guard let leg = StrayLegs.Leg(event, of: relocate) else { return }
                strays.offer(leg)
            },
            logger: ports.logger
        )
    }

    /// Runs them until shutdown.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.aggregates.run() }
            group.addTask { await self.strays.run { await self.take($0) } }
            // Whichever ends first, a stop ends the other too.
            try await group.waitForAll()
        }
    }

    // MARK: Events

    /// Arrivals with our arguments, and what concerns parties of a relocate. Of the latter the application does not
    /// matter: a party may be in anybody's.
    public func wants(_ head: EventHead) -> Bool {
        switch head.type {
        case "StasisStart":
            head.application == RelocateArguments.application && RelocateArguments(head.arguments) != nil
        case "StasisEnd", "ChannelDestroyed":
            head.channel.map(owns) ?? false
        default: false
        }
    }

    /// Whether a channel takes part in a relocate.
    public func owns(_ channel: ChannelID) -> Bool { !aggregates.owners(of: channel).isEmpty }

    /// Puts the event into the mailbox of its relocates; waits while that is full.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        switch event.kind {
        case .stasisStart(let channel, let arguments, _):
            guard let arguments = RelocateArguments(arguments) else { return }
            let leg = StrayLegs.Leg(channel: channel.id, arguments: arguments, isFound: false)
            if await !take(leg) { await strays.add(leg) }
        case .stasisEnd(let channel): await tell(channel.id) { $0 == .relocated ? .relocatedLeft : .gone($0) }
        case .channelDestroyed(let channel, _): await tell(channel.id) { .gone($0) }
        default: break
        }
    }

    private func tell(_ channel: ChannelID, _ event: (Relocate.Party) -> Relocate.Event) async {
        for id in aggregates.owners(of: channel) {
            guard let party = aggregates.machine(id)?.party(of: channel) else { continue }
            await aggregates.send(event(party), to: id)
        }
    }

    /// Hands an arrival to its relocate.
    /// - Returns: `false` when there is none.
    private func take(_ leg: StrayLegs.Leg) async -> Bool {
        let id = leg.arguments.relocate
        guard let relocate = aggregates.machine(id) else { return false }
        switch leg.arguments.role {
        case .recipient where relocate.recipient == leg.channel:
            return await aggregates.send(.recipientAnswered(at: ports.clock.now), to: id)
        case .relocated where relocate.relocated == leg.channel:
            return await aggregates.send(.relocatedArrived, to: id)
        default: return false
        }
    }

    /// Nothing: recovery follows.
    public func feedConnected() async {}
    /// Nothing: calls stay where they are, in Asterisk.
    public func feedDisconnected() async {}

    // MARK: Recovery

    /// Reads the stored relocates.
    /// - Throws: `DatabaseFailure` while they cannot be read.
    public func restore() async throws { try await aggregates.restore() }

    /// Resumes, finishes or ends every relocate according to what Asterisk shows, and hangs up legs of relocates that
    /// are no more.
    /// - Throws: `DatabaseFailure` while the stored relocates cannot be read.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        try await aggregates.recover(from: snapshot)
        strays.open()
        for channel in snapshot.channels.values {
            guard let stasis = channel.stasis, stasis.application == RelocateArguments.application,
                let arguments = RelocateArguments(stasis.arguments), aggregates.machine(arguments.relocate) == nil
            else { continue }
            await strays.add(StrayLegs.Leg(channel: channel.id, arguments: arguments, isFound: true))
        }
    }
}
