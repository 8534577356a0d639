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
    /// Rises with each change of the table, so that an answer from before is not kept after it.
    private let changes = Mutex((count: 0, areTold: false))
    /// Tokens accepted lately, for ``identity(ofToken:for:tenant:duringOutage:)`` during an outage.
    private let accepted = Mutex<[String: LocalToken]>([:])
    private static let acceptedLimit = 256

    /// An identity over these tokens.
    /// - Parameter cacheLife: Seconds that an answer is kept at most; 0 keeps none.
    public init(
        store: any LocalTokenStoring,
        cacheLife: Double = 3,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.store = store
        self.clock = clock
        self.logger = logger
        known = AnswerCache(life: cacheLife, limit: 4_096)
    }

    /// The database tells of changes from now on, or no longer does.
    public func changesAreTold(_ areTold: Bool) {
        changes.withLock { $0 = ($0.count + 1, areTold) }
        known.removeAll()
    }

    /// The table of tokens has changed.
    public func tokensChanged() {
        changes.withLock { $0.count += 1 }
        known.removeAll()
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
        return Identity(
            tenant: tenant ?? token.tenant,
            user: token.user,
            isMaster: token.isMaster,
            seesAllTenants: token.isMaster && tenant == nil
        )
    }

    private func token(hash: String, duringOutage: Bool) async throws -> LocalToken? {
        let now = clock.now
        if let token = known.value(for: hash, at: now) { return token }
        do {
            let before = changes.withLock { $0 }
            let token = try await store.token(secretHash: hash)
            if let token {
                changes.withLock { after in
                    guard after.areTold, after.count == before.count else { return }
                    known.store(token, for: hash, at: now, until: token.expiresAt)
                }
            }
            accepted.withLock { accepted in
                if accepted.count >= Self.acceptedLimit { accepted = [:] }
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
