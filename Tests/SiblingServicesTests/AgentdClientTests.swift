import Core
import ServiceClient
import SiblingServices
import TandemTesting
import Telephony
import Testing

@Suite("Agents through agentd", .timeLimit(.minutes(1)))
struct AgentdClientTests {
    private let tenant = TenantID("a0000000-0000-4000-8000-000000000002")
    private let desk = AgentPlace(exten: "101", context: "ctx-lumen-internal-01", endpoint: "PJSIP/k3f9q2")

    private struct Token: ServiceTokenProviding {
        let token: String?
        func serviceToken() async -> String? { token }
        func renewed(instead refused: String) async -> String? { nil }
    }

    private var twoAgents: FakeAgentd {
        FakeAgentd([
            .init(id: 3, number: "801", tenant: tenant), .init(id: 4, number: "802", tenant: tenant),
        ])
    }

    private func withAgentd(
        _ agentd: FakeAgentd,
        token: String? = FakeAgentd.token,
        timeout: Double = 5,
        _ body: (AgentdClient, FakeService) async throws -> Void
    ) async throws {
        try await FakeService.running({ agentd.answer($0) }) { service in
            let transport = ServiceTransport()
            let client = ServiceClient(
                name: "agentd",
                address: ServiceAddress(host: "127.0.0.1", port: service.port, version: "1.0", timeout: timeout),
                transport: transport,
                tokens: Token(token: token),
                logger: silent
            )
            do {
                try await body(AgentdClient(client: client), service)
            } catch {
                await transport.shutdown()
                throw error
            }
            await transport.shutdown()
        }
    }

    @Test("login, status and logoff are the contract's requests, once each, with tenant and token")
    func requests() async throws {
        let agentd = twoAgents
        try await withAgentd(agentd) { client, service async throws in
            let before = try await client.isLoggedIn(3, tenant: tenant)
            try await client.logIn(3, tenant: tenant, at: desk)
            let after = try await client.isLoggedIn(3, tenant: tenant)
            #expect(!before && after)
            #expect(agentd[3]?.stateInterface == "PJSIP/k3f9q2")
            try await client.logOff(3, tenant: tenant)
            #expect(agentd[3]?.exten == nil)
            let asked = service.requests
            #expect(
                asked.map { "\($0.method) \($0.path)" } == [
                    "GET /1.0/agents/by-id/3", "POST /1.0/agents/by-id/3/login", "GET /1.0/agents/by-id/3",
                    "POST /1.0/agents/by-id/3/logoff",
                ]
            )
            #expect(asked.allSatisfy { $0.headers["wazo-tenant"] == tenant.rawValue })
            let golden = try GoldenBodies.body("agentd.login")
            #expect(asked[1].json == golden)
            #expect(asked[3].body.isEmpty)
        }
    }

    @Test("an endpoint that is empty or missing is left out of the login", arguments: [nil, ""])
    func noEndpoint(endpoint: String?) async throws {
        let agentd = twoAgents
        try await withAgentd(agentd) { client, service async throws in
            try await client.logIn(3, tenant: tenant, at: AgentPlace(exten: "1\"é", context: "c", endpoint: endpoint))
            #expect(service.requests.first?.json == ["extension": "1\"é", "context": "c"])
        }
    }

    @Test("what agentd refuses is told apart by its texts")
    func refusals() async throws {
        try await withAgentd(twoAgents) { client, _ async throws in
            try await client.logIn(3, tenant: tenant, at: desk)
            await #expect(throws: AgentSessionFailure.alreadyLoggedIn) {
                try await client.logIn(3, tenant: tenant, at: AgentPlace(exten: "9", context: "c"))
            }
            await #expect(throws: AgentSessionFailure.placeTaken) {
                try await client.logIn(4, tenant: tenant, at: desk)
            }
            await #expect(throws: AgentSessionFailure.notLoggedIn) { try await client.logOff(4, tenant: tenant) }
            let unknown = AgentSessionFailure.other("agentd: status 404: no such agent")
            await #expect(throws: unknown) { try await client.isLoggedIn(5, tenant: tenant) }
            await #expect(throws: unknown) { try await client.isLoggedIn(3, tenant: TenantID("t")) }
        }
    }

    @Test("a service that is away, slow or mad, and a refused token, are a typed failure without a secret")
    func faults() async throws {
        try await withAgentd(twoAgents, timeout: 0.5) { client, service async throws in
            // Not more than the circuit breaker takes: each fault shall reach the service.
            for fault in [FakeService.Fault.hangs, .garbage, .internalError, .closes] {
                service.fail(fault)
                await #expect(throws: AgentSessionFailure.self) { try await client.isLoggedIn(3, tenant: tenant) }
            }
        }
        try await withAgentd(twoAgents, token: "secret") { client, _ async throws in
            await #expect(throws: AgentSessionFailure.other("agentd: status 401")) {
                try await client.logOff(3, tenant: tenant)
            }
        }
        try await withAgentd(twoAgents, token: nil) { client, service async throws in
            await #expect(throws: AgentSessionFailure.other("agentd: no service token yet")) {
                try await client.logOff(3, tenant: tenant)
            }
            #expect(service.requests.isEmpty)
        }
    }

    @Test("the fake's bodies are built as the golden ones")
    func golden() async throws {
        let agentd = twoAgents
        try await withAgentd(agentd) { client, service async throws in
            try await client.logIn(3, tenant: tenant, at: desk)
            _ = try await client.isLoggedIn(3, tenant: tenant)
            let request = try #require(service.requests.last)
            let status = try #require(agentd.answer(request).body)
            #expect(GoldenBodies.differences(of: status, from: try GoldenBodies.body("agentd.status")) == [])
            #expect(status == (try GoldenBodies.body("agentd.status")))
            let login = try #require(service.requests.first)
            #expect(agentd.answer(login).body == (try GoldenBodies.body("agentd.error")))
        }
    }
}
