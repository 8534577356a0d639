import Foundation
import Postgres

/// A directory of 50,000 users on the lab's PostgreSQL: the tables of sql/standalone, filled by SQL.
struct AGIDatabase {
    static let users = 50_000
    private static let name = "tandem_bench_agi"

    private let port: Int
    /// Where the server finds it.
    var uri: String { "postgresql://lab@127.0.0.1:\(port)/\(Self.name)" }

    /// Makes it, calls `body`, and drops it.
    static func use<Result>(_ lab: Lab, _ body: (AGIDatabase) async throws -> Result) async throws -> Result {
        let database = AGIDatabase(port: try lab.postgresPort)
        let server = try database.pool(of: "postgres")
        try await run(["DROP DATABASE IF EXISTS \(name) WITH (FORCE)", "CREATE DATABASE \(name)"], server)
        let outcome: Swift.Result<Result, any Error>
        do {
            try await database.fill()
            outcome = .success(try await body(database))
        } catch {
            outcome = .failure(error)
        }
        try? await run(["DROP DATABASE \(name) WITH (FORCE)"], server)
        await server.close()
        return try outcome.get()
    }

    private func fill() async throws {
        // `make bench` runs at the top of the repository.
        let folder = URL(filePath: "sql/standalone")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "sql" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let pool = try pool(of: Self.name)
        try await Self.run(try files.map { try String(contentsOf: $0, encoding: .utf8) } + Self.rows, pool)
        await pool.close()
    }

    private func pool(of database: String) throws -> PostgresPool {
        let uri = "postgresql://lab@127.0.0.1:\(port)/\(database)"
        return PostgresPool(
            try PostgresConfiguration(uri: uri, applicationName: "tandem-bench", connections: 1),
            name: "bench",
            logger: CachedIdentity.silent
        )
    }

    private static func run(_ scripts: [String], _ pool: PostgresPool) async throws {
        try await pool.session { session in
            try session.setStatementLimit(.seconds(120))
            for script in scripts { try session.run(script: script) }
        }
    }

    /// Fifty tenants of 1,000 users. Each user has a SIP line, a number inside, one outside, a voicemail box
    /// that takes what he does not answer, and the destinations that confd writes; every hundredth is a boss with a
    /// filter that is off. The ids of a user, his line and his number are the same.
    private static let rows = [
        """
        SET session_replication_role = replica;
        INSERT INTO tenant (uuid, slug, country)
        SELECT '10000000-0000-4000-8000-' || lpad(t::text, 12, '0'), 't' || t, 'FR' FROM generate_series(1, 50) AS t;
        INSERT INTO context (name, tenant_uuid)
        SELECT 'ctx-' || t, '10000000-0000-4000-8000-' || lpad(t::text, 12, '0') FROM generate_series(1, 50) AS t
        UNION ALL
        SELECT 'did-' || t, '10000000-0000-4000-8000-' || lpad(t::text, 12, '0') FROM generate_series(1, 50) AS t;
        INSERT INTO phone_number (tenant_uuid, number, shared, main)
        SELECT uuid, '+3318' || right(uuid, 7), true, true FROM tenant;
        """,
        """
        CREATE TEMPORARY TABLE person AS
        SELECT n, 1 + (n - 1) / 1000 AS t, '10000000-0000-4000-8000-' || lpad((1 + (n - 1) / 1000)::text, 12, '0') AS tenant
        FROM generate_series(1, 50000) AS n;
        INSERT INTO voicemail (uniqueid, context, mailbox, fullname, email, language)
        SELECT n, 'ctx-' || t, (10000 + n)::text, 'User ' || n, 'user' || n || '@example.org', 'fr_FR' FROM person;
        INSERT INTO userfeatures (id, uuid, tenant_uuid, firstname, lastname, callerid, voicemailid, enablevoicemail,
            mobilephonenumber, language, enablexfer, func_key_private_template_id, description)
        SELECT n, '20000000-0000-4000-8000-' || lpad(n::text, 12, '0'), tenant, 'User', n::text,
            '"User ' || n || '" <' || 10000 + n || '>', n, 1, '+336' || lpad(n::text, 8, '0'), 'fr_FR', 1, n, ''
        FROM person;
        INSERT INTO endpoint_sip (uuid, name, tenant_uuid)
        SELECT ('50000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'u' || n, tenant FROM person;
        INSERT INTO linefeatures (id, name, number, context, provisioningid, endpoint_sip_uuid)
        SELECT n, 'u' || n, (10000 + n)::text, 'ctx-' || t, 100000 + n,
            ('50000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
        FROM person;
        INSERT INTO user_line (user_id, line_id, main_user, main_line) SELECT n, n, true, true FROM person;
        INSERT INTO extensions (id, context, exten, type, typeval)
        SELECT n, 'ctx-' || t, (10000 + n)::text, 'user'::extenumbers_type, n::text FROM person
        UNION ALL
        SELECT 50000 + n, 'did-' || t, '+331' || lpad(n::text, 8, '0'), 'incall', n::text FROM person;
        INSERT INTO line_extension (line_id, extension_id, main_extension) SELECT n, n, true FROM person;
        """,
        """
        INSERT INTO incall (id, tenant_uuid) SELECT n, tenant FROM person;
        INSERT INTO dialaction (event, category, categoryval, action, actionarg1)
        SELECT 'answer', 'incall'::dialaction_category, n::text, 'user'::dialaction_action, n::text FROM person
        UNION ALL
        SELECT 'noanswer', 'user', n::text, 'voicemail', n::text FROM person
        UNION ALL
        SELECT event, 'user', n::text, 'none', NULL
        FROM person, unnest(ARRAY['busy', 'congestion', 'chanunavail']) AS event;
        INSERT INTO callfilter (id, tenant_uuid, name, type, bosssecretary, callfrom, commented)
        SELECT n, tenant, 'filter ' || n, 'bosssecretary', 'secretary-simult', 'all', 1 FROM person WHERE n % 100 = 0;
        INSERT INTO callfiltermember (callfilterid, type, typeval, bstype, active)
        SELECT n, 'user'::callfiltermember_type, n::text, 'boss'::generic_bsfilter, 1 FROM person WHERE n % 100 = 0
        UNION ALL
        SELECT n, 'user', (n - 1)::text, 'secretary', 1 FROM person WHERE n % 100 = 0;
        """,
        "VACUUM ANALYZE",
    ]
}
