import Postgres
import TandemLab
import Testing

@testable import AsteriskConfiguration

@Suite("Reading a site", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct SiteReaderTests {
    private func read(_ database: TestDatabase) async throws -> Site {
        let pool = PostgresPool(
            try database.configuration(user: "tandem_config", connections: 1, isReadOnly: true),
            name: "site",
            logger: TestDatabase.silentLogger
        )
        let result: Result<Site, any Error>
        do {
            result = .success(try await SiteReader(pool: pool).read())
        } catch {
            result = .failure(error)
        }
        await pool.close()
        return try result.get()
    }

    @Test("two runs give the same bytes, with the tables' seeds and without remarks of missing ones")
    func sameBytes() async throws {
        try await SiteRows.use { database in
            let site = try await read(database)
            #expect(site.remarks == [])
            let first = GeneratedConfiguration(site)
            let second = GeneratedConfiguration(try await read(database))
            #expect(first.files == second.files)
            #expect(first.remarks == ["context site-phones includes site-old, which is not there"])
        }
    }

    @Test("the seeds of the tables and those that count without them are the same")
    func seeds() async throws {
        try await SiteRows.use { database in
            let site = try await read(database)
            #expect(site.features == Seeds.features)
            #expect(site.queueGeneral == Seeds.queues)
            #expect(site.iax.general == Seeds.iax)
            #expect(site.rawFiles["confbridge.conf"] == Seeds.confBridge)
            #expect(site.rawFiles["rtp.conf"] == Seeds.rtp)
            #expect(site.featureCodes.count == 31)
        }
    }

    @Test("tables that a platform may lack are taken as empty, each with one remark")
    func optionalTables() async throws {
        try await SiteRows.use { database in
            try await database.pool.session { session in
                try session.run(
                    script: """
                        SET search_path TO public;
                        DROP TABLE ivr_choice, ivr, features, asterisk_file_variable, pjsip_transport_option CASCADE;
                        REVOKE SELECT ON staticvoicemail, func_key_mapping FROM tandem_config;
                        ALTER TABLE meeting DROP COLUMN name;
                        """
                )
            }
            let site = try await read(database)
            let names = [
                "asterisk_file_variable", "features", "func_key_mapping", "ivr", "ivr_choice", "pjsip_transport_option",
                "staticvoicemail",
            ]
            #expect(site.remarks.sorted() == names.map { "table \($0) is missing or may not be read: taken as empty" })
            let files = GeneratedConfiguration(site).files
            #expect(files.first { $0.name == "features.conf" }?.text.contains("blindxfer = *1") == true)
            #expect(files.first { $0.name == "voicemail.conf" }?.text.contains("maxmsg = 100") == true)
        }
    }

    @Test(
        "without what telephones are made of nothing is generated",
        arguments: [
            ("DROP TABLE endpoint_sip_section_option", ["endpoint_sip_section_option"]),
            ("REVOKE SELECT ON endpoint_sip_template FROM tandem_config", ["endpoint_sip_template"]),
            ("ALTER TABLE linefeatures DROP COLUMN commented", ["linefeatures.commented"]),
        ]
    )
    func requiredTables(change: String, missing: [String]) async throws {
        try await SiteRows.use { database in
            try await database.pool.session { try $0.run(script: "SET search_path TO public; \(change) ") }
            await #expect(throws: SiteReadingFailure.unreadable(missing)) { try await read(database) }
        }
    }

    @Test("a thousand users take one statement per table")
    func large() async throws {
        try await SiteRows.use { database in
            try await database.pool.session { session in
                try session.setStatementLimit(.seconds(60))
                try session.run(script: Self.thousandUsers)
            }
            let start = ContinuousClock.now
            let site = try await read(database)
            let generated = GeneratedConfiguration(site)
            let elapsed = ContinuousClock.now - start
            print("1,000 users: \(elapsed), \(generated.files.map(\.text.utf8.count).reduce(0, +)) bytes")
            #expect(site.users.count == 1_003)
            #expect(elapsed < .seconds(20))
        }
    }

    private static let thousandUsers = """
        SET search_path TO public;
        INSERT INTO func_key_template (id, tenant_uuid, private)
        SELECT 1000 + n, '\(SiteRows.tenant)', true FROM generate_series(1, 1000) n;
        INSERT INTO userfeatures (id, uuid, tenant_uuid, callerid, func_key_private_template_id, description)
        SELECT 1000 + n, uuid_generate_v4(), '\(SiteRows.tenant)', '"User ' || n || '"', 1000 + n, ''
        FROM generate_series(1, 1000) n;
        INSERT INTO endpoint_sip (name, tenant_uuid) SELECT 'many-' || n, '\(SiteRows.tenant)'
        FROM generate_series(1, 1000) n;
        INSERT INTO endpoint_sip_template (child_uuid, parent_uuid, priority)
        SELECT e.uuid, t.global_sip_template_uuid, 0 FROM endpoint_sip e, tenant t WHERE e.name LIKE 'many-%';
        INSERT INTO linefeatures (id, name, context, provisioningid, endpoint_sip_uuid)
        SELECT 1000 + n, 'many-' || n, 'site-phones', n, e.uuid
        FROM generate_series(1, 1000) n JOIN endpoint_sip e ON e.name = 'many-' || n;
        INSERT INTO user_line (user_id, line_id, main_user, main_line)
        SELECT 1000 + n, 1000 + n, true, true FROM generate_series(1, 1000) n;
        INSERT INTO extensions (id, context, exten, type, typeval)
        SELECT 1000 + n, 'site-phones', (60000 + n)::text, 'user', (1000 + n)::text FROM generate_series(1, 1000) n;
        INSERT INTO line_extension (line_id, extension_id, main_extension)
        SELECT 1000 + n, 1000 + n, true FROM generate_series(1, 1000) n;
        """
}
