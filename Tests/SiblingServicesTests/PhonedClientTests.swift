import Core
import Foundation
import ServiceClient
import SiblingServices
import TandemLab
import Telephony
import Testing

@testable import TandemTesting

@Suite("Phones through phoned", .timeLimit(.minutes(1)))
struct PhonedClientTests {
    private let phone = PhoneEndpoint(rawValue: "k3f9q2")

    private struct Token: ServiceTokenProviding {
        let token: String?
        func serviceToken() async -> String? { token }
        func renewed(instead refused: String) async -> String? { nil }
    }

    private func withPhoned(
        timeout: Double = 5,
        token: String? = FakePhoned.token,
        _ handler: @escaping FakeService.Handler,
        _ body: (PhonedClient, FakeService) async throws -> Void
    ) async throws {
        try await FakeService.running(handler) { service in
            let transport = ServiceTransport()
            let address = ServiceAddress(host: "127.0.0.1", port: service.port, version: "0.1", timeout: timeout)
            let client = ServiceClient(
                name: "phoned",
                address: address,
                transport: transport,
                tokens: Token(token: token),
                logger: silent
            )
            do {
                try await body(PhonedClient(client: client), service)
            } catch {
                await transport.shutdown()
                throw error
            }
            await transport.shutdown()
        }
    }

    private func failure(_ body: () async throws -> Void) async -> PhoneFailure? {
        do {
            try await body()
            return nil
        } catch {
            return error as? PhoneFailure
        }
    }

    @Test("each command is a PUT without a body, with the service token, to the encoded endpoint")
    func commands() async throws {
        let phoned = FakePhoned()
        let odd = PhoneEndpoint(rawValue: "a/b@c#d+|*")
        phoned.add(odd.rawValue, .able)
        try await withPhoned({ phoned.answer($0) }) { client, service async throws in
            try await client.startHold(endpoint: phone)
            try await client.stopHold(endpoint: phone)
            try await client.answer(endpoint: odd)
            #expect(
                phoned.executed == [
                    .init("k3f9q2", .startHold), .init("k3f9q2", .stopHold), .init("a/b@c#d+|*", .answer),
                ]
            )
            #expect(service.requests.allSatisfy { $0.method == "PUT" && $0.body.isEmpty })
            #expect(service.requests.map(\.path).first == "/0.1/endpoints/k3f9q2/hold/start")
        }
    }

    @Test(
        "what phoned refuses is 503 phoned-error with its message",
        arguments: [
            ("31702", 400, "status 400: Nowhere to route endpoint: \"31702\""),
            ("nobody", 404, "status 404: No such endpoint: \"nobody\""),
            ("orphan", 404, "status 404: No such device: \"d1\""),
        ]
    )
    func refused(endpoint: String, status: Int, text: String) async throws {
        let phoned = FakePhoned()
        phoned.add("orphan", .withoutDevice("d1"))
        try await withPhoned({ phoned.answer($0) }) { client, service async throws in
            let found = await failure { try await client.startHold(endpoint: PhoneEndpoint(rawValue: endpoint)) }
            #expect(found?.status == status)
            let config: JSONValue = [
                "host": "127.0.0.1", "port": .integer(Int64(service.port)), "prefix": nil, "https": false,
            ]
            #expect(
                found?.failure
                    == Failure(
                        status: 503,
                        errorID: "phoned-error",
                        message: "Phoned internal error",
                        details: ["phoned_config": config, "original_error": .string(text)]
                    )
            )
        }
    }

    @Test("a prefix is told as it is configured")
    func prefix() {
        let failure = PhoneFailure(host: "h", port: 1, prefix: "phones", isSecure: true, originalError: "x")
        let config: JSONValue = ["host": "h", "port": 1, "prefix": "phones", "https": true]
        #expect(failure.failure.details["phoned_config"] == config)
    }

    @Test(
        "each fault is the typed failure within the limit, and is over with its cause",
        arguments: FakeService.Fault.allCases
    )
    func faults(fault: FakeService.Fault) async throws {
        let phoned = FakePhoned()
        try await withPhoned(timeout: 0.5, { phoned.answer($0) }) { client, service async throws in
            service.fail(fault)
            for command in [client.startHold, client.stopHold, client.answer] {
                let start = ContinuousClock.now
                let found = await failure { try await command(phone) }
                #expect(ContinuousClock.now - start < .seconds(15))
                if fault == .garbage {
                    // Only the status is read: 200 is success.
                    #expect(found == nil)
                } else {
                    #expect(found?.failure.errorID == "phoned-error")
                    #expect(found?.status == (fault == .internalError ? 500 : nil))
                    #expect(found?.originalError.isEmpty == false)
                }
            }
            service.fail(nil)
            try await client.answer(endpoint: phone)
            #expect(phoned.executed == [.init("k3f9q2", .answer)])
        }
    }

    @Test("a refused connection is the typed failure at once, and over when phoned is back")
    func unreachable() async throws {
        let phoned = FakePhoned()
        try await withPhoned(timeout: 60, { phoned.answer($0) }) { client, service async throws in
            await service.stop()
            let start = ContinuousClock.now
            for _ in 0..<6 {
                let found = await failure { try await client.answer(endpoint: phone) }
                #expect(found?.failure.status == 503)
            }
            #expect(ContinuousClock.now - start < .seconds(30), "refused, not waited for")
            let again = try await FakeService.start(port: service.port) { phoned.answer($0) }
            try await eventually("phoned is back") { try await client.answer(endpoint: phone) }
            await again.stop()
        }
    }

    @Test("a refused token is not repeated to anybody; no token yet asks nobody")
    func token() async throws {
        let phoned = FakePhoned()
        try await withPhoned(token: "stale-secret", { phoned.answer($0) }) { client, _ async throws in
            let found = await failure { try await client.answer(endpoint: phone) }
            #expect(found?.status == 401)
            #expect(found?.originalError == "status 401")
            #expect(found.map { "\($0) \($0.failure)".contains("stale-secret") } == false)
        }
        try await withPhoned(token: nil, { phoned.answer($0) }) { client, service async throws in
            let found = await failure { try await client.answer(endpoint: phone) }
            #expect(found?.originalError == "no service token yet")
            #expect(service.requests.isEmpty)
        }
    }

    @Test("a caller that gives up is let go at once")
    func cancellation() async throws {
        try await withPhoned(timeout: 30, { _ in .init(204) }) { client, service async throws in
            service.fail(.hangs)
            let command = Task { try await client.startHold(endpoint: phone) }
            _ = try await eventually("phoned is asked") { service.requests.isEmpty ? nil : true }
            command.cancel()
            await #expect(throws: CancellationError.self) { try await command.value }
        }
    }
}

@Suite("The fake phoned against the golden bodies")
struct FakePhonedTests {
    private func ask(_ phoned: FakePhoned, _ endpoint: String, token: String = FakePhoned.token) -> FakeService.Answer {
        phoned.answer(
            FakeService.Request(
                method: "PUT",
                path: "/0.1/endpoints/\(endpoint)/hold/start",
                query: [:],
                headers: ["x-auth-token": token],
                body: Data()
            )
        )
    }

    @Test("its errors are built as the golden one, and success has no body")
    func bodies() throws {
        let golden = try GoldenBodies.body("phoned.error")
        let phoned = FakePhoned()
        phoned.add("k3f9q2", .unable)
        let refused = ask(phoned, "k3f9q2")
        #expect(refused.status == 400)
        #expect(GoldenBodies.differences(of: try #require(refused.body), from: golden) == [])
        #expect(refused.body?["message"] == golden["message"])
        #expect(refused.body?["error_id"] == golden["error_id"])
        #expect(refused.body?["details"] == golden["details"])
        let unknown = ask(phoned, "nobody")
        #expect(unknown.status == 404)
        #expect(GoldenBodies.differences(of: try #require(unknown.body), from: golden) == [])
        phoned.add("k3f9q2", .able)
        let done = ask(phoned, "k3f9q2")
        #expect(done.status == 204)
        #expect(done.body == nil)
        #expect(ask(phoned, "k3f9q2", token: "").status == 401)
    }
}
