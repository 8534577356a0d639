import Core
import ServiceClient
import SiblingServices
import Testing

@testable import TandemTesting

@Suite("Names that dird knows", .timeLimit(.minutes(1)))
struct DirdClientTests {
    private let user = UserID("b0000000-0000-4000-8000-000000000010")
    private let tenant = TenantID("a0000000-0000-4000-8000-000000000002")

    private func withDird(
        timeout: Double = 5,
        token: String? = FakeDird.token,
        _ handler: @escaping FakeService.Handler,
        _ body: (DirdClient, FakeService) async throws -> Void
    ) async throws {
        try await withSibling("dird", token: token, timeout: timeout, handler) { client, service async throws in
            try await body(DirdClient(client: client), service)
        }
    }

    @Test("the first form that has a name tells it; the question is the golden one")
    func name() async throws {
        let golden = try GoldenBodies.body("dird.request")
        let forms = golden["variables"]?["extens"]?.array?.compactMap(\.string) ?? []
        let dird = FakeDird([forms[2]: "Flour Mill SA", forms[3]: "Later"])
        try await withDird({ dird.answer($0) }) { client, service async throws in
            let found = try await client.name(of: forms, for: user, tenant: tenant)
            #expect(found == "Flour Mill SA")
            let request = try #require(service.requests.first)
            #expect(request.json == golden)
            #expect(request.headers["wazo-tenant"] == tenant.rawValue)
            #expect(service.requests.count == 1)

            let nobody = try await client.name(of: ["1"], for: nil, tenant: tenant)
            #expect(nobody == nil)
            let uuid = service.requests.last?.json?["variables"]?["uuid"]?.string
            #expect(uuid == "00000000-0000-0000-0000-000000000000")
        }
    }

    @Test("the golden reply is read")
    func goldenReply() async throws {
        let reply = try GoldenBodies.body("dird.reply")
        try await withDird({ _ in .init(200, reply) }) { client, _ async throws in
            let found = try await client.name(of: ["1", "2", "3", "4"], for: user, tenant: tenant)
            #expect(found == "Flour Mill SA")
        }
    }

    @Test("errors in the answer, refusals and nonsense are failures that quote nothing")
    func refused() async throws {
        let errors = try GoldenBodies.body("dird.errors")
        let bodies: [(Int, JSONValue?)] = [
            (200, errors), (400, errors), (500, nil), (200, nil), (200, ["data": ["user": .null]]), (200, [1]),
        ]
        for (status, body) in bodies {
            try await withDird({ _ in .init(status, body) }) { client, _ async throws in
                do {
                    _ = try await client.name(of: ["1"], for: user, tenant: tenant)
                    Issue.record("no failure")
                } catch let failure as SiblingFailure {
                    #expect(failure.service == "dird" && !failure.text.contains("f0000000"))
                }
            }
        }
    }

    @Test("a token that is refused, or none, is a failure", arguments: ["wrong", nil])
    func token(token: String?) async throws {
        let dird = FakeDird(["1": "One"])
        try await withDird(token: token, { dird.answer($0) }) { client, _ async throws in
            await #expect(throws: SiblingFailure.self) {
                _ = try await client.name(of: ["1"], for: user, tenant: tenant)
            }
        }
    }

    @Test("faults of the connection are failures in time", arguments: FakeService.Fault.allCases)
    func faults(fault: FakeService.Fault) async throws {
        let dird = FakeDird(["1": "One"])
        try await withDird(timeout: 0.3, { dird.answer($0) }) { client, service async throws in
            service.fail(fault)
            let start = ContinuousClock.now
            await #expect(throws: SiblingFailure.self) {
                _ = try await client.name(of: ["1"], for: user, tenant: tenant)
            }
            #expect(ContinuousClock.now - start < .seconds(2))
        }
    }
}
