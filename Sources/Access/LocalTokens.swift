public import Core
public import Foundation

/// A local token as schema `gateway` keeps it: never the secret, only its hash.
public struct LocalToken: Sendable, Hashable {
    /// The token's public id (a UUID), for listing and revoking.
    public var id: String
    /// Lower-case hexadecimal SHA-256 of the secret.
    public var secretHash: String
    /// The tenant it acts in.
    public var tenant: TenantID
    /// The user it acts for, if any.
    public var user: UserID?
    /// ACL patterns (contract 00 §4.3).
    public var acl: [String]
    /// End of life; `nil`: none.
    public var expiresAt: Date?
    /// Whether it may act for every tenant (a token of the master tenant).
    public var isMaster: Bool
    /// A remark of whoever made it.
    public var label: String
    /// When it was made.
    public var createdAt: Date

    /// A token with all its parts.
    public init(
        id: String,
        secretHash: String,
        tenant: TenantID,
        user: UserID?,
        acl: [String],
        expiresAt: Date?,
        isMaster: Bool,
        label: String,
        createdAt: Date
    ) {
        self.id = id
        self.secretHash = secretHash
        self.tenant = tenant
        self.user = user
        self.acl = acl
        self.expiresAt = expiresAt
        self.isMaster = isMaster
        self.label = label
        self.createdAt = createdAt
    }
}

/// Where local tokens are kept.
public protocol LocalTokenStoring: Sendable {
    /// Stores a new token.
    /// - Throws: `DatabaseFailure`.
    func insert(_ token: LocalToken) async throws
    /// The token whose secret has this hash; `nil` when there is none (revoked ones are gone).
    /// - Throws: `DatabaseFailure`.
    func token(secretHash: String) async throws -> LocalToken?
    /// All tokens, oldest first.
    /// - Throws: `DatabaseFailure`.
    func tokens() async throws -> [LocalToken]
    /// Removes a token.
    /// - Returns: `false` when no token has this id.
    /// - Throws: `DatabaseFailure`.
    func revoke(id: String) async throws -> Bool
}
