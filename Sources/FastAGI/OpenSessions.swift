import NIOCore
import Synchronization

/// The connections that are served now, at most `limit` of them.
final class OpenSessions: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isStopping = false
        var isListenerLost = false
    }

    private let state = Mutex(State())
    private let limit: Int
    private let metrics: FastAGIMetrics

    init(limit: Int, metrics: FastAGIMetrics) {
        self.limit = limit
        self.metrics = metrics
    }

    /// Sessions open now.
    var count: Int { state.withLock { $0.channels.count } }
    /// Whether the server takes no new session any more.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Counts a session in until its channel closes.
    /// - Returns: `false` when there is no room.
    func open(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isOpen = state.withLock { state in
            guard !state.isStopping, state.channels.count < limit else { return false }
            state.channels[id] = channel
            metrics.setSessions(state.channels.count)
            return true
        }
        if isOpen {
            channel.closeFuture.whenComplete { _ in
                self.state.withLock { state in
                    state.channels[id] = nil
                    self.metrics.setSessions(state.channels.count)
                }
            }
        }
        return isOpen
    }

    /// Whether the end of listening was nobody's wish.
    var isListenerLost: Bool { state.withLock { $0.isListenerLost } }

    /// Three ends are possible: shutdown, cancellation, a listener that was lost. From now on no session is opened.
    /// - Parameter isWanted: Whether it was cancelled.
    func noteEndOfListening(isWanted: Bool) {
        state.withLock { state in
            if !state.isStopping && !isWanted { state.isListenerLost = true }
            state.isStopping = true
        }
    }

    /// From now on no session is opened.
    func refuseAll() { state.withLock { $0.isStopping = true } }

    /// Ends what is still open with `failure`.
    func endAll() {
        let channels = state.withLock { Array($0.channels.values) }
        let reason = AGIError.stopped("the server stops")
        for channel in channels {
            channel.writeAndFlush(
                ConnectionEnding(line: "failure server stops", reason: reason),
                promise: nil
            )
        }
    }
}
