import Synchronization

/// Bounds the requests that run at once; more wait in order, and beyond a second bound they are refused.
final class RequestGate: Sendable {
    /// Too many requests wait already.
    struct Busy: Error {}

    private struct Waiter {
        var ticket: UInt64
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var running = 0
        /// Longest waiting first.
        var waiting: [Waiter] = []
        var nextTicket: UInt64 = 0
    }

    private let state = Mutex(State())
    private let maximumRunning: Int
    private let maximumWaiting: Int

    /// - Parameters:
    ///   - running: Requests at once, at least 1.
    ///   - waiting: Requests that wait, at least 0.
    init(running: Int, waiting: Int) {
        maximumRunning = max(1, running)
        maximumWaiting = max(0, waiting)
    }

    /// Requests that run and wait now.
    var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    /// Runs `body` in a place of its own.
    /// - Throws: ``Busy``; `CancellationError` when the task is cancelled while it waits.
    func admit<Result>(_ body: () async throws -> Result) async throws -> Result {
        if !takeFreePlace() { try await wait() }
        defer { leave() }
        return try await body()
    }

    private func takeFreePlace() -> Bool {
        state.withLock { state in
            guard state.running < maximumRunning else { return false }
            state.running += 1
            return true
        }
    }

    private func wait() async throws {
        let ticket = state.withLock { state -> UInt64 in
            state.nextTicket += 1
            return state.nextTicket
        }
        let isAdmitted = try await withTaskCancellationHandler {
            try await park(ticket)
        } onCancel: {
            let cancelled = state.withLock { state -> Waiter? in
                guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
                return state.waiting.remove(at: index)
            }
            cancelled?.continuation.resume(returning: false)
        }
        if !isAdmitted { throw CancellationError() }
    }

    private func park(_ ticket: UInt64) async throws -> Bool {
        enum Decision { case run, refuse, wait, cancelled }
        var decision = Decision.wait
        let isAdmitted = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            decision = state.withLock { state in
                // The cancellation handler may have run before there was anything to remove.
                if Task.isCancelled { return .cancelled }
                // A place may have become free since the first look.
                if state.running < maximumRunning {
                    state.running += 1
                    return .run
                }
                if state.waiting.count >= maximumWaiting { return .refuse }
                state.waiting.append(Waiter(ticket: ticket, continuation: continuation))
                return .wait
            }
            if decision != .wait { continuation.resume(returning: decision == .run) }
        }
        if decision == .refuse { throw Busy() }
        return isAdmitted
    }

    /// The place goes to whoever waits longest.
    private func leave() {
        let following = state.withLock { state -> Waiter? in
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            state.running -= 1
            return nil
        }
        following?.continuation.resume(returning: true)
    }
}
