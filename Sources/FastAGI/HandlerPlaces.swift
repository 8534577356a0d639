import Synchronization

/// Places for handlers that compute (contract 40 §8 "Back-pressure"). A handler that waits for
/// Asterisk gives its place back, so a long dialogue keeps nobody else out.
final class HandlerPlaces: Sendable {
    private struct Waiter {
        let id: UInt64
        let patienceEnds: ContinuousClock.Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var taken = 0
        var nextID: UInt64 = 0
        /// Sessions in the middle of a call come before new ones.
        var resuming: [Waiter] = []
        var starting: [Waiter] = []
        var waiting: Int { resuming.count + starting.count }
        var isWatched = false

        /// When somebody's patience ends next; `nil`: nobody waits, and the watch is over. All are equally patient,
        /// so the first to come is the first to go.
        mutating func nextExpiry() -> ContinuousClock.Instant? {
            let next = [resuming.first, starting.first].compactMap { $0?.patienceEnds }.min()
            isWatched = next != nil
            return next
        }

        /// Takes out those whose patience is over.
        mutating func expired(_ now: ContinuousClock.Instant) -> [Waiter] {
            let late = resuming.prefix { $0.patienceEnds <= now } + starting.prefix { $0.patienceEnds <= now }
            resuming.removeAll { $0.patienceEnds <= now }
            starting.removeAll { $0.patienceEnds <= now }
            return Array(late)
        }
    }

    private let state = Mutex(State())
    private let limit: Int
    private let patience: Duration
    private let metrics: FastAGIMetrics

    init(limit: Int, patience: Duration, metrics: FastAGIMetrics) {
        self.limit = max(limit, 1)
        self.patience = patience
        self.metrics = metrics
    }

    /// Handlers that wait for a place.
    var waiting: Int { state.withLock { $0.waiting } }

    /// Takes a place, waiting at most the patience for one.
    /// - Throws: `AGIError.busy` when none came free; `CancellationError`.
    func take(resuming: Bool) async throws {
        let id: UInt64? = state.withLock { state in
            if state.taken < limit && state.waiting == 0 {
                state.taken += 1
                report(state)
                return nil
            }
            state.nextID += 1
            return state.nextID
        }
        guard let id else { return }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiter = Waiter(id: id, patienceEnds: .now + patience, continuation: continuation)
                wait(waiter, resuming: resuming)
            }
        } onCancel: {
            withdraw(id, CancellationError())
        }
    }

    /// Gives a place back.
    func release() {
        let next: Waiter? = state.withLock { state in
            defer { report(state) }
            if !state.resuming.isEmpty { return state.resuming.removeFirst() }
            if !state.starting.isEmpty { return state.starting.removeFirst() }
            state.taken -= 1
            return nil
        }
        next?.continuation.resume()
    }

    private func wait(_ waiter: Waiter, resuming: Bool) {
        var needsWatch = false
        let isGranted: Bool = state.withLock { state in
            defer { report(state) }
            // A place may have come free since the first look.
            if state.taken < limit {
                state.taken += 1
                return true
            }
            if resuming { state.resuming.append(waiter) } else { state.starting.append(waiter) }
            needsWatch = !state.isWatched
            state.isWatched = true
            return false
        }
        if isGranted { return waiter.continuation.resume() }
        // First the watch: it was promised to all who wait from now on, also when this one goes at once.
        if needsWatch { watch() }
        // Whoever cancelled before the waiter was in the queue did not find it there.
        if Task.isCancelled { withdraw(waiter.id, CancellationError()) }
    }

    /// Turns away those whose patience is over. One task for all of them, while somebody waits.
    private func watch() {
        Task {
            while let deadline = state.withLock({ $0.nextExpiry() }) {
                try? await Task.sleep(until: deadline, clock: .continuous)
                let expired = state.withLock { state in
                    defer { report(state) }
                    return state.expired(.now)
                }
                for waiter in expired { waiter.continuation.resume(throwing: AGIError.busy) }
            }
        }
    }

    private func withdraw(_ id: UInt64, _ error: any Error) {
        let waiter: Waiter? = state.withLock { state in
            defer { report(state) }
            if let index = state.resuming.firstIndex(where: { $0.id == id }) {
                return state.resuming.remove(at: index)
            }
            if let index = state.starting.firstIndex(where: { $0.id == id }) {
                return state.starting.remove(at: index)
            }
            return nil
        }
        waiter?.continuation.resume(throwing: error)
    }

    private func report(_ state: borrowing State) {
        metrics.setHandlers(running: state.taken, queued: state.waiting)
    }
}
