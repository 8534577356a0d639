import Glibc
import Synchronization

/// SIGHUP before the server can read its files again: it would end the process. It is kept, and looked at once.
enum HangUpSignal {
    private static let hasCome = Atomic<Bool>(false)

    /// From now on the signal ends nothing. To be called before any thread is started.
    static func keep() {
        // The handler must find it made.
        hasCome.store(false, ordering: .relaxed)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in HangUpSignal.hasCome.store(true, ordering: .relaxed) }
        action.sa_flags = SA_RESTART
        sigaction(SIGHUP, &action, nil)
    }

    /// Whether the signal has come since the last look.
    static func take() -> Bool { hasCome.exchange(false, ordering: .relaxed) }
}
