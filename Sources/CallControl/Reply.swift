import Synchronization

/// The outcome of a request on its way back from a loop to the route that waits for it; given once, later outcomes are
/// ignored.
public final class Reply<Value: Sendable>: Sendable {
    private struct State {
        var outcome: Result<Value, any Error>?
        var waiting: CheckedContinuation<Result<Value, any Error>, Never>?
    }
    private let state = Mutex(State())

    /// A reply without an outcome yet.
    public init() {}

    /// Gives the outcome.
    public func resolve(_ outcome: Result<Value, any Error>) { _ = resolveFirst(outcome) }

    /// Gives the outcome.
    /// - Returns: `false` when there is one already; then whoever waits has been told something else.
    public func resolveFirst(_ outcome: Result<Value, any Error>) -> Bool {
        let (isFirst, waiting) = state.withLock { state in
            let isFirst = state.outcome == nil
            if isFirst { state.outcome = outcome }
            let waiting = isFirst ? state.waiting : nil
            if isFirst { state.waiting = nil }
            return (isFirst, waiting)
        }
        waiting?.resume(returning: outcome)
        return isFirst
    }

    /// The outcome; one task waits for it.
    /// - Throws: the failure of the request; what `late` returns when nothing came within `limit`.
    public func value(within limit: Duration, late: @escaping @Sendable () -> any Error) async throws -> Value {
        let timer = Task { [weak self] in
            try? await Task.sleep(for: limit)
            if !Task.isCancelled { self?.resolve(.failure(late())) }
        }
        defer { timer.cancel() }
        let outcome = await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Result<Value, any Error>? in
                if state.outcome == nil { state.waiting = continuation }
                return state.outcome
            }
            if let known { continuation.resume(returning: known) }
        }
        return try outcome.get()
    }
}
