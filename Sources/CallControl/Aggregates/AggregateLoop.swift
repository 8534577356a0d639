import Core
import Foundation
import Logging
import Persistence
import Synchronization
import Telephony

/// One aggregate: it is its lock.
///
/// Everything that happens to it goes through one bounded mailbox and is taken one by one in ``run()``, the only writer
/// of its machine: machine -> stored step with its messages -> effects, whose outcomes are fed back before the next input.
final class AggregateLoop<Work: AggregateWork>: Sendable {
    typealias Machine = Work.Machine

    /// What reaches an aggregate.
    enum Input: Sendable {
        /// The first event of a new aggregate.
        case begin(Machine.Event, Reply<Machine>)
        /// Asterisk, or another feature, tells.
        case event(Machine.Event)
        /// A client asks; after `expiry` he has been told that it is too late, so it is not carried out.
        case request(Machine.Event, expiry: ContinuousClock.Instant, Reply<Machine>)
        /// This deadline passed.
        case deadlinePassed(Date)
        /// See what Asterisk shows.
        case look
        /// Tell that everything before was handled.
        case barrier(@Sendable () -> Void)
    }

    /// What the loop tells its registry.
    struct Observer: Sendable {
        /// The machine that counts from now on, and the one before.
        let changed: @Sendable (_ before: Machine, _ now: Machine) -> Void
        /// It has ended, and is not to be found any more.
        let ended: @Sendable (String) -> Void
        /// An event that had come in before it ended, and was not handled.
        let leftOver: @Sendable (Machine, Machine.Event) -> Void
    }

    let id: String
    let mailbox = Mailbox<Input>(capacity: 256)
    private let work: Work
    private let writer: StateWriter
    private let cleanup: LoneChannelCleanup
    private let clock: any WallClock
    private let observer: Observer
    private let logger: Logger
    private struct State {
        var machine: Machine
        /// Whether Asterisk was seen since the row was read: what is due by the clock waits for that.
        var isSeen: Bool
        var isLookDue = false
        var deadline: (date: Date, timer: Task<Void, Never>)?
        var claimed: Set<BridgeID> = []
        /// Of the request in hand.
        var refusal: AggregateRefusal?
    }
    /// Written by ``run()`` alone; read from everywhere.
    private let state: Mutex<State>

    /// - Parameter machine: A new one, or one of a stored row.
    init(
        _ machine: Machine,
        work: Work,
        store: any StateStoring,
        cleanup: LoneChannelCleanup,
        clock: any WallClock,
        observer: Observer,
        logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "\(Machine.rowKind)"] = "\(machine.id)"
        logger[metadataKey: "tenant"] = "\(machine.tenant)"
        id = machine.id
        self.work = work
        self.writer = StateWriter(store: store, logger: logger)
        self.cleanup = cleanup
        self.clock = clock
        self.observer = observer
        self.logger = logger
        state = Mutex(State(machine: machine, isSeen: machine.revision == 0))
    }

    /// The machine as its last stored change left it.
    var machine: Machine { state.withLock { $0.machine } }
    /// Whether a change waits for the database.
    var isStoreAway: Bool { writer.isStoreAway }

    /// Takes inputs until the aggregate has ended or the mailbox is closed.
    func run() async {
        claimBridges(of: machine)
        watchDeadline()
        while !machine.isEnded, let input = await mailbox.next() { await take(input) }
        state.withLock { $0.deadline }?.timer.cancel()
        if machine.isEnded { observer.ended(id) }
        mailbox.close()
        while let input = mailbox.takeNow() { refuse(input) }
    }

    private func take(_ input: Input) async {
        switch input {
        case .begin(let event, let reply): await begin(event, reply)
        case .event(let event): await feed(event)
        case .request(let event, let expiry, let reply): await serve(event, expiry, reply)
        case .deadlinePassed(let date): if machine.deadline == date { await feed(.deadlinePassed) }
        case .look: await look()
        case .barrier(let tell): tell()
        }
    }

    /// What came too late for an aggregate that has ended.
    private func refuse(_ input: Input) {
        switch input {
        case .begin(_, let reply), .request(_, _, let reply): reply.resolve(.failure(AggregateRefusal.notFound))
        case .barrier(let tell): tell()
        case .event(let event): observer.leftOver(machine, event)
        case .deadlinePassed, .look: break
        }
    }

    // MARK: Steps

    /// Gives an event to the machine, stores what follows from it, performs the effects and goes on with their outcomes.
    private func feed(_ first: Machine.Event) async {
        var events = [first]
        while !events.isEmpty {
            let event = events.removeFirst()
            let before = machine
            guard let step = before.handle(event) else {
                logger.debug("\(event.name): nothing to do", metadata: ["phase": "\(before.phaseName)"])
                continue
            }
            guard await writer.storeUntilDone(change(to: step, from: before, because: event)) else { return }
            adopt(step, after: before, because: event)
            events += await perform(step.effects)
        }
    }

    /// - Returns: What follows from the effects.
    private func perform(_ effects: [Machine.Effect]) async -> [Machine.Event] {
        var events: [Machine.Event] = []
        effects: for effect in effects {
            switch await work.perform(effect, of: machine) {
            case .done: continue
            case .happened(let event): events.append(event)
            case .failed(let event, let failure):
                if let failure { refuse(with: .failed(failure)) }
                logger.notice("\(effect) failed", metadata: ["so": "\(event.name)"])
                events.append(event)
                break effects
            case .unknown(let text):
                logger.error("\(effect): outcome not known", metadata: ["error": "\(text)"])
                refuse(with: .late)
                lookLater()
                break effects
            }
        }
        await releaseBridges()
        return events
    }

    /// What the client of the request in hand is told; the first reason counts.
    private func refuse(with refusal: AggregateRefusal) {
        state.withLock { $0.refusal = $0.refusal ?? refusal }
    }

    private func begin(_ event: Machine.Event, _ reply: Reply<Machine>) async {
        await serve(event, .now + .seconds(60), reply)
        guard machine.revision == 0 else { return }
        // One that could not begin leaves nothing behind.
        mailbox.close()
        observer.ended(id)
        await writer.storeUntilDone(StateChange(writes: [.remove(kind: Machine.rowKind, id: id)]))
    }

    private func serve(_ event: Machine.Event, _ expiry: ContinuousClock.Instant, _ reply: Reply<Machine>) async {
        guard ContinuousClock.now < expiry else { return }
        let before = machine
        guard let step = before.handle(event) else {
            return reply.resolve(.failure(AggregateRefusal.notNow(phase: before.phaseName)))
        }
        state.withLock { $0.refusal = nil }
        do {
            try await writer.storeOnce(change(to: step, from: before, because: event))
        } catch {
            logger.error("change not stored", metadata: ["error": "\(error)"])
            reply.resolve(.failure(AggregateRefusal.databaseUnreachable))
            // It may have been written all the same: what the database says is what happened.
            let revision = step.next.isEnded ? nil : before.revision + 1
            guard before.revision > 0,
                await writer.hasStored(kind: Machine.rowKind, id: id, revision: revision)
            else { return }
        }
        adopt(step, after: before, because: event)
        for event in await perform(step.effects) { await feed(event) }
        let refusal = state.withLock { $0.refusal }
        reply.resolve(refusal.map { .failure($0) } ?? .success(machine))
    }

    private func stored(_ next: Machine, _ before: Machine) -> Machine {
        var next = next
        next.revision = before.revision + 1
        return next
    }

    private func change(to step: AggregateStep<Machine>, from before: Machine, because event: Machine.Event)
        -> StateChange
    {
        let next = stored(step.next, before)
        let messages = step.notices.flatMap { work.messages(for: $0, of: next, at: clock.now) }
        // What is the same costs no write: recovery may ask for effects alone.
        if before.revision > 0, step.next == before, messages.isEmpty { return StateChange() }
        let row = AggregateRow(
            kind: Machine.rowKind,
            id: id,
            tenant: next.tenant,
            revision: next.revision,
            deadline: next.deadline,
            body: next.body
        )
        let entry = HistoryEntry(
            kind: Machine.rowKind,
            id: id,
            tenant: next.tenant,
            from: before.revision == 0 ? "" : before.phaseName,
            to: next.phaseName,
            cause: event.name,
            user: event.user,
            at: clock.now
        )
        return StateChange(
            writes: [next.isEnded ? .remove(kind: Machine.rowKind, id: id) : .save(row)],
            history: [entry],
            messages: messages
        )
    }

    private func adopt(_ step: AggregateStep<Machine>, after before: Machine, because event: Machine.Event) {
        let isUnchanged = before.revision > 0 && step.next == before && step.notices.isEmpty
        let next = isUnchanged ? before : stored(step.next, before)
        if next.phaseName != before.phaseName || before.revision == 0 {
            let origin = before.revision == 0 ? "-" : before.phaseName
            logger.info("\(Machine.rowKind) \(origin) -> \(next.phaseName) because \(event.name)")
        }
        state.withLock { $0.machine = next }
        observer.changed(before, next)
        claimBridges(of: next)
        watchDeadline()
    }

    // MARK: Bridges, deadline, looking

    private func claimBridges(of machine: Machine) {
        let new = state.withLock { state in
            let new = machine.claimedBridges.subtracting(state.claimed)
            state.claimed.formUnion(new)
            return new
        }
        for bridge in new { cleanup.claim(bridge) }
    }

    /// After the effects, so that the clean-up sees what they have done.
    private func releaseBridges() async {
        let dropped = state.withLock { state in
            let kept = state.machine.isEnded ? [] : state.machine.claimedBridges
            let dropped = state.claimed.subtracting(kept)
            state.claimed.subtract(dropped)
            return dropped
        }
        for bridge in dropped { await cleanup.release(bridge) }
    }

    private func watchDeadline() {
        let former = state.withLock { state -> Task<Void, Never>? in
            let due = state.machine.isEnded || !state.isSeen ? nil : state.machine.deadline
            guard due != state.deadline?.date else { return nil }
            let former = state.deadline?.timer
            state.deadline = due.map { due in
                let timer = Task { [clock, mailbox] in
                    guard (try? await clock.sleep(until: due)) != nil else { return }
                    await mailbox.send(.deadlinePassed(due))
                }
                return (due, timer)
            }
            return former
        }
        former?.cancel()
    }

    private func look() async {
        state.withLock { $0.isLookDue = false }
        do {
            let seen = try await work.look(at: machine)
            state.withLock { $0.isSeen = true }
            await feed(seen)
            watchDeadline()
        } catch {
            logger.warning("not seen yet", metadata: ["error": "\(error)"])
            lookLater()
        }
    }

    /// Looks again when Asterisk may have come back. When it has been away altogether the recovery after the feed's
    /// reconnection does the same; doing it twice is harmless.
    private func lookLater() {
        let isDue = state.withLock { state in
            defer { state.isLookDue = true }
            return state.isLookDue
        }
        if isDue { return }
        Task { [clock, mailbox] in
            try await clock.sleep(until: clock.now.addingTimeInterval(2))
            mailbox.offer(.look)
        }
    }
}
