public import Access
public import Core
import Foundation
public import ServiceClient
import Synchronization

/// Asks wazo-auth about tokens (contract 00 §4.2): the access and the tenant with `HEAD /token/<token>`, the
/// document with `GET`. Positive answers are kept for a few seconds, never past the token's end.
public final class WazoAuthIdentity: IdentityChecking {
    private let auth: ServiceClient
    private let masterTenant: @Sendable () -> TenantID?
    private let clock: any WallClock
    private let checks: AnswerCache<Check, Bool>
    private let documents: AnswerCache<String, TokenDocument>
    /// Tokens that wazo-auth does not know.
    private let unknown: AnswerCache<String, Bool>
    /// Rises with each session that ends, so that an answer from before is not kept after it.
    private let endedSessions = Mutex(0)
    /// For requests that tell of outages: what wazo-auth has accepted in the last hour.
    private let accepted = AnswerCache<Check, Identity>(life: 3_600, limit: 256)

    private struct Check: Hashable, Sendable {
        var token: String
        var access: String
        var tenant: TenantID?
    }

    /// - Parameters:
    ///   - auth: Client of wazo-auth that sends no token of ours.
    ///   - masterTenant: The master tenant, as far as it is known now.
    ///   - cacheLife: Seconds that a positive answer is kept; 0 keeps none.
    public init(
        auth: ServiceClient,
        masterTenant: @escaping @Sendable () -> TenantID?,
        cacheLife: Double = 3,
        clock: any WallClock = SystemClock()
    ) {
        self.auth = auth
        self.masterTenant = masterTenant
        self.clock = clock
        checks = AnswerCache(life: cacheLife, limit: 8_192)
        documents = AnswerCache(life: cacheLife, limit: 4_096)
        unknown = AnswerCache(life: min(cacheLife, Self.unknownLife), limit: 4_096)
    }

    /// Seconds that an unknown token is not asked about again; a token may become known, so they are few.
    private static let unknownLife = 1.0

    /// A session has ended: its token stops at once.
    /// - Parameter session: `nil` when it is not known which: then nothing that is kept counts any more.
    public func sessionEnded(_ session: String?) {
        endedSessions.withLock { $0 += 1 }
        var tokens: Set<String> = []
        documents.remove { token, document in
            let isMeant = session == nil || document.session == nil || document.session == session
            if isMeant { tokens.insert(token) }
            return isMeant
        }
        checks.remove { check, _ in tokens.contains(check.token) }
        accepted.remove { check, _ in tokens.contains(check.token) }
    }

    /// Accepts what wazo-auth accepts.
    public func identity(
        ofToken token: String,
        for access: String,
        tenant: TenantID?,
        duringOutage: Bool
    ) async throws -> Identity {
        guard Self.canBeAsked(token) else { throw AccessFailure.notFoundOrExpired }
        if unknown.value(for: token, at: clock.now) != nil { throw AccessFailure.notFoundOrExpired }
        let check = Check(token: token, access: access, tenant: tenant)
        guard duringOutage else { return try await identity(check) }
        do {
            let identity = try await identity(check)
            accepted.store(identity, for: check, at: clock.now, until: nil)
            return identity
        } catch let failure as AccessFailure {
            guard case .serverUnreachable = failure, let known = accepted.value(for: check, at: clock.now) else {
                throw failure
            }
            return known
        }
    }

    /// Whether a token can stand as one part of a path: percent-encoded it can be any text but these, which would name
    /// another path once they are decoded.
    private static func canBeAsked(_ token: String) -> Bool {
        !token.isEmpty && token != "." && token != ".."
            && !token.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 || $0 == 0x7F }
    }

    private func identity(_ check: Check) async throws -> Identity {
        let now = clock.now
        let before = endedSessions.withLock { $0 }
        // Both or neither: a token that is gone is refused as the check refuses it, with the access it wanted.
        let isKnown = checks.value(for: check, at: now) != nil && documents.value(for: check.token, at: now) != nil
        if !isKnown { try await ask(check) }
        let document = try await document(of: check.token)
        if !isKnown, endedSessions.withLock({ $0 }) == before {
            checks.store(true, for: check, at: now, until: document.expiresAt)
        }
        let isMaster = masterTenant() == document.tenant
        return Identity(
            tenant: check.tenant ?? document.tenant,
            user: document.user,
            isMaster: isMaster,
            seesAllTenants: isMaster && check.tenant == nil,
            home: document.tenant
        )
    }

    private func ask(_ check: Check) async throws {
        var request = Self.request(.head, token: check.token)
        request.query = [("scope", check.access)]
        if let tenant = check.tenant { request.query.append(("tenant", tenant.rawValue)) }
        switch try await send(request).status {
        case 200..<300: return
        case 404:
            unknown.store(true, for: check.token, at: clock.now, until: nil)
            throw AccessFailure.notFoundOrExpired
        case 403: throw AccessFailure.missingPermissionOrInvalidTenant
        case let status: throw unreachable("unexpected status \(status)")
        }
    }

    private func document(of token: String) async throws -> TokenDocument {
        let now = clock.now
        if let known = documents.value(for: token, at: now) { return known }
        let before = endedSessions.withLock { $0 }
        let answer = try await send(Self.request(.get, token: token))
        if (400..<600).contains(answer.status) { throw AccessFailure.tokenVanished }
        guard answer.isSuccess, let json = try? answer.json(), let document = TokenDocument(json) else {
            throw unreachable("the token's document cannot be read")
        }
        if endedSessions.withLock({ $0 }) == before {
            documents.store(document, for: token, at: now, until: document.expiresAt)
        }
        return document
    }

    private static func request(_ method: ServiceRequest.Method, token: String) -> ServiceRequest {
        var request = ServiceRequest(method, ["token", token])
        request.displayedPath = "/token/…"
        return request
    }

    private func send(_ request: ServiceRequest) async throws -> ServiceAnswer {
        do {
            return try await auth.send(request)
        } catch let failure as ServiceFailure {
            throw unreachable("\(failure)")
        }
    }

    private func unreachable(_ error: String) -> AccessFailure {
        .serverUnreachable(host: auth.address.host, port: auth.address.port, error: error)
    }
}
