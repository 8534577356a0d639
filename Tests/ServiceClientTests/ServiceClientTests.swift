import Core
import Foundation
import Logging
import Synchronization
import TandemTesting
import Testing

@testable import ServiceClient

@Suite("Asking a sibling service")
struct ServiceClientTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Gives tokens of a list, one after the other.
    private final class Tokens: ServiceTokenProviding {
        private let left: Mutex<[String]>
        private let knownTokens: Set<String>?
        init(_ tokens: [String], known: Set<String>? = nil) {
            left = Mutex(tokens)
            knownTokens = known
        }
        func serviceToken() async -> String? { left.withLock { $0.first } }
        func isValid(_ token: String) async -> Bool? { knownTokens?.contains(token) }
        func renewed(instead refused: String) async -> String? {
            left.withLock { tokens in
                if tokens.first == refused { tokens.removeFirst() }
                return tokens.first
            }
        }
    }

    private func withClient<Value: Sendable>(
        of service: FakeService,
        tokens: [String]? = ["secret"],
        known: Set<String>? = nil,
        timeout: Double = 2,
        _ body: (ServiceClient) async throws -> Value
    ) async throws -> Value {
        let transport = ServiceTransport()
        let client = ServiceClient(
            name: "confd",
            address: ServiceAddress(host: "127.0.0.1", port: service.port, version: "1.1", timeout: timeout),
            transport: transport,
            tokens: tokens.map { Tokens($0, known: known) },
            logger: logger
        )
        do {
            let value = try await body(client)
            await transport.shutdown()
            return value
        } catch {
            await transport.shutdown()
            throw error
        }
    }

    @Test("token, tenant, percent-encoded path and query arrive, and the answer comes back with its status")
    func request() async throws {
        try await FakeService.running({ _ in .init(404, ["no such thing"]) }) { service in
            try await withClient(of: service) { client in
                var request = ServiceRequest(.get, ["users", "a/b@c#d"])
                request.query = [("number_exact", "+3312"), ("recurse", "True")]
                request.tenant = TenantID("T")
                let answer = try await client.send(request)
                #expect(answer.status == 404)
                let body = try answer.json()
                #expect(body == ["no such thing"])
            }
            let seen = try #require(service.requests.first)
            #expect(seen.path == "/1.1/users/a/b@c#d")
            #expect(seen.query == ["number_exact": "+3312", "recurse": "True"])
            #expect(seen.headers["x-auth-token"] == "secret")
            #expect(seen.headers["wazo-tenant"] == "T")
            #expect(seen.headers["accept"] == "application/json")
        }
    }

    @Test("a JSON body is sent with its content type")
    func body() async throws {
        try await FakeService.running({ _ in .init(204) }) { service in
            try await withClient(of: service) { client in
                var request = ServiceRequest(.put, ["users", "1", "forwards"])
                request.body = ["enabled": true]
                let answer = try await client.send(request)
                #expect(answer.status == 204)
            }
            let seen = try #require(service.requests.first)
            #expect(seen.json == ["enabled": true])
            #expect(seen.headers["content-type"] == "application/json")
        }
    }

    @Test("a request that is refused for its token is repeated once with a new one, and only once")
    func renewal() async throws {
        try await FakeService.running({ request in
            request.headers["x-auth-token"] == "new" ? .init(200, ["ok"]) : .init(401, ["refused"])
        }) { service in
            try await withClient(of: service, tokens: ["old", "new"]) { client in
                let answer = try await client.send(ServiceRequest(.get, ["x"]))
                #expect(answer.status == 200)
            }
            #expect(service.requests.count == 2)
            try await withClient(of: service, tokens: ["old", "older", "new"]) { client in
                let answer = try await client.send(ServiceRequest(.post, ["x"]))
                #expect(answer.status == 401)
            }
            #expect(service.requests.count == 4)
        }
    }

    /// Answers 401 as wazo-amid does.
    private static func refusal(_ reason: String, _ access: String) -> FakeService.Answer {
        .init(401, ["details": ["reason": .string(reason), "required_access": .string(access)]])
    }

    @Test("a permission that the token lacks costs no new token; it is remembered, named, and not asked again")
    func missingPermission() async throws {
        try await FakeService.running({ request in
            request.path.hasSuffix("/ok")
                ? .init(200, [:])
                : Self.refusal("missing_permission_or_invalid_tenant", "auth.users.\(request.path).sessions.read")
        }) { service in
            try await withClient(of: service, tokens: ["old", "new"]) { client in
                for user in ["6b0e0c4a-9f0a-4d55-8d5e-3a0f6a5b1c2d", "7b0e0c4a-9f0a-4d55-8d5e-3a0f6a5b1c2d"] {
                    let answer = try await client.send(ServiceRequest(.get, ["users", user, "sessions"]))
                    #expect(answer.status == 401)
                }
                #expect(service.requests.count == 1, "another id needs the same access")
                #expect(client.missingAccess.count == 1)
                let other = try await client.send(ServiceRequest(.get, ["ok"]))
                #expect(other.status == 200)
                #expect(service.requests.last?.headers["x-auth-token"] == "old", "the token is still the first")
                var elsewhere = ServiceRequest(.get, ["users", "1", "sessions"])
                elsewhere.tenant = TenantID("T")
                _ = try await client.send(elsewhere)
                #expect(service.requests.count == 3, "another tenant may be another answer")
            }
        }
    }

    @Test("where a refusal tells no reason, wazo-auth is asked whether the token counts", arguments: [true, false])
    func noReason(isKnown: Bool) async throws {
        try await FakeService.running({ request in
            request.headers["x-auth-token"] == "new" ? .init(200, ["ok"]) : .init(401, ["Unauthorized"])
        }) { service in
            try await withClient(of: service, tokens: ["old", "new"], known: isKnown ? ["old"] : []) { client in
                let answer = try await client.send(ServiceRequest(.get, ["x"]))
                #expect(answer.status == (isKnown ? 401 : 200))
                #expect(client.missingAccess == (isKnown ? ["GET /x"] : []))
            }
        }
    }

    @Test("without a service token nothing is sent")
    func noToken() async throws {
        try await FakeService.running({ _ in .init(200, [:]) }) { service in
            await #expect(throws: ServiceFailure.noToken) {
                try await withClient(of: service, tokens: []) { _ = try await $0.send(ServiceRequest(.get, ["x"])) }
            }
            #expect(service.requests.isEmpty)
        }
    }

    @Test(
        "every fault ends within the time limit as a failure, and the next request succeeds",
        arguments: FakeService.Fault.allCases
    )
    func faults(fault: FakeService.Fault) async throws {
        try await FakeService.running({ _ in .init(200, ["fine": true]) }) { service in
            try await withClient(of: service, timeout: 0.5) { client in
                service.fail(fault)
                switch fault {
                case .internalError:
                    let status = try await client.send(ServiceRequest(.get, ["x"])).status
                    #expect(status == 500)
                case .garbage:
                    let answer = try await client.send(ServiceRequest(.get, ["x"]))
                    #expect(throws: ServiceFailure.self) { try answer.json() }
                case .hangs:
                    await #expect(throws: ServiceFailure.timedOut) {
                        try await client.send(ServiceRequest(.get, ["x"]))
                    }
                default:
                    await #expect(throws: ServiceFailure.self) { try await client.send(ServiceRequest(.get, ["x"])) }
                }
                service.fail(nil)
                let answer = try await client.send(ServiceRequest(.get, ["x"]))
                #expect(answer.status == 200)
            }
        }
    }

    @Test("a service that is not there: refused, and after five times nothing is sent for a while")
    func refused() async throws {
        let service = try await FakeService.start { _ in .init(200, [:]) }
        await service.stop()
        try await withClient(of: service) { client in
            for _ in 0..<5 {
                await #expect(throws: ServiceFailure.self) { try await client.send(ServiceRequest(.get, ["x"])) }
            }
            await #expect(throws: ServiceFailure.unreachable("confd did not answer 5 times in a row")) {
                try await client.send(ServiceRequest(.get, ["x"]))
            }
        }
    }

    @Test("whether it answers is known from the last request, and asked again while it did not")
    func answers() async throws {
        try await FakeService.running({ _ in .init(401, [:]) }) { service in
            try await withClient(of: service, timeout: 0.3) { client in
                let untried = await client.answers()
                #expect(untried && service.requests.count == 1, "nobody asked lately, so it is asked")
                service.fail(.hangs)
                await #expect(throws: ServiceFailure.timedOut) { try await client.send(ServiceRequest(.get, ["x"])) }
                let hanging = await client.answers(within: .milliseconds(100))
                #expect(!hanging)
                service.fail(nil)
                let recovered = await client.answers()
                #expect(recovered, "a refusal is an answer")
                let count = service.requests.count
                _ = await client.answers()
                #expect(service.requests.count == count, "not asked again while it answers")
            }
        }
    }

    @Test("a caller that gives up is let go at once")
    func cancelled() async throws {
        try await FakeService.running({ _ in .init(200, [:]) }) { service in
            service.fail(.hangs)
            try await withClient(of: service, timeout: 60) { client in
                let task = Task { try await client.send(ServiceRequest(.get, ["x"])) }
                while service.requests.isEmpty { await Task.yield() }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
    }

    @Test("base URL: prefix with and without slash, scheme")
    func baseURL() {
        var address = ServiceAddress(host: "h", port: 1, version: "0.1")
        #expect(address.baseURL == "http://h:1/0.1")
        address.prefix = "api/auth/"
        address.isSecure = true
        #expect(address.baseURL == "https://h:1/api/auth/0.1")
        address.version = ""
        #expect(address.baseURL == "https://h:1/api/auth")
    }
}

@Suite("Keeping away from a service that is down")
struct CircuitBreakerTests {
    @Test("five failures close it for a second, then one request tries")
    func pause() {
        var breaker = CircuitBreaker()
        let start = ContinuousClock.now
        for _ in 0..<CircuitBreaker.threshold {
            let admitted = breaker.admits(at: start)
            #expect(admitted)
            breaker.failed(at: start)
        }
        let afterwards = breaker.admits(at: start)
        #expect(!afterwards)
        let later = start + CircuitBreaker.pause
        let trial = breaker.admits(at: later)
        let second = breaker.admits(at: later)
        #expect(trial && !second)
        breaker.succeeded()
        let recovered = breaker.admits(at: later)
        #expect(recovered)
    }
}
