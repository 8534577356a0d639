import Synchronization

/// What is known of a connection on both sides of its event loop.
final class ConnectionStatus: Sendable {
    private struct State {
        var commands = 0
        var isHungUp = false
        var end: (any Error)?
    }

    private let state = Mutex(State())

    /// Commands sent.
    var commands: Int { state.withLock { $0.commands } }
    /// Whether Asterisk sent `HANGUP`, or answered that the channel is dead.
    var isHungUp: Bool { state.withLock { $0.isHungUp } }
    /// Why the connection ended, the first reason; `nil` while it lives.
    var end: (any Error)? { state.withLock { $0.end } }

    func countCommand() { state.withLock { $0.commands += 1 } }
    func noteHangup() { state.withLock { $0.isHungUp = true } }
    func end(_ reason: any Error) { state.withLock { $0.end = $0.end ?? reason } }
}
