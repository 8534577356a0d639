/// What a pool decides: who gets which slot, who waits, who is turned away. A value without threads, clock or
/// libpq.
///
/// While the server is away and no connection is left, callers are turned away at once; one of them may try
/// to connect each time a pause has passed.
struct PoolState<Job> {
    /// A place for one connection.
    private struct Slot {
        var isOpen = false
        var isBusy = false
        var lastUse: UInt64 = 0
    }

    /// The server is known to be away.
    private struct Outage {
        var reason: String
        var attempts: Int
        var retryAt: ContinuousClock.Instant
        var isProbed: Bool
    }

    /// A job that waits for a slot.
    struct Waiter {
        let id: UInt64
        let job: Job
        let expiresAt: ContinuousClock.Instant
    }

    enum Admission: Equatable {
        /// Run it now on this slot.
        case run(Int)
        /// It waits; `needsWatch` when nobody looks after those who wait too long.
        case waiting(needsWatch: Bool)
        case refused(PostgresFailure)
    }

    private var slots: [Slot]
    private var outage: Outage?
    private var uses: UInt64 = 0
    private(set) var waiting: [Waiter] = []
    private var isWatched = false
    private(set) var isClosed = false
    /// Whether a connection was ever made or refused.
    private(set) var isKnown = false
    private let maximumWaiting: Int
    private let waitLimit: Duration
    private let pause: ClosedRange<Duration>

    init(_ configuration: PostgresConfiguration) {
        slots = Array(repeating: Slot(), count: configuration.connections)
        maximumWaiting = configuration.maximumWaiting
        waitLimit = configuration.waitLimit
        pause = configuration.firstPause...max(configuration.firstPause, configuration.maximumPause)
    }

    /// Whether the last word of the server was a connection. `true` before the first attempt would be a guess.
    var isReachable: Bool { isKnown && outage == nil && !isClosed }
    var isIdle: Bool { !slots.contains(where: \.isBusy) }
    var isAway: Bool { outage != nil }

    mutating func admit(_ job: Job, id: UInt64, now: ContinuousClock.Instant) -> Admission {
        if isClosed { return .refused(.unreachable("the pool is closed")) }
        // The connection used last is the likeliest to be alive, and the warmest.
        let open = slots.indices.filter { slots[$0].isOpen && !slots[$0].isBusy }
        if let slot = open.max(by: { slots[$0].lastUse < slots[$1].lastUse }) { return run(slot) }
        if let slot = slots.indices.first(where: { !slots[$0].isBusy }) {
            guard var outage else { return run(slot) }
            if now >= outage.retryAt && !outage.isProbed {
                outage.isProbed = true
                self.outage = outage
                return run(slot)
            }
        }
        if let outage, !slots.contains(where: \.isOpen) { return .refused(.unreachable(outage.reason)) }
        guard waiting.count < maximumWaiting else {
            return .refused(.unreachable("\(waiting.count) callers wait for a connection already"))
        }
        waiting.append(Waiter(id: id, job: job, expiresAt: now + waitLimit))
        defer { isWatched = true }
        return .waiting(needsWatch: !isWatched)
    }

    private mutating func run(_ slot: Int) -> Admission {
        uses += 1
        slots[slot].isBusy = true
        slots[slot].lastUse = uses
        return .run(slot)
    }

    /// A slot has a connection.
    /// - Returns: Whether the server is back, or there for the first time.
    mutating func connected(_ slot: Int) -> Bool {
        slots[slot].isOpen = true
        let isNews = outage != nil || !isKnown
        outage = nil
        isKnown = true
        return isNews
    }

    /// A slot's connection is gone.
    mutating func disconnected(_ slot: Int) { slots[slot].isOpen = false }

    /// A slot could not connect.
    /// - Returns: Whether that is news, and who waited in vain since no connection is left.
    mutating func connectingFailed(
        _ slot: Int,
        reason: String,
        now: ContinuousClock.Instant
    ) -> (isNews: Bool, turnedAway: [Waiter]) {
        slots[slot].isOpen = false
        let isNews = outage == nil
        isKnown = true
        let attempts = (outage?.attempts ?? 0) + 1
        let next = min(pause.upperBound, pause.lowerBound * (1 << min(attempts - 1, 16)))
        outage = Outage(reason: reason, attempts: attempts, retryAt: now + next, isProbed: false)
        if slots.contains(where: \.isOpen) { return (isNews, []) }
        defer { waiting = [] }
        return (isNews, waiting)
    }

    /// A slot has done its job.
    /// - Returns: The next job for it; `nil`: it is idle now.
    mutating func finished(_ slot: Int) -> Waiter? {
        // A closed slot must not draw waiters into an outage that an open one can spare them.
        let isWanted = slots[slot].isOpen || outage == nil || !slots.contains(where: \.isOpen)
        if !waiting.isEmpty && isWanted {
            uses += 1
            slots[slot].lastUse = uses
            return waiting.removeFirst()
        }
        slots[slot].isBusy = false
        return nil
    }

    /// When to look for those who waited too long; `nil`: nobody waits, and the watch is over. All wait equally
    /// long, so the first to come is the first to go.
    mutating func nextExpiry() -> ContinuousClock.Instant? {
        isWatched = !waiting.isEmpty
        return waiting.first?.expiresAt
    }

    /// Takes out those who waited too long.
    mutating func expired(_ now: ContinuousClock.Instant) -> [Waiter] {
        let due = waiting.prefix { $0.expiresAt <= now }
        waiting.removeFirst(due.count)
        return Array(due)
    }

    /// Takes out one that waits; `nil` when it does not wait.
    mutating func cancelled(_ id: UInt64) -> Waiter? {
        guard let position = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        return waiting.remove(at: position)
    }

    /// Turns all away from now on.
    mutating func close() -> [Waiter] {
        isClosed = true
        defer { waiting = [] }
        return waiting
    }
}
