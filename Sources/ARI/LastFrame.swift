import Synchronization

/// When a peer last showed that it is there. While a frame of it is being handled the next ones are not read, so that
/// their absence says nothing about the peer: an owner that is slow is no peer that is dead.
final class LastFrame: Sendable {
    private struct State {
        var since: ContinuousClock.Instant
        var isBeingHandled = false
    }
    private let state: Mutex<State>
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameter now: The clock.
    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
        state = Mutex(State(since: now()))
    }

    /// How long the reader has waited for the peer.
    var silence: Duration {
        state.withLock { $0.isBeingHandled ? .zero : now() - $0.since }
    }

    /// A frame has come.
    func began() { state.withLock { $0.isBeingHandled = true } }

    /// It has been handled: from now on the reader waits.
    func ended() {
        state.withLock { state in
            state.isBeingHandled = false
            state.since = now()
        }
    }
}
