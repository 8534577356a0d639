import Core
import Identity
import Logging
import Postgres
import PostgresDirectory
import ServiceLifecycle
import Synchronization

/// PostgreSQL: our state, the look-ups of the dialplan, and what they know of the system.
struct Databases {
    let state: LocalDatabase
    let readPool: PostgresPool
    let directory: PostgresDirectory
    let startup: DatabaseStartup

    /// - Parameters:
    ///   - master: The master tenant, as far as it is known now.
    ///   - onStatement: Told of each statement.
    /// - Throws: `PostgresFailure` when a URI cannot be read.
    init(
        _ settings: Settings,
        master: @escaping @Sendable () -> TenantID?,
        logger: Logger,
        onStatement: (@Sendable (PostgresStatement) -> Void)? = nil
    ) throws {
        state = try LocalDatabase(settings, logger: logger, onStatement: onStatement)
        var reading = try settings.readPool
        reading.onStatement = onStatement
        readPool = PostgresPool(reading, name: "read", logger: logger)
        directory = PostgresDirectory(pool: readPool, master: master, logger: logger)
        startup = DatabaseStartup(
            database: state,
            directory: directory,
            uuid: settings.systemUUID,
            logger: logger
        )
    }

    var services: [any Service] { [state.pool, readPool, startup] }
    /// Whether both pools reach their server.
    var isReachable: Bool { readPool.isReachable && state.pool.isReachable }
}

/// The master tenant (contract 00 §4.5): configured, else told by the first service token, else the oldest.
final class MasterTenant: Sendable {
    private let tenant: Mutex<TenantID?>

    init(configured: TenantID?) { tenant = Mutex(configured) }

    var value: TenantID? { tenant.withLock { $0 } }

    /// What was learnt counts only when nothing is known yet.
    func learn(_ found: TenantID?) {
        tenant.withLock { if $0 == nil { $0 = found } }
    }
}
