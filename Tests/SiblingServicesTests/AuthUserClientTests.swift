import Core
import Foundation
import ServiceClient
import SiblingServices
import Testing

@testable import TandemTesting

@Suite("Mobile applications that auth knows", .timeLimit(.minutes(1)))
struct AuthUserClientTests {
    private static let token = "f0000000-0000-4000-8000-000000000001"
    private let user = UserID("b0000000-0000-4000-8000-000000000010")

    private func fake(_ prepare: (FakeAuth) throws -> Void) throws -> FakeAuth {
        let auth = try FakeAuth()
        auth.add(FakeAuth.Token(document: ["token": .string(Self.token)]) { $0.hasPrefix("auth.users.") })
        try prepare(auth)
        return auth
    }

    private func withAuth(
        limit: Duration = .seconds(2),
        _ handler: @escaping FakeService.Handler,
        _ body: (AuthUserClient, FakeService) async throws -> Void
    ) async throws {
        try await withSibling("auth", token: Self.token, handler) { client, service async throws in
            try await body(AuthUserClient(client: client, limit: limit), service)
        }
    }

    private func asked(_ service: FakeService) -> [String] {
        service.requests.map { "\($0.method) \($0.path) \($0.query["mobile"] ?? "-")" }
    }

    @Test(
        "a mobile refresh token tells, else a mobile session",
        arguments: [
            (true, nil, true), (false, true, true), (nil, true, true), (false, false, false), (nil, nil, false),
        ] as [(Bool?, Bool?, Bool)]
    )
    func mobile(token: Bool?, session: Bool?, isMobile: Bool) async throws {
        let auth = try fake { $0.add(user, token: token, session: session) }
        try await withAuth({ auth.answer($0) }) { client, service async throws in
            let found = try await client.hasMobile(user)
            #expect(found == isMobile)
            let path = "/0.1/users/\(user)/"
            let questions = ["GET \(path)tokens True", "GET \(path)sessions -"]
            #expect(asked(service) == (token == true ? Array(questions.prefix(1)) : questions))
            #expect(service.requests.allSatisfy { $0.headers["wazo-tenant"] == nil })
        }
    }

    @Test("the golden bodies are what the fake answers")
    func golden() async throws {
        let auth = try fake { try $0.addGoldenApplications(of: user) }
        for (name, kind, query) in [
            ("auth.user.tokens.mobile", "tokens", ["mobile": "True"]), ("auth.user.sessions", "sessions", [:]),
        ] {
            let answer = auth.answer(
                FakeService.Request(
                    method: "GET",
                    path: "/0.1/users/\(user)/\(kind)",
                    query: query,
                    headers: ["x-auth-token": Self.token],
                    body: .init()
                )
            )
            let body = try #require(answer.body)
            #expect(GoldenBodies.differences(of: body, from: try GoldenBodies.body(name)) == [])
        }
    }

    @Test("unknown users, refusals and nonsense are failures that quote nothing", arguments: [404, 401, 500, 200])
    func refused(status: Int) async throws {
        try await withAuth({ _ in .init(status, status == 200 ? nil : ["reason": ["secret"]]) }) {
            client,
            _ async throws in
            do {
                _ = try await client.hasMobile(user)
                Issue.record("no failure")
            } catch let failure as SiblingFailure {
                #expect(failure.service == "auth" && !failure.text.contains("secret"))
                #expect(failure.status == (status == 200 ? nil : status))
            }
        }
    }

    @Test("nobody is asked about what is no user", arguments: ["", "..", "u/../x"])
    func noUser(id: String) async throws {
        try await withAuth({ _ in .init(200) }) { client, service async throws in
            await #expect(throws: SiblingFailure.self) { _ = try await client.hasMobile(UserID(id)) }
            #expect(service.requests.isEmpty)
        }
    }

    @Test("both questions together end within the limit", arguments: FakeService.Fault.allCases)
    func faults(fault: FakeService.Fault) async throws {
        let auth = try fake { $0.add(user, token: nil, session: nil) }
        try await withAuth(limit: .milliseconds(300), { auth.answer($0) }) { client, service async throws in
            service.fail(fault)
            let start = ContinuousClock.now
            await #expect(throws: SiblingFailure.self) { _ = try await client.hasMobile(user) }
            #expect(ContinuousClock.now - start < .seconds(2))
        }
    }
}

/// Gives `body` a client of a service that answers with `handler`, and the service.
func withSibling(
    _ name: String,
    token: String?,
    timeout: Double = 5,
    _ handler: @escaping FakeService.Handler,
    _ body: (ServiceClient, FakeService) async throws -> Void
) async throws {
    try await FakeService.running(handler) { service in
        let transport = ServiceTransport()
        let client = ServiceClient(
            name: name,
            address: ServiceAddress(host: "127.0.0.1", port: service.port, version: "0.1", timeout: timeout),
            transport: transport,
            tokens: OneToken(token: token),
            logger: silent
        )
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(client, service)) } catch { outcome = .failure(error) }
        await transport.shutdown()
        try outcome.get()
    }
}

private struct OneToken: ServiceTokenProviding {
    let token: String?
    func serviceToken() async -> String? { token }
    func renewed(instead refused: String) async -> String? { nil }
}
