import Synchronization

/// Work on the same thing, one after the other in the order of asking; on different things at the same time.
final class Turns: Sendable {
    private struct State {
        var next: UInt64 = 0
        var tails: [String: (number: UInt64, task: Task<Void, Never>)] = [:]
    }
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
            if state.tails[key]?.number == number { state.tails[key] = nil }
        }
    }
}
