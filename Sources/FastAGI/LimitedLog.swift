import Logging
import Synchronization

/// Log lines that a peer can cause at will: at most one a second, with the number left out.
final class LimitedLog: Sendable {
    private struct State {
        var next = ContinuousClock.now
        var suppressed = 0
    }

    private let state = Mutex(State())
    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    func log(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) {
        let suppressed: Int? = state.withLock { state in
            let now = ContinuousClock.now
            guard now >= state.next else {
                state.suppressed += 1
                return nil
            }
            state.next = now + .seconds(1)
            defer { state.suppressed = 0 }
            return state.suppressed
        }
        guard let suppressed else { return }
        var metadata = metadata
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.log(level: level, message, metadata: metadata)
    }
}
