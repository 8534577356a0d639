import Access
import Core
import Foundation
import Identity
import Logging
import ServiceClient
import TandemTesting
import Testing

/// wazo-auth on loopback with the golden tenants, and what our side needs to ask it.
private struct AuthWorld {
    static let master = "a0000000-0000-4000-8000-000000000001"
    static let tenant = "a0000000-0000-4000-8000-000000000002"
    static let userToken = "f0000000-0000-4000-8000-000000000002"
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let fake: FakeAuth
    let service: FakeService
    let client: ServiceClient
    let clock = ManualClock(now: Date(timeIntervalSince1970: 1_767_229_200))

    static func running(timeout: Double = 1, _ body: (AuthWorld) async throws -> Void) async throws {
        let fake = try FakeAuth()
        let document = try GoldenBodies.body("auth.token.user")["data"] ?? .null
        let acl = ACL(document["acl"]?.array?.compactMap(\.string) ?? [], me: document["auth_id"]?.string)
        fake.add(.init(document: document) { acl.grants($0) })
        try await FakeService.running({ fake.answer($0) }) { service in
            let transport = ServiceTransport()
            let client = ServiceClient(
                name: "auth",
                address: ServiceAddress(host: "127.0.0.1", port: service.port, version: "0.1", timeout: timeout),
                transport: transport,
                tokens: nil,
                logger: logger
            )
            let world = AuthWorld(fake: fake, service: service, client: client)
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(world)) } catch { outcome = .failure(error) }
            await transport.shutdown()
            try outcome.get()
        }
    }

    func identity(cacheLife: Double = 3, master: String = AuthWorld.master) -> WazoAuthIdentity {
        WazoAuthIdentity(
            auth: client,
            masterTenant: { TenantID(master) },
            cacheLife: cacheLife,
            clock: clock
        )
    }
}

@Suite("Tokens checked by wazo-auth")
struct WazoAuthIdentityTests {
    private let access = "calld.users.me.calls.read"

    @Test("scope and tenant are asked, the document gives tenant and user")
    func accepted() async throws {
        try await AuthWorld.running { world in
            let identity = try await world.identity().identity(
                ofToken: AuthWorld.userToken,
                for: access,
                tenant: TenantID(AuthWorld.tenant),
                duringOutage: false
            )
            #expect(
                identity
                    == Identity(
                        tenant: TenantID(AuthWorld.tenant),
                        user: UserID("b0000000-0000-4000-8000-000000000010"),
                        isMaster: false
                    )
            )
            let head = try #require(world.service.requests.first)
            #expect(head.method == "HEAD" && head.path == "/0.1/token/\(AuthWorld.userToken)")
            #expect(head.query == ["scope": access, "tenant": AuthWorld.tenant])
            #expect(world.service.requests.map(\.method) == ["HEAD", "GET"])
        }
    }

    @Test("without a header no tenant is asked and the token's own is taken; a token of the master tenant sees all")
    func autodetected() async throws {
        try await AuthWorld.running { world in
            let own = try await world.identity(master: AuthWorld.tenant).identity(
                ofToken: AuthWorld.userToken,
                for: access,
                tenant: nil,
                duringOutage: false
            )
            #expect(own.tenant == TenantID(AuthWorld.tenant) && own.isMaster && own.seesAllTenants)
            #expect(world.service.requests.first?.query == ["scope": access])
        }
    }

    @Test("refusals: unknown, no UUID, lacking access, foreign tenant")
    func refused() async throws {
        try await AuthWorld.running { world in
            func failure(_ token: String, _ access: String, _ tenant: String? = nil) async -> AccessFailure? {
                do {
                    _ = try await world.identity().identity(
                        ofToken: token,
                        for: access,
                        tenant: tenant.map(TenantID.init(_:)),
                        duringOutage: false
                    )
                    return nil
                } catch { return error as? AccessFailure }
            }
            #expect(await failure("f0000000-0000-4000-8000-00000000000f", access) == .notFoundOrExpired)
            #expect(await failure("", access) == .notFoundOrExpired)
            #expect(await failure("../status", access) == .notFoundOrExpired)
            let user = AuthWorld.userToken
            #expect(await failure(user, "calld.users.me.faxes.create") == .missingPermissionOrInvalidTenant)
            #expect(await failure(user, access, AuthWorld.master) == .missingPermissionOrInvalidTenant)
        }
    }

    @Test("a positive answer is kept for its seconds and not longer; that a token is unknown for one")
    func cached() async throws {
        try await AuthWorld.running { world in
            let identity = world.identity()
            func accepts() async -> Bool {
                let found = try? await identity.identity(
                    ofToken: AuthWorld.userToken,
                    for: access,
                    tenant: nil,
                    duringOutage: false
                )
                return found != nil
            }
            let first = await accepts()
            let second = await accepts()
            #expect(first && second)
            #expect(world.service.requests.count == 2, "HEAD and GET, once")
            world.fake.remove(AuthWorld.userToken)
            world.clock.advance(by: 3)
            let afterwards = await accepts()
            #expect(!afterwards)
            let again = await accepts()
            #expect(!again)
            #expect(world.service.requests.count == 3, "a refusal is kept for a second")
            world.clock.advance(by: 1)
            let later = await accepts()
            #expect(!later)
            #expect(world.service.requests.count == 4)
        }
    }

    @Test("a token of any form is asked about, percent-encoded, but for texts that would be another path")
    func forms() async throws {
        try await AuthWorld.running { world in
            func ask(_ token: String) async {
                let identity = world.identity()
                await #expect(throws: AccessFailure.notFoundOrExpired) {
                    try await identity.identity(ofToken: token, for: access, tenant: nil, duringOutage: false)
                }
            }
            for token in ["my-token", "a b%c?d#e", "é", "a.b"] {
                await ask(token)
                #expect(world.service.requests.last?.path == "/0.1/token/\(token)")
            }
            let count = world.service.requests.count
            for token in ["", ".", "..", "../status", "a/b", "a\r\nb", "a\0"] { await ask(token) }
            #expect(world.service.requests.count == count)
        }
    }

    @Test("a token whose session has ended stops at once; another's session changes nothing")
    func sessions() async throws {
        try await AuthWorld.running { world in
            let identity = world.identity(cacheLife: 10)
            func accepts() async -> Bool {
                let found = try? await identity.identity(
                    ofToken: AuthWorld.userToken,
                    for: access,
                    tenant: nil,
                    duringOutage: false
                )
                return found != nil
            }
            let session = try #require(try GoldenBodies.body("auth.token.user")["data"]?["session_uuid"]?.string)
            let first = await accepts()
            world.fake.remove(AuthWorld.userToken)
            identity.sessionEnded("another")
            let second = await accepts()
            #expect(first && second)
            identity.sessionEnded(session)
            let third = await accepts()
            #expect(!third)
        }
    }

    @Test("an answer is never kept past the token's end")
    func expiry() async throws {
        try await AuthWorld.running { world in
            // The golden user token ends at 03:00:00.5 UTC.
            world.clock.advance(by: 7_198)
            let identity = world.identity()
            _ = try await identity.identity(ofToken: AuthWorld.userToken, for: access, tenant: nil, duringOutage: false)
            world.fake.remove(AuthWorld.userToken)
            world.clock.advance(by: 2)
            await #expect(throws: AccessFailure.notFoundOrExpired) {
                try await identity.identity(ofToken: AuthWorld.userToken, for: access, tenant: nil, duringOutage: false)
            }
        }
    }

    @Test(
        "every fault of wazo-auth is a 503 within the limit, and the next request is served",
        arguments: FakeService.Fault.allCases
    )
    func faults(fault: FakeService.Fault) async throws {
        try await AuthWorld.running(timeout: 0.5) { world in
            let identity = world.identity()
            world.service.fail(fault)
            do {
                _ = try await identity.identity(
                    ofToken: AuthWorld.userToken,
                    for: access,
                    tenant: nil,
                    duringOutage: false
                )
                Issue.record("accepted during \(fault)")
            } catch AccessFailure.serverUnreachable(let host, let port, let error) {
                #expect(host == "127.0.0.1" && port == world.service.port)
                #expect(!error.contains(AuthWorld.userToken))
            }
            world.service.fail(nil)
            let found = try await identity.identity(
                ofToken: AuthWorld.userToken,
                for: access,
                tenant: nil,
                duringOutage: false
            )
            #expect(found.user != nil)
        }
    }

    @Test("while wazo-auth is away a token seen before passes, only where outages are told")
    func outage() async throws {
        try await AuthWorld.running { world in
            let identity = world.identity(cacheLife: 0)
            func check(_ duringOutage: Bool) async throws -> Identity {
                try await identity.identity(
                    ofToken: AuthWorld.userToken,
                    for: access,
                    tenant: nil,
                    duringOutage: duringOutage
                )
            }
            let before = try await check(true)
            world.service.fail(.closes)
            let during = try await check(true)
            #expect(before == during)
            await #expect(throws: AccessFailure.self) { try await check(false) }
        }
    }
}

@Suite("The server's own token")
struct ServiceTokenTests {
    private func withToken(
        _ world: AuthWorld,
        password: String = "secret",
        masterTenant: TenantID? = nil,
        _ body: (ServiceToken) async throws -> Void
    ) async throws {
        let token = ServiceToken(
            auth: world.client,
            credentials: ServiceCredentials(username: "calld", password: password),
            masterTenant: masterTenant,
            clock: world.clock,
            logger: AuthWorld.logger
        )
        let running = Task { try await token.run() }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(token)) } catch { outcome = .failure(error) }
        running.cancel()
        try await running.value
        try outcome.get()
    }

    @Test("asked for at start with the credentials; the first tells the master tenant")
    func granted() async throws {
        try await AuthWorld.running { world in
            try await withToken(world) { token in
                await world.clock.waitForSleepers()
                #expect(await token.serviceToken() != nil)
                #expect(token.masterTenant == TenantID(AuthWorld.master))
                let request = try #require(world.service.requests.first)
                #expect(request.json == (try GoldenBodies.body("auth.token.request")))
            }
        }
    }

    @Test("a configured master tenant stays")
    func configuredMaster() async throws {
        try await AuthWorld.running { world in
            try await withToken(world, masterTenant: TenantID("mine")) { token in
                #expect(token.masterTenant == TenantID("mine"))
                await world.clock.waitForSleepers()
                #expect(token.masterTenant == TenantID("mine"))
            }
        }
    }

    @Test("refused at first, it is asked for again until it is granted")
    func refusedAtFirst() async throws {
        try await AuthWorld.running { world in
            world.fake.setCredentials("calld", "other")
            try await withToken(world) { token in
                await world.clock.waitForSleepers()
                #expect(await token.serviceToken() == nil)
                #expect(token.masterTenant == nil)
                world.clock.advance(by: 1)
                await world.clock.waitForSleepers()
                #expect(await token.serviceToken() == nil)
                world.fake.setCredentials("calld", "secret")
                world.clock.advance(by: 2)
                await world.clock.waitForSleepers()
                #expect(await token.serviceToken() != nil)
                #expect(world.service.requests.count == 3)
            }
        }
    }

    @Test("a token that a service refuses is replaced, at most once a second, and callers share the outcome")
    func renewed() async throws {
        try await AuthWorld.running { world in
            try await withToken(world) { token in
                await world.clock.waitForSleepers()
                let old = try #require(await token.serviceToken())
                world.clock.advance(by: 2)
                await withTaskGroup(of: String?.self) { group in
                    for _ in 0..<20 { group.addTask { await token.renewed(instead: old) } }
                    for await new in group { #expect(new != nil && new != old) }
                }
                #expect(world.fake.granted == 2)
                let current = try #require(await token.serviceToken())
                let tooSoon = await token.renewed(instead: current)
                #expect(tooSoon == nil, "not again within the second")
                #expect(world.fake.granted == 2)
            }
        }
    }

    @Test("without an outcome in sight nobody waits: a stopped token answers at once")
    func stopped() async throws {
        try await AuthWorld.running { world in
            let kept = Mailbox<ServiceToken>(capacity: 1)
            try await withToken(world) { token in
                await world.clock.waitForSleepers()
                kept.offer(token)
            }
            let token = try #require(await kept.next())
            world.clock.advance(by: 5)
            let current = try #require(await token.serviceToken())
            let renewed = await token.renewed(instead: current)
            #expect(renewed == nil)
        }
    }
}
