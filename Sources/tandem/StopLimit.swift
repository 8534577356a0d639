import Dispatch
import Glibc
import Logging
import ServiceLifecycle

/// Ends the process when an orderly stop does not come to its end: whoever asked for it waits for the process, not
/// for what keeps it. State is in the database before every effect, so that a hard end loses nothing.
struct StopLimit: Service {
    /// Seconds after which what still runs is cancelled (`stop_timeout`).
    let patience: Double
    /// Seconds that cancelled work gets to end.
    var grace: Double = 5
    let logger: Logger
    /// Ends the process with a status.
    var end: @Sendable (Int32) -> Void = { _exit($0) }

    func run() async throws {
        try? await gracefulShutdown()
        // A timer of its own thread: the cooperative pool may be what is stuck.
        DispatchQueue.global().asyncAfter(deadline: .now() + patience + grace) { [logger, end, patience, grace] in
            logger.critical("not stopped in time: ending", metadata: ["seconds": "\(patience + grace)"])
            end(EX_SOFTWARE)
        }
    }
}
