import Core
import Directory
import Postgres
import PostgresDirectory
import TandemLab
import Testing

@Suite("Agents", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct AgentRowsTests {
    /// Gives `body` a tenant, the directory and the logins as `role`.
    private func withLogins(
        as role: Role,
        _ body: (OwnTenant, PostgresDirectory, PostgresAgentLogins) async throws -> Void
    ) async throws {
        try await withQueueTenant(as: role) { tenant, directory async throws in
            let pool = try Lab.pool(as: role, isReadOnly: false)
            do {
                try await body(tenant, directory, PostgresAgentLogins(pool: pool))
            } catch {
                await pool.close()
                throw error
            }
            await pool.close()
        }
    }

    @Test("An agent is found by number and id in his tenant", arguments: Role.allCases)
    func agent(role: Role) async throws {
        try await withQueueTenant(as: role) { tenant, directory async throws in
            let id = try await tenant.addAgent("8'01")
            var expected = AgentRecord(id: id, number: "8'01", password: "1234", language: nil)
            #expect(try await directory.agent(number: "8'01", tenant: tenant.id) == expected)
            try await tenant.insert(
                "UPDATE agentfeatures SET language = 'fr_FR', passwd = NULL WHERE id = $1::int",
                id
            )
            expected.language = "fr_FR"
            expected.password = nil
            #expect(try await directory.agent(id, tenant: tenant.id) == expected)
            #expect(try await directory.agent(id, tenant: TenantID("x")) == nil)
            #expect(try await directory.agent(number: "8'01", tenant: TenantID("x")) == nil)
            #expect(try await directory.agent(number: "802", tenant: tenant.id) == nil)

            #expect(try await directory.dialplanUser(agent: id) == nil)
            let (user, uuid) = try await tenant.addUser(first: "A", last: "")
            try await tenant.insert("UPDATE userfeatures SET agentid = $2::int WHERE id = $1::int", user, id)
            #expect(try await directory.dialplanUser(agent: id)?.uuid == uuid)
            try await tenant.insert("UPDATE userfeatures SET commented = 1 WHERE id = $1::int", user)
            #expect(try await directory.dialplanUser(agent: id) == nil)
        }
    }

    @Test("A login is stored with the agent's queues, is found, and goes with them", arguments: Role.allCases)
    func login(role: Role) async throws {
        try await withLogins(as: role) { tenant, directory, logins async throws in
            let agent = try await tenant.addAgent("801")
            let names = ["b", "a", "off", "member-off"].map { "\($0)-\(tenant.mark)" }
            for name in names { _ = try await tenant.addCallQueue(name) }
            for (index, name) in names.enumerated() {
                try await tenant.addMember(
                    of: name,
                    "Agent/801",
                    category: "queue",
                    type: "agent",
                    user: agent,
                    penalty: index,
                    commented: index == 3 ? 1 : 0
                )
            }
            try await tenant.insert("UPDATE queue SET commented = 1 WHERE name = $1", names[2])
            // Left by a session that was broken off: one that stays his, with another penalty, and one that does not.
            try await tenant.insert(
                """
                INSERT INTO agent_membership_status (agent_id, queue_id, queue_name, penalty)
                SELECT $1::int, id, name, 9 FROM queuefeatures WHERE name IN ($2, $3)
                """,
                agent,
                names[0],
                names[2]
            )
            let expected = AgentLogin(
                agent: agent,
                tenant: tenant.id,
                number: "801",
                interface: "Local/id-\(agent)@agentcallback",
                stateInterface: "PJSIP/x",
                queues: [.init(name: names[1], penalty: 1), .init(name: names[0], penalty: 0)]
            )
            #expect(try await logins.login(of: agent, tenant: tenant.id) == nil)
            #expect(try await logins.isLoggedIn(agent, tenant: tenant.id) == false)
            #expect(try await directory.calledAgent(agent) == nil)
            let stored = try await logins.storeLogin(
                of: agent,
                tenant: tenant.id,
                exten: "101",
                context: tenant.context,
                stateInterface: "PJSIP/x"
            )
            #expect(stored == expected)
            #expect(try await logins.login(of: agent, tenant: tenant.id) == expected)
            #expect(try await logins.login(of: agent, tenant: TenantID("x")) == nil)
            let second = try await tenant.addAgent("802")
            let bare = try await logins.storeLogin(
                of: second,
                tenant: tenant.id,
                exten: "102",
                context: tenant.context,
                stateInterface: "PJSIP/y"
            )
            #expect(bare?.queues == [])
            #expect(try await logins.logins().filter { $0.tenant == tenant.id } == [expected, bare])
            #expect(try await logins.isLoggedIn(agent, tenant: tenant.id) == true)
            #expect(try await logins.isLoggedIn(agent, tenant: TenantID("x")) == nil)
            let called = CalledAgent(interface: "PJSIP/x", preprocessSubroutine: nil)
            #expect(try await directory.calledAgent(agent) == called)
            try await logins.removeLogin(of: agent)
            try await logins.removeLogin(of: agent)
            #expect(try await logins.login(of: agent, tenant: tenant.id) == nil)
            let left = "SELECT count(*) FROM agent_membership_status WHERE agent_id = $1::int"
            #expect(try await tenant.insert(left, agent) == 0)
        }
    }

    @Test("Nobody logs in twice, and no two at one number", arguments: Role.allCases)
    func conflicts(role: Role) async throws {
        try await withLogins(as: role) { tenant, _, logins async throws in
            let first = try await tenant.addAgent("801")
            let second = try await tenant.addAgent("802")
            func store(_ agent: Int, _ exten: String, _ tenantID: TenantID) async throws -> AgentLogin? {
                try await logins.storeLogin(
                    of: agent,
                    tenant: tenantID,
                    exten: exten,
                    context: tenant.context,
                    stateInterface: "PJSIP/x"
                )
            }
            #expect(try await store(first, "101", TenantID("x")) == nil)
            #expect(try await store(first, "101", tenant.id)?.queues == [])
            #expect(try await store(first, "102", tenant.id) == nil)
            #expect(try await store(second, "101", tenant.id) == nil)
            #expect(try await store(second, "102", tenant.id) != nil)
        }
    }

    @Test("What decides about a login: the agent, the number, its context and its phone", arguments: Role.allCases)
    func situation(role: Role) async throws {
        try await withLogins(as: role) { tenant, _, logins async throws in
            let agent = try await tenant.addAgent("801")
            let other = try await tenant.addAgent("802")
            func look(_ exten: String = "101", context: String? = nil) async throws -> AgentLoginSituation? {
                try await logins.loginSituation(
                    of: agent,
                    tenant: tenant.id,
                    exten: exten,
                    context: context ?? tenant.context
                )
            }
            var expected = AgentLoginSituation(
                isLoggedIn: false,
                isPlaceTaken: false,
                isPlaceInTenant: true,
                phone: nil
            )
            #expect(try await look() == expected)
            let elsewhere = try await look(context: "x'")
            #expect(elsewhere?.isPlaceInTenant == false)
            let unknown = try await logins.loginSituation(
                of: agent,
                tenant: TenantID("x"),
                exten: "101",
                context: tenant.context
            )
            #expect(unknown == nil)

            let (user, _) = try await tenant.addUser(first: "A", last: "")
            let second = try await tenant.addLine(user: user, isMain: false, name: "second-\(tenant.mark)")
            let main = try await tenant.addLine(user: user, isMain: true, name: "main-\(tenant.mark)")
            _ = try await tenant.addUserExtension("101", lines: [(second, false), (main, true)])
            #expect(try await look() == expected)
            try await tenant.insert(
                """
                WITH e AS (INSERT INTO endpoint_sip (tenant_uuid, name) VALUES ($1, $2) RETURNING uuid)
                UPDATE linefeatures SET endpoint_sip_uuid = (SELECT uuid FROM e) WHERE id = $3::int
                """,
                tenant.id.rawValue,
                "sip-\(tenant.mark)",
                main
            )
            expected.phone = "PJSIP/sip-\(tenant.mark)"
            #expect(try await look() == expected)
            for (who, exten) in [(other, "101"), (agent, "102")] {
                _ = try await logins.storeLogin(
                    of: who,
                    tenant: tenant.id,
                    exten: exten,
                    context: tenant.context,
                    stateInterface: "PJSIP/x"
                )
            }
            expected.isLoggedIn = true
            expected.isPlaceTaken = true
            #expect(try await look() == expected)
        }
    }
}
