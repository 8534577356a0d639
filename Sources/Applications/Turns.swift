import CallControl
import Synchronization

/// Work on the same thing, one after the other in the order of asking; on different things at the same time.
final class Turns: Sendable {
    /// Too much waits for this thing, or its turn did not come in time: it was not done.
    struct Busy: Error {}

    private struct State {
        var next: UInt64 = 0
        var tails: [String: (number: UInt64, task: Task<Void, Never>)] = [:]
        /// What was asked for and is not done.
        var pending: [String: Int] = [:]
    }
    /// For clients: what is asked for on one thing and not done, at most.
    static let mostPending = 16
    private let state = Mutex(State())

    /// Things that are worked on now.
    var count: Int { state.withLock { $0.tails.count } }

    /// Does something when all that was asked for before on `key` is done. It is carried through when the caller is
    /// cancelled: a request to Asterisk has a limit of its own.
    func take<Value: Sendable>(
        _ key: String,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await enqueue(key, body).value
    }

    /// The same for a client, who does not wait for ever: what has not begun within `patience`, or when the caller is
    /// cancelled, is not done.
    /// - Throws: ``Busy``; `CancellationError`; what `body` throws.
    func take<Value: Sendable>(
        _ key: String,
        within patience: Duration,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard state.withLock({ $0.pending[key] ?? 0 }) < Self.mostPending else { throw Busy() }
        let start = Reply<Void>()
        let task = enqueue(key) {
            // Whoever comes first decides: the turn, the end of the patience, or the cancellation.
            guard start.resolveFirst(.success(())) else { throw Busy() }
            return try await body()
        }
        try await withTaskCancellationHandler {
            try await start.value(within: patience) { Busy() }
        } onCancel: {
            start.resolve(.failure(CancellationError()))
        }
        return try await task.value
    }

    /// The same without waiting for it.
    func begin(_ key: String, _ body: @escaping @Sendable () async -> Void) { enqueue(key, body) }

    @discardableResult
    private func enqueue<Value: Sendable>(
        _ key: String,
        _ body: @escaping @Sendable () async throws -> Value
    ) -> Task<Value, any Error> {
        state.withLock { state in
            let before = state.tails[key]?.task
            state.next += 1
            state.pending[key, default: 0] += 1
            let number = state.next
            let task = Task {
                await before?.value
                return try await body()
            }
            let tail = Task {
                _ = await task.result
                self.end(key, number)
            }
            state.tails[key] = (number, tail)
            return task
        }
    }

    private func end(_ key: String, _ number: UInt64) {
        state.withLock { state in
            let pending = (state.pending[key] ?? 1) - 1
            state.pending[key] = pending > 0 ? pending : nil
            if state.tails[key]?.number == number { state.tails[key] = nil }
        }
    }
}
