import Core
import Foundation
import Logging
import Postgres
import PostgresDirectory
import TandemLab
import Testing

/// What the tests ask as: the owner of everything, and the role with the minimal grants.
enum Role: String, CaseIterable {
    case lab, tandem
}

/// The directory's tests run on the demo rows of the lab's PostgreSQL.
enum Lab {
    static func pool(
        as role: Role,
        database: String = "asterisk",
        port: Int? = nil,
        isReadOnly: Bool = true
    ) throws -> PostgresPool {
        let port = try port ?? LabEnvironment().postgresPort
        let configuration = try PostgresConfiguration(
            uri: "postgresql://\(role.rawValue)@127.0.0.1:\(port)/\(database)",
            applicationName: "PostgresDirectoryTests",
            connections: 2,
            isReadOnly: isReadOnly
        )
        var logger = Logger(label: "PostgresDirectoryTests")
        logger.logLevel = .error
        return PostgresPool(configuration, name: role.rawValue, logger: logger)
    }
}

/// Gives `body` a read-only directory as `role`.
func withDirectory(as role: Role, _ body: (PostgresDirectory) async throws -> Void) async throws {
    let pool = try Lab.pool(as: role)
    do {
        try await body(PostgresDirectory(pool: pool))
    } catch {
        await pool.close()
        throw error
    }
    await pool.close()
}

/// A tenant of a test's own, gone with all its rows when the test ends.
struct OwnTenant {
    let id = TenantID(UUID().uuidString.lowercased())
    /// A context of this tenant.
    let context: String
    fileprivate let pool: PostgresPool

    fileprivate init(pool: PostgresPool) {
        self.pool = pool
        context = "test-\(id)"
    }

    /// Runs a statement that makes rows.
    /// - Returns: The integer in the first column of the first row; 0 without one.
    @discardableResult
    func insert(_ sql: String, _ parameters: (any PostgresText)?...) async throws -> Int {
        let rows = try await pool.query(.write(sql), parameters)
        guard let row = rows.first, !rows.columnNames.isEmpty else { return 0 }
        return try row.value(0)
    }

    /// A user without lines, enabled unless `commented`.
    func addUser(first: String, last: String, commented: Int = 0) async throws -> (id: Int, uuid: UserID) {
        let uuid = UserID(UUID().uuidString.lowercased())
        let id = try await insert(
            """
            WITH template AS (INSERT INTO func_key_template (tenant_uuid, private) VALUES ($1, true) RETURNING id)
            INSERT INTO userfeatures
                (uuid, tenant_uuid, firstname, lastname, commented, func_key_private_template_id, description)
            SELECT $2, $1, $3, $4, $5::int, id, '' FROM template RETURNING id
            """,
            id.rawValue,
            uuid.rawValue,
            first,
            last,
            commented
        )
        return (id, uuid)
    }

    /// A line of a user in this tenant's context, without an endpoint.
    func addLine(user: Int, isMain: Bool, name: String, commented: Int = 0) async throws -> Int {
        let line = try await insert(
            "INSERT INTO linefeatures (name, context, provisioningid, commented) VALUES ($1, $2, 0, $3::int) RETURNING id",
            name,
            context,
            commented
        )
        try await insert(
            "INSERT INTO user_line (user_id, line_id, main_user, main_line) VALUES ($1::int, $2::int, true, $3::bool)",
            user,
            line,
            isMain
        )
        return line
    }

    /// An incall with a number of its own.
    func addIncall(commented: Int = 0, extensionCommented: Int = 0) async throws -> Int {
        let incall = try await insert(
            "INSERT INTO incall (tenant_uuid, commented) VALUES ($1, $2::int) RETURNING id",
            id.rawValue,
            commented
        )
        try await addExtension(of: incall, exten: "1", commented: extensionCommented)
        return incall
    }

    /// A number of an incall.
    func addExtension(of incall: Int, exten: String, commented: Int = 0) async throws {
        try await insert(
            """
            INSERT INTO extensions (context, exten, type, typeval, commented) VALUES ($1, $2, 'incall', $3, $4::int)
            """,
            context,
            "\(incall)-\(exten)",
            "\(incall)",
            commented
        )
    }

    fileprivate func create() async throws {
        try await insert("INSERT INTO tenant (uuid) VALUES ($1)", id.rawValue)
        try await insert("INSERT INTO context (name, tenant_uuid) VALUES ($1, $2)", context, id.rawValue)
    }

    fileprivate func remove() async throws {
        for statement in [
            """
            DELETE FROM dialaction WHERE (category = 'incall'
                AND categoryval IN (SELECT id::text FROM incall WHERE tenant_uuid = $1)) OR (category = 'switchboard'
                AND categoryval IN (SELECT uuid FROM switchboard WHERE tenant_uuid = $1))
            """,
            "DELETE FROM callerid WHERE type = 'incall' AND typeval IN (SELECT id FROM incall WHERE tenant_uuid = $1)",
            "DELETE FROM schedule_time WHERE schedule_id IN (SELECT id FROM schedule WHERE tenant_uuid = $1)",
            "DELETE FROM userfeatures WHERE tenant_uuid = $1",
            "DELETE FROM tenant WHERE uuid = $1",
        ] {
            try await insert(statement, id.rawValue)
        }
    }
}

/// Gives `body` a tenant to put rows into, and a directory as `role` to find them with.
func withOwnTenant(
    as role: Role,
    _ body: (OwnTenant, PostgresDirectory) async throws -> Void
) async throws {
    let pool = try Lab.pool(as: .lab, isReadOnly: false)
    let tenant = OwnTenant(pool: pool)
    var failure: (any Error)?
    do {
        try await tenant.create()
        try await withDirectory(as: role) { try await body(tenant, $0) }
    } catch {
        failure = error
    }
    do { try await tenant.remove() } catch { failure = failure ?? error }
    await pool.close()
    if let failure { throw failure }
}
