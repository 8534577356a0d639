import Core
import Directory
import Identity
import Logging
import Postgres
import PostgresDirectory
import PostgresPersistence
import ServiceLifecycle

/// PostgreSQL: our state, the look-ups of the dialplan, and what they know of the system.
struct Databases {
    let state: LocalDatabase
    let readPool: PostgresPool
    let directory: PostgresDirectory
    let startup: DatabaseStartup
    /// Our own schema over the connections of look-ups, for what may take long or come in floods: commits never wait for
    /// it. Where look-ups have a database of their own, which may lag behind, it is that of the commits.
    let lookups: PostgresPersistence

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
        lookups =
            settings.database.readURI == settings.database.uri
            ? PostgresPersistence(pool: readPool) : state.persistence
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

/// The tenants of the directory, for local tokens.
struct DirectoryTenants: TenantKnowing {
    let directory: any TenantDirectory

    func exists(_ tenant: TenantID) async throws -> Bool { try await directory.tenants().contains(tenant) }
}
