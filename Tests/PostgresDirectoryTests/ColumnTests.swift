import Core
import Directory
import Postgres
import TandemLab
import Testing

@testable import PostgresDirectory

@Suite(
    "Columns that are read",
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab"),
    .timeLimit(.minutes(1))
)
struct ColumnTests {
    @Test("the standalone tables have them all, and the role may read them", arguments: Role.allCases)
    func complete(role: Role) async throws {
        try await withDirectory(as: role) { directory async throws in
            #expect(try await directory.missingColumns().isEmpty)
        }
    }

    @Test("all that are missing are named at once, the recent ones apart")
    func missing() async throws {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            try await database.pool.session { session in
                try session.run(
                    script: """
                        SET search_path TO public;
                        ALTER TABLE switchboard DROP COLUMN timeout;
                        ALTER TABLE userfeatures DROP COLUMN mobile_fallback_enabled;
                        ALTER TABLE voicemail DROP COLUMN accesstype;
                        DROP TABLE parking_lot;
                        """
                )
            }
            let missing = try await PostgresDirectory(pool: database.pool).missingColumns()
            #expect(missing.optional == ["userfeatures.mobile_fallback_enabled", "voicemail.accesstype"])
            #expect(
                missing.required == ["id", "name", "slots_end", "slots_start", "tenant_uuid", "timeout"].map {
                    "parking_lot.\($0)"
                } + ["switchboard.timeout"]
            )
        }
    }

    @Test(
        "no look-up reads a column that is not in the list, and none needs the optional ones",
        arguments: [true, false]
    )
    func listIsComplete(withOptional: Bool) async throws {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            let kept = PostgresDirectory.requiredColumns + (withOptional ? PostgresDirectory.optionalColumns : [])
            let others = try await database.pool.query(
                .read(
                    """
                    SELECT format('ALTER TABLE public.%I DROP COLUMN %I CASCADE', c.relname, a.attname) AS sql
                    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
                        AND NOT a.attisdropped
                        AND c.relname || '.' || a.attname <> ALL (string_to_array($1, ','))
                    """
                ),
                [kept.joined(separator: ",")]
            )
            let script = try others.map { try $0.value("sql", as: String.self) }.joined(separator: ";")
            #expect(others.count > 100)
            try await database.pool.session { session in
                try session.setStatementLimit(.seconds(60))
                try session.run(script: script)
            }
            let directory = PostgresDirectory(pool: database.pool, logger: TestDatabase.silentLogger)
            try await askEverything(directory)
            #expect(try await directory.missingColumns().optional.isEmpty == withOptional)
        }
    }

    private func askEverything(_ directory: PostgresDirectory) async throws {
        let tenant = TenantID("T")
        let user = UserID("U")
        #expect(try await directory.systemUUID() == nil)
        #expect(try await directory.tenants() == [])
        #expect(try await directory.user(user, tenant: tenant) == nil)
        #expect(try await directory.line(1, tenant: tenant) == nil)
        #expect(try await directory.lines() == [])
        #expect(try await directory.trunks() == [])
        #expect(try await directory.switchboard("s", tenant: tenant) == nil)
        #expect(try await directory.switchboards() == [])
        #expect(try await directory.switchboardFeatures("s") == nil)
        #expect(try await directory.voicemail(1, tenant: tenant) == nil)
        #expect(try await directory.voicemail(of: user, tenant: tenant) == nil)
        #expect(try await directory.voicemail(number: "1", context: "c") == nil)
        #expect(try await directory.voicemails(tenant: tenant, access: .global) == [])
        #expect(try await directory.application("a") == nil)
        #expect(try await directory.applications() == [])
        #expect(try await directory.music("m") == nil)
        #expect(try await directory.allMusic() == [])
        #expect(try await directory.conference(1) == nil)
        #expect(try await directory.conferences(tenant: tenant) == [])
        #expect(try await directory.meeting("d0000000-0000-4000-8000-000000000003") == nil)
        #expect(try await directory.parkingLot(1) == nil)
        #expect(try await directory.groupName(1, tenant: tenant) == nil)
        #expect(try await directory.incall(1) == nil)
        #expect(try await directory.schedule(path: "incall", id: 1) == nil)
        #expect(try await directory.dialplanUser(1) == nil)
        #expect(try await directory.dialplanUser(uuid: user) == nil)
        #expect(try await directory.dialplanUser(exten: "1", context: "c") == nil)
        #expect(try await directory.calleeExtension(of: 1, id: nil) == nil)
        #expect(try await directory.dialActions(category: "user", object: "1") == [:])
        #expect(try await directory.callFilter(boss: 1, caller: nil) == nil)
        #expect(try await directory.outgoingNumbers(of: user, tenant: tenant) == [])
        #expect(try await directory.blockedNumber("1", user: user, tenant: tenant) == nil)
        #expect(try await directory.callRightRules(user: 1, outcall: 1) == [])
        #expect(try await directory.outcall(pattern: 1) == nil)
        #expect(try await directory.callGroup(1) == nil)
        #expect(try await directory.callGroupMembers(1) == nil)
        #expect(try await directory.callQueue(1) == nil)
        #expect(try await directory.tenant(ofSkillRule: 1) == nil)
        #expect(try await directory.agent(number: "1", tenant: tenant) == nil)
        #expect(try await directory.agent(1, tenant: tenant) == nil)
        #expect(try await directory.calledAgent(1) == nil)
        #expect(try await directory.dialplanUser(agent: 1) == nil)
        #expect(try await directory.incallCallee(of: 1, tenant: tenant) == IncallCallee(user: nil, country: nil))
        #expect(try await directory.keyFeature(code: "*999") == nil)
        #expect(try await directory.keyPrefix(feature: "none") == nil)
        #expect(try await directory.paging(number: "1", caller: 1, tenant: tenant) == nil)
        #expect(try await directory.dialplanVoicemail(1) == nil)
        #expect(try await directory.dialplanVoicemail(number: "1", context: "c") == nil)
        #expect(try await directory.dialplanVoicemail(of: 1) == nil)
        #expect(try await directory.dialplanVoicemail(ofExtension: "1", context: "c") == nil)
        #expect(try await directory.dialplanConference(1, tenant: nil) == nil)
        #expect(try await directory.dialplanMeeting(number: "1", tenant: tenant) == nil)
        let meeting = "d0000000-0000-4000-8000-000000000003"
        #expect(try await directory.dialplanMeeting(uuid: meeting, tenant: tenant) == nil)
    }

    @Test("the role sees the registrations of trunks and no password")
    func secrets() async throws {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            try await database.pool.session { session in
                try session.run(
                    script: """
                        SET search_path TO public;
                        INSERT INTO tenant (uuid) VALUES ('T');
                        INSERT INTO endpoint_sip (uuid, name, tenant_uuid) VALUES
                            ('e0000000-0000-4000-8000-000000000002', 'carrier', 'T');
                        INSERT INTO endpoint_sip_section (uuid, type, endpoint_sip_uuid) VALUES
                            ('e1000000-0000-4000-8000-000000000002', 'registration',
                             'e0000000-0000-4000-8000-000000000002'),
                            ('e1000000-0000-4000-8000-000000000003', 'auth', 'e0000000-0000-4000-8000-000000000002');
                        INSERT INTO endpoint_sip_section_option (endpoint_sip_section_uuid, key, value) VALUES
                            ('e1000000-0000-4000-8000-000000000002', 'client_uri', 'sip:a@b'),
                            ('e1000000-0000-4000-8000-000000000003', 'password', 'secret');
                        INSERT INTO trunkfeatures (id, tenant_uuid, endpoint_sip_uuid) VALUES
                            (7, 'T', 'e0000000-0000-4000-8000-000000000002');
                        """
                )
            }
            let pool = PostgresPool(
                try database.configuration(user: "tandem", isReadOnly: true),
                name: "tandem",
                logger: TestDatabase.silentLogger
            )
            let directory = PostgresDirectory(pool: pool, logger: TestDatabase.silentLogger)
            let full = TrunkRecord(
                id: 7,
                tenant: TenantID("T"),
                endpoint: .sip(name: "carrier", registration: "sip:a@b")
            )
            #expect(try await directory.trunks() == [full])
            let options = try await pool.query(.read("SELECT key FROM public.endpoint_sip_section_option"))
            #expect(try options.map { try $0.value("key", as: String.self) } == ["client_uri"])

            try await database.pool.query(.write("REVOKE SELECT ON public.endpoint_sip_section_option FROM tandem"))
            var bare = full
            bare.endpoint = .sip(name: "carrier", registration: nil)
            #expect(try await directory.trunks() == [bare])
            await pool.close()
        }
    }

    @Test("tenants come oldest first")
    func tenants() async throws {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            for name in ["master", "b", "a"] {
                try await database.pool.query(.write("INSERT INTO public.tenant (uuid) VALUES ($1)"), [name])
            }
            let directory = PostgresDirectory(pool: database.pool)
            #expect(try await directory.tenants() == ["master", "b", "a"].map { TenantID($0) })
        }
    }
}
