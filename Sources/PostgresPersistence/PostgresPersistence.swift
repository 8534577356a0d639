public import Core
import Persistence
public import Postgres

/// Schema `gateway` of PostgreSQL: our state, the outbox, local tokens (contract 43 §6).
public struct PostgresPersistence: Sendable {
    let pool: PostgresPool

    /// A persistence over a pool that may write.
    public init(pool: PostgresPool) { self.pool = pool }

    /// Runs a statement and turns its failure into what callers know.
    @discardableResult
    func query(
        _ statement: PostgresStatement,
        _ parameters: [(any PostgresText)?] = []
    ) async throws -> PostgresRows {
        do {
            return try await pool.query(statement, parameters)
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }

    /// Brings schema `gateway` up to date, under an advisory lock.
    /// - Returns: The version that this program knows.
    /// - Throws: `DatabaseFailure` when PostgreSQL cannot be reached or refuses; `PostgresMigrationFailure` when
    ///   the schema is of a newer program.
    @discardableResult
    public func migrate() async throws -> Int {
        do {
            _ = try await PostgresMigrator(schema: "gateway", migrations: Migrations.all).migrate(pool)
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        } catch PostgresMigrationFailure.failed(_, _, .unreachable(let text)) {
            throw DatabaseFailure.unreachable(text)
        }
        return Migrations.all.last?.version ?? 0
    }
}

extension DatabaseFailure {
    /// SQLSTATE of `gateway.refuse_conflict`.
    private static let conflictState = "TD001"

    /// The same failure in the words of the ports.
    public init(_ failure: PostgresFailure) {
        switch failure {
        case .unreachable(let text): self = .unreachable(text)
        case .refused(Self.conflictState, let message): self = .conflict(message)
        case .refused(let state, let message) where failure.isOutage:
            self = .unreachable("\(message) (\(state))")
        case .refused(let state, let message): self = .refused(sqlState: state, message: message)
        case .unexpected(let text): self = .refused(sqlState: "", message: text)
        }
    }
}

/// The steps of schema `gateway`: files of `sql/migrations`, compiled in.
enum Migrations {
    static let all: [PostgresMigration] = [
        PostgresMigration(
            version: 1,
            name: "gateway",
            sql: String(decoding: PackageResources._001_gateway_sql, as: UTF8.self)
        ),
        PostgresMigration(
            version: 2,
            name: "token-changes",
            sql: String(decoding: PackageResources._002_token_changes_sql, as: UTF8.self)
        ),
        PostgresMigration(
            version: 3,
            name: "history-user",
            sql: String(decoding: PackageResources._003_history_user_sql, as: UTF8.self)
        ),
        PostgresMigration(
            version: 4,
            name: "outbox-created",
            sql: String(decoding: PackageResources._004_outbox_created_sql, as: UTF8.self)
        ),
        PostgresMigration(
            version: 5,
            name: "recordings",
            sql: String(decoding: PackageResources._005_recordings_sql, as: UTF8.self)
        ),
    ]
}
