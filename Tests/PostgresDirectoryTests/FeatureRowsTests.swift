import Core
import Directory
import Postgres
import PostgresDirectory
import TandemLab
import Testing

@Suite("Rows of features and rooms", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct FeatureRowsTests {
    @Test("codes belong to the features that keys show")
    func functionKeys() async throws {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            try await database.pool.query(.write("DELETE FROM public.feature_extension"))
            let rows = [
                ("_*3.", "agentstaticlogoff", "true"), ("_*31.", "agentstaticlogin", "true"),
                ("*3", "callrecord", "true"),
                ("*90", "enablevm", "false"), ("*9", "recsnd", "true"), ("_*735.", "phoneprogfunckey", "true"),
                ("_*21.", "fwdunc", "true"), ("_*50.", "groupmembertoggle", "true"),
            ]
            for (exten, feature, enabled) in rows {
                try await database.pool.query(
                    .write("INSERT INTO public.feature_extension (exten, feature, enabled) VALUES ($1, $2, $3::bool)"),
                    [exten, feature, enabled]
                )
            }
            let directory = PostgresDirectory(pool: database.pool)
            for (code, feature) in [
                ("*31", "agentstaticlogin"), ("*3", "callrecord"), ("*21", "fwdunc"), ("*50", "groupmembertoggle"),
                ("*90", nil), ("*9", nil), ("*735", nil), ("", nil), ("'; --", nil), ("%", nil), ("*5é", nil),
            ] as [(String, String?)] {
                #expect(try await directory.keyFeature(code: code) == feature, "\(code)")
            }
            let codes = FunctionKeyPrefix(prefix: "_*735.", feature: "_*50.")
            #expect(try await directory.keyPrefix(feature: "groupmembertoggle") == codes)
            let disabled = FunctionKeyPrefix(prefix: "_*735.", feature: "*90")
            #expect(try await directory.keyPrefix(feature: "enablevm") == disabled, "a lamp shows it all the same")
            #expect(try await directory.keyPrefix(feature: "recsnd") == nil)
            #expect(try await directory.keyPrefix(feature: "incallfilter") == nil, "has no code at all")
            try await database.pool.query(
                .write("UPDATE public.feature_extension SET enabled = false WHERE feature = 'phoneprogfunckey'")
            )
            #expect(try await directory.keyPrefix(feature: "groupmembertoggle") == codes)
        }
    }

    @Test("a paging group has the lines of its called users", arguments: Role.allCases)
    func paging(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let caller = try await tenant.addUser(first: "Caller", last: "")
            let called = try await tenant.addUser(first: "Called", last: "")
            let off = try await tenant.addUser(first: "Off", last: "", commented: 1)
            let number = String("\(tenant.id)".prefix(30))
            let id = try await tenant.insert(
                """
                INSERT INTO paging (tenant_uuid, number, duplex, announcement_file, announcement_caller, timeout)
                VALUES ($1, $2, 1, 'x.wav', 1, 12) RETURNING id
                """,
                tenant.id.rawValue,
                number
            )
            for (user, isCaller) in [(caller.id, 1), (called.id, 0), (off.id, 0)] {
                try await tenant.insert("INSERT INTO paginguser VALUES ($1::int, $2::int, $3::int)", id, user, isCaller)
            }
            var options = PagingRecord.Options()
            options.isDuplex = true
            options.isCallerSparedAnnouncement = true
            var expected = PagingRecord(
                tenant: tenant.id,
                timeout: 12,
                options: options,
                isCallerAllowed: true,
                endpoints: []
            )
            func found(by user: Int? = nil, tenant other: TenantID? = nil) async throws -> PagingRecord? {
                try await directory.paging(number: number, caller: user ?? caller.id, tenant: other ?? tenant.id)
            }
            #expect(try await found() == expected)
            for (user, name) in [(called.id, "b"), (called.id, "a"), (off.id, "off"), (caller.id, "caller")] {
                let line = try await tenant.addLine(user: user, isMain: name == "a", name: "\(tenant.id)-\(name)")
                try await tenant.insert(
                    """
                    WITH e AS (INSERT INTO endpoint_sip (tenant_uuid, name) VALUES ($1, $2) RETURNING uuid)
                    UPDATE linefeatures SET endpoint_sip_uuid = (SELECT uuid FROM e) WHERE id = $3::int
                    """,
                    tenant.id.rawValue,
                    "\(tenant.id)-endpoint-\(name)",
                    line
                )
            }
            expected.endpoints = [.sip(name: "\(tenant.id)-b"), .sip(name: "\(tenant.id)-a")]
            #expect(try await found() == expected)
            expected.isCallerAllowed = false
            #expect(try await found(by: called.id) == expected)
            #expect(try await found(tenant: TenantID("other")) == nil)
            #expect(try await directory.paging(number: number, caller: 0, tenant: nil) == expected)

            try await tenant.insert("UPDATE paging SET announcement_play = 1 WHERE id = $1::int", id)
            #expect(try await found()?.options.announcement == "x.wav")
            try await tenant.insert("UPDATE paging SET commented = 1 WHERE id = $1::int", id)
            #expect(try await found() == nil)
            // paginguser restricts the removal of what it names.
            try await tenant.insert("DELETE FROM paginguser WHERE pagingid = $1::int", id)
        }
    }

    @Test("conferences and meetings are those of the tenant", arguments: Role.allCases)
    func rooms(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let id = try await tenant.insert(
                "INSERT INTO conference (tenant_uuid, name, pin, admin_pin) VALUES ($1, 'Früh''\"', '12', NULL) RETURNING id",
                tenant.id.rawValue
            )
            let room = DialplanConference(id: id, tenant: tenant.id, name: "Früh'\"", pin: "12")
            #expect(try await directory.dialplanConference(id, tenant: tenant.id) == room)
            #expect(try await directory.dialplanConference(id, tenant: nil) == room)
            #expect(try await directory.dialplanConference(id, tenant: TenantID("other")) == nil)

            try await tenant.insert(
                "INSERT INTO meeting (tenant_uuid, name, number) VALUES ($1, 'M', '123456')",
                tenant.id.rawValue
            )
            let found = try await directory.dialplanMeeting(number: "123456", tenant: tenant.id)
            let meeting = try #require(found)
            #expect(meeting.name == "M")
            #expect(try await directory.dialplanMeeting(uuid: meeting.id.uppercased(), tenant: tenant.id) == meeting)
            #expect(try await directory.dialplanMeeting(uuid: meeting.id, tenant: TenantID("other")) == nil)
            #expect(try await directory.dialplanMeeting(uuid: "x'", tenant: tenant.id) == nil)
            #expect(try await directory.dialplanMeeting(number: "123457", tenant: tenant.id) == nil)
        }
    }

    @Test("an incall of the tenant rings the main user of his main line", arguments: Role.allCases)
    func callee(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let user = try await tenant.addUser(first: "A", last: "")
            let incall = try await tenant.addIncall()
            func found(in other: TenantID? = nil) async throws -> IncallCallee {
                try await directory.incallCallee(of: incall, tenant: other ?? tenant.id)
            }
            let nobody = IncallCallee(user: nil, country: nil)
            try await tenant.insert(
                """
                INSERT INTO dialaction (event, category, categoryval, action, actionarg1)
                VALUES ('answer', 'incall', $1, 'user', $2)
                """,
                "\(incall)",
                "\(user.id)"
            )
            #expect(try await found() == nobody)
            let line = try await tenant.addLine(user: user.id, isMain: true, name: "\(tenant.id)-l")
            try await tenant.insert("UPDATE tenant SET country = 'FR' WHERE uuid = $1", tenant.id.rawValue)
            #expect(try await found() == IncallCallee(user: user.uuid, country: "FR"))
            #expect(try await found(in: TenantID("other")) == nobody)
            try await tenant.insert("UPDATE user_line SET main_user = false WHERE line_id = $1::int", line)
            #expect(try await found() == IncallCallee(user: nil, country: "FR"))
            try await tenant.insert(
                "UPDATE dialaction SET actionarg1 = 'x''; --' WHERE category = 'incall' AND categoryval = $1",
                "\(incall)"
            )
            #expect(try await found() == IncallCallee(user: nil, country: "FR"))
        }
    }
}
