import Logging
import ServiceLifecycle
import UnixSignals

/// At SIGHUP opens the log's file anew, and reads the configuration and the handlers' files again, without touching a session (contract 40 §8).
struct ReloadService: Service {
    let running: RunningConfiguration
    let files: HandlerFiles
    /// Lets features read the directory again.
    let directory: @Sendable () -> Void
    let logger: Logger

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        if HangUpSignal.take() { reload() }
        for await _ in signals.cancelOnGracefulShutdown() { reload() }
        try? await gracefulShutdown()
    }

    private func reload() {
        do {
            try running.reopenLog()
        } catch {
            logger.error("log file not opened again", metadata: ["error": "\(error)"])
        }
        files.reload()
        directory()
        do {
            let waiting = try running.reload()
            for warning in running.warnings { logger.warning("\(warning)") }
            logger.info("files read again", metadata: ["need_a_restart": "\(waiting.joined(separator: ","))"])
        } catch {
            logger.error("configuration not read again", metadata: ["error": "\(error)"])
        }
    }
}
