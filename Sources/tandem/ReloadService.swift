import Logging
import ServiceLifecycle
import UnixSignals

/// At SIGHUP reads the configuration and the handlers' files again, without touching a session (contract 40 §8).
struct ReloadService: Service {
    let running: RunningConfiguration
    let files: HandlerFiles
    /// Lets features read the directory again.
    let directory: @Sendable () -> Void
    let logger: Logger

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            files.reload()
            directory()
            do {
                let waiting = try running.reload()
                logger.info("files read again", metadata: ["need_a_restart": "\(waiting.joined(separator: ","))"])
            } catch {
                logger.error("configuration not read again", metadata: ["error": "\(error)"])
            }
        }
        try? await gracefulShutdown()
    }
}
