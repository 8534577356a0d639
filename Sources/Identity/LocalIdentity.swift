public import Access
public import Core
import Crypto
import Foundation
public import Logging
import Synchronization

/// Local tokens: rows of schema `gateway`, found by the hash of their secret (contract 00 §4, standalone).
///
/// What the database answered is kept for a few seconds, but only while PostgreSQL tells of changes to the table
/// (``changesAreTold(_:)``): a revoked token stops at once.
public final class LocalIdentity: IdentityChecking {
    private let store: any LocalTokenStoring
    private let clock: any WallClock
    private let logger: Logger
    private let known: AnswerCache<String, LocalToken>
    /// Hashes that no token has: whoever tries one again costs no question.
    private let unknown: AnswerCache<String, Bool>
    private let tenants: (any TenantKnowing)?
    private let knownTenants = AnswerCache<TenantID, Bool>(life: 10, limit: 1_024)
    /// Rises with each change of the table, so that an answer from before is not kept after it.
    private let changes = Mutex((count: 0, areTold: false))
    /// Tokens accepted lately, for ``identity(ofToken:for:tenant:duringOutage:)`` during an outage.
    private let accepted = Mutex<[String: LocalToken]>([:])
    private static let acceptedLimit = 256

    /// An identity over these tokens.
    /// - Parameters:
    ///   - tenants: Knows the tenants that a master token may name; `nil`: it may name any.
    ///   - cacheLife: Seconds that an answer is kept at most; 0 keeps none.
    public init(
        store: any LocalTokenStoring,
        tenants: (any TenantKnowing)? = nil,
        cacheLife: Double = 3,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.store = store
        self.tenants = tenants
        self.clock = clock
        self.logger = logger
        known = AnswerCache(life: cacheLife, limit: 4_096)
        unknown = AnswerCache(life: cacheLife, limit: 4_096)
    }

    /// The database tells of changes from now on, or no longer does.
    public func changesAreTold(_ areTold: Bool) {
        changes.withLock { $0 = ($0.count + 1, areTold) }
        forget()
    }

    /// The table of tokens has changed.
    public func tokensChanged() {
        changes.withLock { $0.count += 1 }
        forget()
    }

    private func forget() {
        known.removeAll()
        unknown.removeAll()
    }

    /// Accepts the token when it exists, has not expired, grants the access and may act for the tenant.
    public func identity(
        ofToken secret: String,
        for access: String,
        tenant: TenantID?,
        duringOutage: Bool
    ) async throws -> Identity {
        guard !secret.isEmpty else { throw AccessFailure.notFoundOrExpired }
        let token = try await token(hash: LocalTokens.hash(secret), duringOutage: duringOutage)
        guard let token, token.expiresAt.map({ clock.now < $0 }) ?? true else {
            throw AccessFailure.notFoundOrExpired
        }
        let acl = ACL(token.acl, me: token.user?.rawValue, session: token.id)
        guard acl.grants(access), tenant == nil || tenant == token.tenant || token.isMaster else {
            throw AccessFailure.missingPermissionOrInvalidTenant
        }
        if let tenant, tenant != token.tenant, try await !exists(tenant) {
            throw AccessFailure.missingPermissionOrInvalidTenant
        }
        return Identity(
            tenant: tenant ?? token.tenant,
            user: token.user,
            isMaster: token.isMaster,
            seesAllTenants: token.isMaster && tenant == nil,
            home: token.tenant
        )
    }

    /// Whether there is such a tenant: a master token may name any, but not one that does not exist, in which things
    /// would be made that nobody finds.
    private func exists(_ tenant: TenantID) async throws -> Bool {
        guard let tenants else { return true }
        let now = clock.now
        if knownTenants.value(for: tenant, at: now) == true { return true }
        do {
            guard try await tenants.exists(tenant) else { return false }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.error("tenant not checked", metadata: ["error": "\(error)"])
            throw AccessFailure.databaseUnreachable
        }
        knownTenants.store(true, for: tenant, at: now, until: nil)
        return true
    }

    private func token(hash: String, duringOutage: Bool) async throws -> LocalToken? {
        let now = clock.now
        if let token = known.value(for: hash, at: now) { return token }
        if unknown.value(for: hash, at: now) != nil { return nil }
        do {
            let before = changes.withLock { $0 }
            let token = try await store.token(secretHash: hash)
            changes.withLock { after in
                guard after.areTold, after.count == before.count else { return }
                if let token {
                    known.store(token, for: hash, at: now, until: token.expiresAt)
                } else {
                    unknown.store(true, for: hash, at: now, until: nil)
                }
            }
            accepted.withLock { accepted in
                // Unknown ones must not push known ones out.
                if token != nil, accepted.count >= Self.acceptedLimit { accepted = [:] }
                accepted[hash] = token
            }
            return token
        } catch {
            if duringOutage, let known = accepted.withLock({ $0[hash] }) { return known }
            logger.error("token not checked", metadata: ["error": "\(error)"])
            throw AccessFailure.databaseUnreachable
        }
    }
}

/// Knows which tenants there are.
public protocol TenantKnowing: Sendable {
    /// Whether there is a tenant of this id.
    /// - Throws: `DatabaseFailure`.
    func exists(_ tenant: TenantID) async throws -> Bool
}

/// Making local tokens.
public enum LocalTokens {
    /// A new secret: 256 random bits in hexadecimal.
    public static func makeSecret() -> String {
        hexadecimal(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
    }

    /// What is stored of a secret: SHA-256 in lower-case hexadecimal. The secret is random and long, so
    /// no salt and no slow hash is needed.
    public static func hash(_ secret: String) -> String {
        hexadecimal(Array(SHA256.hash(data: Data(secret.utf8))))
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
