import Core
import Logging
import Postgres
import PostgresPersistence

/// Our own schema, for the server and for the commands that need nothing else.
struct LocalDatabase: Sendable {
    let pool: PostgresPool
    let persistence: PostgresPersistence
    /// Local tokens.
    var tokens: PostgresPersistence { persistence }

    /// - Parameter onStatement: Told of each statement.
    /// - Throws: `PostgresFailure` when the URI cannot be read.
    init(
        _ settings: Settings,
        logger: Logger,
        onStatement: (@Sendable (PostgresStatement) -> Void)? = nil
    ) throws {
        var configuration = try settings.statePool
        configuration.onStatement = onStatement
        pool = PostgresPool(configuration, name: "state", logger: logger)
        persistence = PostgresPersistence(pool: pool)
    }

    /// Brings schema `gateway` up to date.
    /// - Returns: Its version.
    @discardableResult
    func migrate() async throws -> Int { try await persistence.migrate() }

    /// Opens the database for `body` and closes it again.
    static func with<Result: Sendable>(
        _ settings: Settings,
        _ body: (LocalDatabase) async throws -> Result
    ) async throws -> Result {
        let database = try LocalDatabase(settings, logger: Logger(label: "tandem") { _ in SwiftLogNoOpLogHandler() })
        do {
            let result = try await body(database)
            await database.pool.close()
            return result
        } catch {
            await database.pool.close()
            throw error
        }
    }
}
