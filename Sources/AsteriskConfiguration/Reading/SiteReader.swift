public import Postgres

/// Why a site's directory could not be read as a whole. Files made of a part of it would take telephones away, or
/// their passwords.
public enum SiteReadingFailure: Error, Hashable, Sendable {
    /// Tables and columns (`table.column`) that are not there, or that the role may not read.
    case unreadable([String])
    /// The role sees only some rows of a table: a row security policy hides the others.
    case restricted(table: String, role: String)
}

extension SiteReadingFailure: CustomStringConvertible {
    /// One line that says what to do.
    public var description: String {
        switch self {
        case .unreadable(let names): "missing, or not readable for this role: \(names.joined(separator: ", "))"
        case .restricted(let table, let role):
            "role \(role) sees only a part of table \(table): read with a role of the site's configuration (tandem_config)"
        }
    }
}

/// Reads a site's directory from PostgreSQL: one read-only transaction that sees one moment, one statement per
/// table, joins in memory (contract 44 §1, §11).
public struct SiteReader: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections of a role that may read all tables of 44 §9, secrets among them.
    public init(pool: PostgresPool) { self.pool = pool }

    /// Reads everything.
    /// - Throws: ``SiteReadingFailure``, `PostgresFailure`.
    public func read() async throws -> Site {
        try await pool.transaction { session in
            try session.run(script: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            try session.setStatementLimit(.seconds(60))
            let tables = try SiteTables(session)
            var site = Site()
            try tables.readUsersAndLines(into: &site)
            try tables.readEndpoints(into: &site)
            try tables.readDialplan(into: &site)
            try tables.readFunctionKeys(into: &site)
            try tables.readQueues(into: &site)
            try tables.readRooms(into: &site)
            try tables.readRawFiles(into: &site)
            site.remarks = tables.remarks
            return site
        }
    }
}
