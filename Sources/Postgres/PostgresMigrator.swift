/// One step of a schema's history.
public struct PostgresMigration: Sendable, Hashable {
    /// Counts from 1; each is applied once, in order.
    public let version: Int
    /// What it does, for the log.
    public let name: String
    /// Statements without `BEGIN` and `COMMIT`.
    public let sql: String

    /// A step with its parts.
    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }
}

/// Why a schema could not be brought up to date.
public enum PostgresMigrationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The database was written by a newer program, which this one must not touch.
    case newerSchema(schema: String, found: Int, known: Int)
    /// A step failed; it was rolled back and those before it stay.
    case failed(version: Int, name: String, cause: PostgresFailure)

    /// One line for the log.
    public var description: String {
        switch self {
        case .newerSchema(let schema, let found, let known):
            "schema \(schema) is at version \(found), this program knows up to \(known): "
                + "run the program that made it, or a newer one"
        case .failed(let version, let name, let cause): "migration \(version) (\(name)) failed: \(cause)"
        }
    }
}

/// Brings a schema up to date. Several programs may do so at once: an advisory lock lets one in at a time.
public struct PostgresMigrator: Sendable {
    private let schema: String
    private let migrations: [PostgresMigration]

    /// - Parameters:
    ///   - schema: Its name, made of letters, digits and `_`; it is created when it is missing.
    ///   - migrations: Every step known, in the order of rising versions.
    public init(schema: String, migrations: [PostgresMigration]) {
        precondition(
            schema.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "_")
            },
            "a schema's name is written into SQL"
        )
        precondition(
            zip(migrations, migrations.dropFirst()).allSatisfy { $0.version < $1.version },
            "migrations come in the order of their versions"
        )
        self.schema = schema
        self.migrations = migrations
    }

    /// Applies the steps that are missing, each in a transaction of its own with its line in
    /// `<schema>.schema_version`.
    /// - Parameter limit: How long one step, or the wait for another program's steps, may take.
    /// - Returns: The steps that were applied now.
    /// - Throws: ``PostgresMigrationFailure``, ``PostgresFailure``.
    public func migrate(
        _ pool: PostgresPool,
        limit: Duration = .seconds(60)
    ) async throws -> [PostgresMigration] {
        try await pool.session { session in
            try session.setStatementLimit(limit)
            try session.query(.write("SELECT pg_advisory_lock(hashtextextended($1, 0))"), ["migrations of \(schema)"])
            // The lock goes with the session, which a changed statement limit ends.
            let current = try prepareVersions(session)
            if let last = migrations.last?.version ?? (current > 0 ? 0 : nil), current > last {
                throw PostgresMigrationFailure.newerSchema(schema: schema, found: current, known: last)
            }
            let missing = migrations.filter { $0.version > current }
            for migration in missing { try apply(migration, session) }
            return missing
        }
    }

    /// Makes schema and version table.
    /// - Returns: The version reached, 0 for none.
    private func prepareVersions(_ session: PostgresSession) throws -> Int {
        // `IF NOT EXISTS` alone would ask for the right to create, which a role whose schema was made for it
        // need not have.
        let exists = try session.query(.read("SELECT to_regnamespace($1) IS NOT NULL AS found"), [schema])
        if try exists.first?.value("found") != true { try session.run(script: "CREATE SCHEMA \(schema)") }
        try session.run(
            script: """
                CREATE TABLE IF NOT EXISTS \(schema).schema_version (
                    version int PRIMARY KEY,
                    applied_at timestamptz NOT NULL DEFAULT now()
                )
                """
        )
        let rows = try session.query(
            PostgresStatement.read("SELECT coalesce(max(version), 0) AS version FROM \(schema).schema_version")
        )
        return try rows.first?.value("version") ?? 0
    }

    private func apply(_ migration: PostgresMigration, _ session: PostgresSession) throws {
        do {
            try session.transaction { session in
                try session.run(script: migration.sql)
                try session.query(
                    PostgresStatement.write("INSERT INTO \(schema).schema_version (version) VALUES ($1)"),
                    [migration.version]
                )
            }
        } catch let cause as PostgresFailure {
            throw PostgresMigrationFailure.failed(version: migration.version, name: migration.name, cause: cause)
        }
    }
}
