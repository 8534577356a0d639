import Synchronization

/// A door that opens once and stays open; any number of tasks wait in front of it, each with a time limit.
public final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [Int: Reply<Void>] = [:]
        var next = 0
    }
    private let state = Mutex(State())
    private struct TooLate: Error {}

    /// A closed one.
    public init() {}

    /// Whether it is open.
    public var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Lets everybody through, now and from now on.
    public func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for reply in waiting { reply.resolve(.success(())) }
    }

    /// Waits until it is open.
    /// - Returns: `false` when the limit has passed, or the task was cancelled, before it opened.
    public func isOpen(within limit: Duration) async -> Bool {
        let reply = Reply<Void>()
        let ticket = state.withLock { state -> Int? in
            if state.isOpen { return nil }
            defer { state.next += 1 }
            state.waiting[state.next] = reply
            return state.next
        }
        guard let ticket else { return true }
        defer { state.withLock { _ = $0.waiting.removeValue(forKey: ticket) } }
        return await withTaskCancellationHandler {
            (try? await reply.value(within: limit) { TooLate() }) != nil
        } onCancel: {
            reply.resolve(.failure(CancellationError()))
        }
    }
}
