import Agid
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the handlers' files again at SIGHUP, without touching a session (contract 40 §8).
struct ReloadService: Service {
    let inCallerIDRules: InCallerIDRuleFile
    let logger: Logger

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            inCallerIDRules.reload()
            logger.info("files read again")
        }
        try? await gracefulShutdown()
    }
}
