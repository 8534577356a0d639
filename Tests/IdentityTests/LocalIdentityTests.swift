import Access
import Core
import Foundation
import Identity
import Logging
import Synchronization
import TandemTesting
import Testing

private final class MemoryTokens: LocalTokenStoring, TenantKnowing {
    private struct State {
        var tokens: [LocalToken] = []
        var isAway = false
        var reads = 0
    }
    private let state = Mutex(State())

    var reads: Int { state.withLock { $0.reads } }
    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }
    func insert(_ token: LocalToken) async throws { state.withLock { $0.tokens.append(token) } }
    func token(secretHash: String) async throws -> LocalToken? {
        try state.withLock { state in
            if state.isAway { throw DatabaseFailure.unreachable("away") }
            state.reads += 1
            return state.tokens.first { $0.secretHash == secretHash }
        }
    }
    func tokens() async throws -> [LocalToken] { state.withLock { $0.tokens } }
    func exists(_ tenant: TenantID) async throws -> Bool {
        if state.withLock({ $0.isAway }) { throw DatabaseFailure.unreachable("away") }
        return ["t1", "t2"].contains(tenant.rawValue)
    }
    func revoke(id: String) async throws -> Bool {
        state.withLock { state in
            let count = state.tokens.count
            state.tokens.removeAll { $0.id == id }
            return state.tokens.count < count
        }
    }
}

@Suite("Local tokens")
struct LocalIdentityTests {
    private let tokens = MemoryTokens()
    private let clock = ManualClock()
    private let identity: LocalIdentity

    init() {
        identity = LocalIdentity(
            store: tokens,
            tenants: tokens,
            clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func add(_ secret: String, expires: Double? = nil, isMaster: Bool = false, tenant: String = "t1")
        async throws
    {
        try await tokens.insert(
            LocalToken(
                id: "id-\(secret)",
                secretHash: LocalTokens.hash(secret),
                tenant: TenantID(tenant),
                user: UserID("u1"),
                acl: ["calld.status.read"],
                expiresAt: expires.map { clock.now.addingTimeInterval($0) },
                isMaster: isMaster,
                label: "",
                createdAt: clock.now
            )
        )
    }

    private func check(
        _ secret: String,
        _ access: String = "calld.status.read",
        tenant: String? = nil,
        duringOutage: Bool = false
    ) async -> Result<Identity, AccessFailure> {
        do {
            return .success(
                try await identity.identity(
                    ofToken: secret,
                    for: access,
                    tenant: tenant.map(TenantID.init(_:)),
                    duringOutage: duringOutage
                )
            )
        } catch let failure as AccessFailure {
            return .failure(failure)
        } catch {
            Issue.record(error)
            return .failure(.databaseUnreachable)
        }
    }

    @Test("a token acts in its own tenant, for its user")
    func accepted() async throws {
        try await add("s")
        let own = Identity(tenant: TenantID("t1"), user: UserID("u1"), isMaster: false)
        #expect(await check("s") == .success(own))
        #expect(await check("s", tenant: "t1") == .success(own))
    }

    @Test("unknown, empty, expired and revoked tokens are not found")
    func notFound() async throws {
        try await add("s", expires: 10)
        #expect(await check("") == .failure(.notFoundOrExpired))
        #expect(await check("other") == .failure(.notFoundOrExpired))
        clock.advance(by: 10)
        #expect(await check("s") == .failure(.notFoundOrExpired))
        try await add("r")
        #expect(try await tokens.revoke(id: "id-r"))
        #expect(await check("r") == .failure(.notFoundOrExpired), "a revoked token stops at once")
    }

    @Test("a missing access and a foreign tenant are refused; a master token reaches every tenant")
    func refused() async throws {
        try await add("s")
        try await add("m", isMaster: true)
        #expect(await check("s", "calld.config.read") == .failure(.missingPermissionOrInvalidTenant))
        #expect(await check("s", tenant: "t2") == .failure(.missingPermissionOrInvalidTenant))
        #expect(
            await check("m", tenant: "t2")
                == .success(
                    Identity(tenant: TenantID("t2"), user: UserID("u1"), isMaster: true, home: TenantID("t1"))
                )
        )
    }

    @Test("while the database is away only a token seen before passes, and only where outages are told")
    func outage() async throws {
        try await add("s")
        try await add("never seen")
        _ = await check("s")
        tokens.setAway(true)
        #expect(await check("s") == .failure(.databaseUnreachable))
        #expect(try await check("s", duringOutage: true).get().tenant == TenantID("t1"))
        #expect(await check("never seen", duringOutage: true) == .failure(.databaseUnreachable))
    }

    @Test("answers are kept only while changes are told, for seconds, and not over a change")
    func kept() async throws {
        try await add("s", expires: 5)
        for _ in 0..<2 { _ = await check("s") }
        #expect(tokens.reads == 2, "nothing is kept while nobody tells of changes")
        identity.changesAreTold(true)
        for _ in 0..<3 { _ = await check("s") }
        #expect(tokens.reads == 3)
        #expect(await check("s", "calld.config.read") == .failure(.missingPermissionOrInvalidTenant))
        identity.tokensChanged()
        _ = await check("s")
        #expect(tokens.reads == 4)
        clock.advance(by: 3)
        _ = await check("s")
        #expect(tokens.reads == 5)
        clock.advance(by: 2)
        #expect(await check("s") == .failure(.notFoundOrExpired), "never past its end")
        identity.changesAreTold(false)
        _ = await check("s")
        #expect(tokens.reads == 7)
    }

    @Test("a master token that names a tenant that does not exist is refused as for any it may not act for")
    func unknownTenant() async throws {
        try await add("m", isMaster: true)
        for tenant in ["t9", "", "T2"] {
            let outcome = await check("m", tenant: tenant)
            #expect(outcome == .failure(.missingPermissionOrInvalidTenant), "\(tenant)")
        }
        tokens.setAway(true)
        #expect(await check("m", tenant: "t2") == .failure(.databaseUnreachable))
    }

    @Test("a token sees all tenants by its own right alone, whichever tenant it is of", arguments: ["t1", "t2"])
    func right(tenant: String) async throws {
        for isMaster in [false, true] {
            try await add("\(isMaster)", isMaster: isMaster, tenant: tenant)
            let identity = try await check("\(isMaster)").get()
            #expect(identity.isMaster == isMaster && identity.seesAllTenants == isMaster)
            #expect(try await check("\(isMaster)", tenant: tenant).get().seesAllTenants == false)
        }
    }

    @Test("an unknown token is asked about once while changes are told, and found as soon as it is made")
    func unknown() async throws {
        _ = await check("new")
        _ = await check("new")
        #expect(tokens.reads == 2, "nothing is kept while nobody tells of changes")
        identity.changesAreTold(true)
        for _ in 0..<3 { #expect(await check("new") == .failure(.notFoundOrExpired)) }
        #expect(tokens.reads == 3)
        try await add("new")
        identity.tokensChanged()
        #expect(await check("new") != .failure(.notFoundOrExpired))
    }

    @Test("secrets are long and never alike; the hash is SHA-256")
    func secrets() {
        #expect(LocalTokens.makeSecret().count == 64)
        #expect(LocalTokens.makeSecret() != LocalTokens.makeSecret())
        #expect(LocalTokens.hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
