import Core
import Logging
import Postgres
import PostgresDirectory
import PostgresPersistence
import ServiceLifecycle
import Synchronization

/// Brings schema `gateway` up to date and learns the system's uuid, as soon as PostgreSQL answers.
///
/// The Stasis applications are registered only behind this gate: nothing runs on unstored state, and until
/// then the dialplan takes its fallback (contract 42 §12).
final class DatabaseStartup: Service {
    private enum Gate {
        case closed([CheckedContinuation<Void, Never>])
        case open
    }

    private let database: LocalDatabase
    private let directory: PostgresDirectory
    private let logger: Logger
    private let uuid: Mutex<String?>
    private let gate = Mutex(Gate.closed([]))
    private let learnt = Mutex<(@Sendable (String) -> Void)?>(nil)

    init(database: LocalDatabase, directory: PostgresDirectory, uuid: String?, logger: Logger) {
        self.database = database
        self.directory = directory
        self.logger = logger
        self.uuid = Mutex(uuid)
    }

    struct NoSystemUUID: Error, CustomStringConvertible {
        var description: String {
            "no system uuid: set uuid in the configuration, XIVO_UUID in the environment, or fill table infos"
        }
    }

    /// The system's uuid; empty before the gate is open.
    var systemUUID: String { uuid.withLock { $0 ?? "" } }

    /// Calls `body` with the system's uuid, before the gate opens.
    func whenReady(_ body: @escaping @Sendable (String) -> Void) { learnt.withLock { $0 = body } }

    /// Returns once the database is ready.
    func ready() async {
        await withCheckedContinuation { continuation in
            let isOpen = gate.withLock { gate in
                guard case .closed(let waiting) = gate else { return true }
                gate = .closed(waiting + [continuation])
                return false
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Runs until shutdown.
    /// - Throws: ``NoSystemUUID``, and when schema `gateway` is of a newer program: then the server ends.
    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var pause: Duration = .milliseconds(200)
            var reported = false
            while !Task.isCancelled {
                do {
                    try await self.prepare()
                    self.open()
                    break
                } catch let failure as DatabaseFailure {
                    if !reported { self.logger.error("database not ready", metadata: ["error": "\(failure)"]) }
                    reported = true
                    try? await Task.sleep(for: pause)
                    pause = min(pause * 2, .seconds(2))
                }
            }
        }
        open()
        try? await gracefulShutdown()
    }

    private func prepare() async throws {
        let version = try await database.migrate()
        if uuid.withLock({ $0 }) == nil {
            let found = try await directory.systemUUID()
            guard let found else { throw NoSystemUUID() }
            uuid.withLock { $0 = found }
        }
        let missing = try await directory.missingColumns()
        if !missing.required.isEmpty || !missing.optional.isEmpty {
            logger.error(
                "columns of the shared database are missing, or not to be read",
                metadata: [
                    "needed": "\(missing.required.joined(separator: ","))",
                    "useful": "\(missing.optional.joined(separator: ","))",
                ]
            )
        }
        learnt.withLock { $0 }?(systemUUID)
        logger.info("database ready", metadata: ["schema": "\(version)", "uuid": "\(systemUUID)"])
    }

    private func open() {
        let waiting = gate.withLock { gate -> [CheckedContinuation<Void, Never>] in
            guard case .closed(let waiting) = gate else { return [] }
            gate = .open
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
