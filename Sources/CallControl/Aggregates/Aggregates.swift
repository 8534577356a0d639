public import Core
public import Logging
public import Persistence
public import ServiceLifecycle
import Synchronization
public import Telephony

/// All live aggregates of a kind: each has a loop of its own, so that they never wait for each other.
///
/// A step is stored in one commit with its history line and its bus messages before any of its effects is performed.
/// What Asterisk did waits for the database as long as it takes; a client's request is refused when it cannot be stored.
public final class Aggregates<Work: AggregateWork>: Service, Restoring, Recovering {
    /// The machine of an aggregate.
    public typealias Machine = Work.Machine
    private typealias Loop = AggregateLoop<Work>

    private struct State {
        var loops: [String: Loop] = [:]
        var owners: [ChannelID: Set<String>] = [:]
        var hasRestored = false

        mutating func add(_ loop: Loop) {
            loops[loop.id] = loop
            for channel in loop.machine.channels { owners[channel, default: []].insert(loop.id) }
        }

        mutating func disown(_ channel: ChannelID, _ id: String) {
            owners[channel]?.remove(id)
            if owners[channel]?.isEmpty == true { owners[channel] = nil }
        }
    }
    private let work: Work
    private let store: any StateStoring
    private let cleanup: LoneChannelCleanup
    private let clock: any WallClock
    private let capacity: Int
    private let claims: CallClaims
    private let leftOver: @Sendable (Machine, Machine.Event) -> Void
    private let logger: Logger
    private let state = Mutex(State())
    private let newLoops: Mailbox<Loop>

    /// Aggregates that are not restored yet.
    /// - Parameters:
    ///   - capacity: Live aggregates at most; further ones are refused.
    ///   - claims: Shared with other kinds that move the same calls.
    ///   - leftOver: Told of an event that was sent to an aggregate just before it ended and that nobody handled, with
    ///     the ended machine: a channel may have arrived for it. It must not wait.
    public init(
        work: Work,
        store: any StateStoring,
        cleanup: LoneChannelCleanup,
        clock: any WallClock = SystemClock(),
        capacity: Int = 10_000,
        claims: CallClaims = CallClaims(),
        leftOver: @escaping @Sendable (Work.Machine, Work.Machine.Event) -> Void = { _, _ in },
        logger: Logger
    ) {
        self.work = work
        self.store = store
        self.cleanup = cleanup
        self.clock = clock
        self.capacity = capacity
        self.claims = claims
        self.leftOver = leftOver
        self.logger = logger
        newLoops = Mailbox(capacity: capacity)
    }

    /// Runs them until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    while let loop = await self.newLoops.next() {
                        group.addTask { await loop.run() }
                    }
                }
            } onCancel: {
                self.newLoops.close()
                for loop in self.loops { loop.mailbox.close() }
            }
        }
    }

    private var loops: [Loop] { state.withLock { Array($0.loops.values) } }

    // MARK: Reading

    /// A live aggregate as its last stored change left it.
    public func machine(_ id: String) -> Machine? {
        guard let machine = state.withLock({ $0.loops[id] })?.machine, !machine.isEnded else { return nil }
        return machine
    }

    /// All live aggregates, in no order.
    public var machines: [Machine] { loops.map(\.machine).filter { !$0.isEnded } }

    /// Ids of the aggregates that own a channel, for `wants` and `receive` of the event feed; sorted.
    public func owners(of channel: ChannelID) -> [String] { state.withLock { $0.owners[channel] }?.sorted() ?? [] }

    // MARK: Writing

    /// Creates an aggregate and lets it begin.
    /// - Parameters:
    ///   - machine: In its first phase, revision 0.
    ///   - event: What makes it begin; its effects are performed before this returns.
    ///   - limit: How long the client waits.
    ///   - isConflict: Whether a live aggregate of its kind is in its way, beside those that have one of its channels;
    ///     asked under a lock, so of two simultaneous creations one wins.
    /// - Returns: The machine after the effects, and those of their outcomes, were performed; it may have ended.
    /// - Throws: ``AggregateRefusal``.
    public func create(
        _ machine: Machine,
        beginning event: Machine.Event,
        within limit: Duration = .seconds(8),
        unless isConflict: (Machine) -> Bool = { _ in false }
    ) async throws -> Machine {
        let loop = makeLoop(machine)
        let refusal: AggregateRefusal? = state.withLock { state in
            let living = state.loops.values.lazy.map(\.machine).filter { !$0.isEnded }
            if living.contains(where: isConflict) { return .conflict }
            if state.loops.count >= capacity { return .late }
            guard claims.claim(machine.claimedChannels, for: claimant(machine.id)) else { return .conflict }
            state.add(loop)
            return nil
        }
        if let refusal { throw refusal }
        let reply = Reply<Machine>()
        loop.mailbox.offer(.begin(event, reply))
        if !newLoops.offer(loop) {
            forget(machine.id)
            throw AggregateRefusal.late
        }
        return try await reply.value(within: limit) { AggregateRefusal.late }
    }

    /// A client's request to an aggregate.
    /// - Returns: The machine after the effects, and those of their outcomes, were performed; it may have ended.
    /// - Throws: ``AggregateRefusal``.
    public func request(
        _ event: Machine.Event,
        of id: String,
        within limit: Duration = .seconds(8)
    ) async throws -> Machine {
        guard let loop = state.withLock({ $0.loops[id] }) else { throw AggregateRefusal.notFound }
        if loop.isStoreAway { throw AggregateRefusal.databaseUnreachable }
        let reply = Reply<Machine>()
        guard loop.mailbox.offer(.request(event, expiry: .now + limit, reply)) else {
            throw loop.machine.isEnded ? AggregateRefusal.notFound : .late
        }
        return try await reply.value(within: limit) {
            loop.isStoreAway ? AggregateRefusal.databaseUnreachable : .late
        }
    }

    /// An event of Asterisk; waits while the aggregate's mailbox is full.
    /// - Returns: `false` when there is no such aggregate.
    @discardableResult
    public func send(_ event: Machine.Event, to id: String) async -> Bool {
        guard let loop = state.withLock({ $0.loops[id] }) else { return false }
        return await loop.mailbox.send(.event(event))
    }

    /// Returns once everything that was sent to the live aggregates so far has been handled.
    public func settle() async {
        for loop in loops {
            await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                if !loop.mailbox.offer(.barrier { done.resume() }) { done.resume() }
            }
        }
    }

    // MARK: Recovery

    /// Restores the stored aggregates, unless that was done before; then lets each look at Asterisk, and waits for that: the lone-channel
    /// clean-up comes next, and bridges that are being put together are claimed by then.
    /// - Throws: `DatabaseFailure` while the rows cannot be read.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        try await restore()
        for loop in loops { await loop.mailbox.send(.look) }
        await settle()
    }

    /// Reads the stored aggregates once; what is due by the clock waits for the first look at Asterisk.
    /// - Throws: `DatabaseFailure` while the rows cannot be read.
    public func restore() async throws {
        if state.withLock({ $0.hasRestored }) { return }
        for row in try await store.rows(ofKind: Machine.rowKind) {
            guard let machine = Machine(row: row) else {
                logger.error("unreadable row", metadata: ["kind": "\(row.kind)", "id": "\(row.id)"])
                continue
            }
            let loop = makeLoop(machine)
            let isNew = state.withLock { state in
                if state.loops[row.id] != nil { return false }
                state.add(loop)
                claims.update(machine.isEnded ? [] : machine.claimedChannels, of: claimant(row.id))
                return true
            }
            if isNew, !newLoops.offer(loop) { return }
        }
        state.withLock { $0.hasRestored = true }
    }

    private func makeLoop(_ machine: Machine) -> Loop {
        Loop(
            machine,
            work: work,
            store: store,
            cleanup: cleanup,
            clock: clock,
            observer: Loop.Observer(
                changed: { [weak self] before, now in self?.own(now, before: before) },
                ended: { [weak self] id in self?.forget(id) },
                leftOver: leftOver
            ),
            logger: logger
        )
    }

    /// Its name among the owners of channels.
    private func claimant(_ id: String) -> String { "\(Machine.rowKind)/\(id)" }

    private func own(_ machine: Machine, before: Machine) {
        claims.update(machine.isEnded ? [] : machine.claimedChannels, of: claimant(machine.id))
        let new = machine.isEnded ? [] : machine.channels
        guard new != before.channels else { return }
        state.withLock { state in
            for channel in before.channels.subtracting(new) { state.disown(channel, machine.id) }
            for channel in new { state.owners[channel, default: []].insert(machine.id) }
        }
    }

    private func forget(_ id: String) {
        claims.update([], of: claimant(id))
        state.withLock { state in
            guard let machine = state.loops.removeValue(forKey: id)?.machine else { return }
            for channel in machine.channels { state.disown(channel, id) }
        }
    }
}

/// Why a client's request to an aggregate was not carried out.
public enum AggregateRefusal: Error, Sendable, Hashable {
    /// There is no such aggregate, or it has just ended.
    case notFound
    /// A live aggregate stands in the new one's way.
    case conflict
    /// The request does not fit the phase, whose name this is; nothing was changed.
    case notNow(phase: String)
    /// An effect failed; the failure says what the client is told.
    case failed(Failure)
    /// The state could not be stored, so nothing was done.
    case databaseUnreachable
    /// Nothing came in time, Asterisk could not be asked, or too much waits; what follows is not known.
    case late
}
