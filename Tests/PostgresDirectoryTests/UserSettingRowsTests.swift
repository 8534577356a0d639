import Core
import Directory
import Postgres
import PostgresDirectory
import TandemLab
import Testing

@Suite("Settings of users", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct UserSettingRowsTests {
    /// Gives `body` the settings as `role`, and the id of a user of a test's own.
    private func withUser(
        as role: Role,
        _ body: (OwnTenant, PostgresDirectory, PostgresUserSettings, Int) async throws -> Void
    ) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let pool = try Lab.pool(as: role, isReadOnly: false)
            let (user, _) = try await tenant.addUser(first: "A", last: "")
            do {
                try await body(tenant, directory, PostgresUserSettings(pool: pool), user)
            } catch {
                await pool.close()
                throw error
            }
            await pool.close()
        }
    }

    @Test("Forwards keep their destination when they are switched off", arguments: Role.allCases)
    func forwards(role: Role) async throws {
        try await withUser(as: role) { _, directory, settings, user async throws in
            for (index, kind) in ForwardKind.allCases.enumerated() {
                let setting = ForwardSetting(isEnabled: true, destination: "1'\(index)")
                try await settings.setForward(kind, to: setting, of: user)
                #expect(try await settings.forwards(of: user)[kind] == setting)
            }
            let changed = try #require(try await directory.dialplanUser(user))
            #expect(changed.busy.destination == "1'0" && changed.busy.isEnabled)
            #expect(changed.noAnswer.destination == "1'1" && changed.unconditional.destination == "1'2")
            try await settings.setForward(.busy, to: ForwardSetting(isEnabled: false), of: user)
            let off = ForwardSetting(isEnabled: false, destination: "1'0")
            #expect(try await settings.forwards(of: user)[.busy] == off)
            try await settings.disableForwards(of: user)
            #expect(try await settings.forwards(of: user).values.allSatisfy { !$0.isEnabled })
            await #expect(throws: DatabaseFailure.self) { try await settings.disableForwards(of: 0) }
        }
    }

    @Test("Services, recording, box and filter members are switched", arguments: Role.allCases)
    func switches(role: Role) async throws {
        try await withUser(as: role) { tenant, directory, settings, user async throws in
            for service in [UserService.doNotDisturb, .callScreening] {
                try await settings.setService(service, isEnabled: true, of: user)
                #expect(try await settings.isEnabled(service, of: user))
            }
            let served = try await directory.dialplanUser(user)
            #expect(served?.isDoNotDisturbEnabled == true && served?.rights.screensCallers == true)

            let one = "UPDATE userfeatures SET call_record_outgoing_external_enabled = true WHERE id = $1::int"
            try await tenant.insert(one, user)
            #expect(try await settings.toggleRecording(of: user) == true)
            #expect(try await directory.dialplanUser(user)?.recording.isEverythingEnabled == true)
            #expect(try await settings.toggleRecording(of: user) == false)
            #expect(try await directory.dialplanUser(user)?.recording == DialplanUser.Recording())
            #expect(try await settings.toggleRecording(of: 0) == nil)

            #expect(try await settings.voicemailPassword(of: user) == nil)
            #expect(try await settings.toggleVoicemail(of: user) == nil)
            let box = try await tenant.addBox("8002")
            try await tenant.insert("UPDATE userfeatures SET voicemailid = $2::int WHERE id = $1::int", user, box)
            #expect(try await settings.voicemailPassword(of: user) == "42")
            #expect(try await settings.toggleVoicemail(of: user) == true)
            #expect(try await directory.dialplanUser(user)?.mailbox?.number == "8002")
            #expect(try await settings.toggleVoicemail(of: user) == false)

            let (other, _) = try await tenant.addUser(first: "B", last: "")
            let filter = try await tenant.insert(
                """
                INSERT INTO callfilter (tenant_uuid, name, type) VALUES ($1::varchar, $1::varchar, 'bosssecretary')
                RETURNING id
                """,
                tenant.id.rawValue
            )
            let member = try await tenant.insert(
                """
                INSERT INTO callfiltermember (callfilterid, type, typeval, bstype)
                VALUES ($1::int, 'user', $2, 'secretary') RETURNING id
                """,
                filter,
                "\(user)"
            )
            #expect(try await settings.toggleCallFilter(member: member, by: other) == nil)
            #expect(try await settings.toggleCallFilter(member: member, by: user) == true)
            #expect(try await settings.toggleCallFilter(member: member, by: user) == false)
            #expect(try await settings.toggleCallFilter(member: 0, by: user) == nil)
            try await tenant.insert("DELETE FROM callfiltermember WHERE callfilterid = $1::int", filter)
        }
    }
}
