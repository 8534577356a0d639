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
        case closed([Int: CheckedContinuation<Void, Never>], next: Int)
        case open
    }

    private let database: LocalDatabase
    private let directory: PostgresDirectory
    private let logger: Logger
    private let uuid: Mutex<String?>
    private let gate = Mutex(Gate.closed([:], next: 0))
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

    /// Returns once the database is ready, or when the task is cancelled.
    func ready() async {
        let ticket = gate.withLock { gate -> Int? in
            guard case .closed(let waiting, let next) = gate else { return nil }
            gate = .closed(waiting, next: next + 1)
            return next
        }
        guard let ticket else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGo = gate.withLock { gate in
                    guard case .closed(var waiting, let next) = gate, !Task.isCancelled else { return true }
                    waiting[ticket] = continuation
                    gate = .closed(waiting, next: next)
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            leave(ticket)
        }
    }

    private func leave(_ ticket: Int) {
        let continuation = gate.withLock { gate -> CheckedContinuation<Void, Never>? in
            guard case .closed(var waiting, let next) = gate else { return nil }
            let continuation = waiting.removeValue(forKey: ticket)
            gate = .closed(waiting, next: next)
            return continuation
        }
        continuation?.resume()
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
                    if !reported { self.report(failure) }
                    reported = true
                    try? await Task.sleep(for: pause)
                    pause = min(pause * 2, .seconds(2))
                }
            }
        }
        open()
        try? await gracefulShutdown()
    }

    private static let missingTables =
        "db_uri must name confd's database, or one into which sql/standalone/*.sql were loaded in the order of their names "
        + "(docs/asterisk-configuration.md)"

    private func report(_ failure: DatabaseFailure) {
        var metadata: Logger.Metadata = ["error": "\(failure)"]
        if let hint = Self.hint(for: failure) { metadata["hint"] = "\(hint)" }
        logger.error("database not ready", metadata: metadata)
    }

    /// What to do about a database that refuses; `nil` where the failure says it all.
    static func hint(for failure: DatabaseFailure) -> String? {
        guard case .refused(let state, _) = failure else { return nil }
        switch state {
        case "42P01", "42703", "3F000": return missingTables
        case "42501":
            return "the role of db_uri may not do this: sql/standalone/07-grants.sql says what it needs"
        default: return nil
        }
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
                    "hint": "\(Self.missingTables)",
                ]
            )
        }
        learnt.withLock { $0 }?(systemUUID)
        logger.info("database ready", metadata: ["schema": "\(version)", "uuid": "\(systemUUID)"])
    }

    private func open() {
        let waiting = gate.withLock { gate -> [CheckedContinuation<Void, Never>] in
            guard case .closed(let waiting, _) = gate else { return [] }
            gate = .open
            return Array(waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }
}
