import Synchronization

/// Lets those that concern the same key run one after the other, in the order of their arrival.
///
/// As many wait as there are callers: who calls must limit them, as the REST and FastAGI servers do.
public final class Turns<Key: Hashable & Sendable>: Sendable {
    /// Who waits for a key whose turn somebody has.
    private let waiting = Mutex<[Key: [CheckedContinuation<Void, Never>]]>([:])

    /// Nobody has a turn.
    public init() {}

    /// Runs `body` when nobody before it with this key runs any more. Waiting is not ended by cancellation.
    public func take<Value>(_ key: Key, _ body: () async throws -> Value) async rethrows -> Value {
        await begin(key)
        defer { end(key) }
        return try await body()
    }

    private func begin(_ key: Key) async {
        await withCheckedContinuation { continuation in
            let isFree = waiting.withLock { waiting in
                if waiting[key] == nil {
                    waiting[key] = []
                    return true
                }
                waiting[key]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func end(_ key: Key) {
        let next: CheckedContinuation<Void, Never>? = waiting.withLock { waiting in
            guard var queue = waiting[key], !queue.isEmpty else {
                waiting[key] = nil
                return nil
            }
            let next = queue.removeFirst()
            waiting[key] = queue
            return next
        }
        next?.resume()
    }
}
