public import Core

/// Who makes a request, once his token was accepted.
public struct Identity: Sendable, Hashable {
    /// The tenant that the request acts in: that of header `Wazo-Tenant`, else the token's own.
    public var tenant: TenantID
    /// The token's own tenant, to which its user belongs, whichever tenant the request names.
    public var home: TenantID
    /// The token's user, if it has one.
    public var user: UserID?
    /// Whether the token belongs to the master tenant and may act for every tenant.
    public var isMaster: Bool
    /// Whether objects of every tenant are shown where contract 00 §4.4 says so: a token of the master
    /// tenant in a request that names no tenant.
    public var seesAllTenants: Bool

    /// An identity with all its parts.
    /// - Parameter home: The token's own tenant; `nil`: the request's.
    public init(
        tenant: TenantID,
        user: UserID?,
        isMaster: Bool,
        seesAllTenants: Bool = false,
        home: TenantID? = nil
    ) {
        self.tenant = tenant
        self.home = home ?? tenant
        self.user = user
        self.isMaster = isMaster
        self.seesAllTenants = seesAllTenants
    }
}

/// Why a token was not accepted (contract 00 §4.2).
public enum AccessFailure: Error, Sendable, Hashable {
    /// The token does not exist, or is no longer valid.
    case notFoundOrExpired
    /// The token lacks the access, or may not act for the tenant of the request.
    case missingPermissionOrInvalidTenant
    /// The token was accepted, but wazo-auth no longer shows its document.
    case tokenVanished
    /// PostgreSQL, where local tokens are kept, does not answer.
    case databaseUnreachable
    /// wazo-auth does not answer; `error` is for the client and the log and holds no secret.
    case serverUnreachable(host: String, port: Int, error: String)
    /// The master tenant, which the request needs, is not known yet.
    case masterTenantUnknown
}

/// Accepts or refuses tokens: local tokens, or wazo-auth.
public protocol IdentityChecking: Sendable {
    /// Checks a token for an access and a tenant.
    /// - Parameters:
    ///   - token: The token's secret; empty when the request has none.
    ///   - access: The required access, for instance `calld.status.read`.
    ///   - tenant: The tenant of header `Wazo-Tenant`, if it is there.
    ///   - duringOutage: Whether a token that was accepted before may pass while the store of tokens is
    ///     away; only for requests that tell of outages.
    /// - Throws: `AccessFailure`.
    func identity(
        ofToken token: String,
        for access: String,
        tenant: TenantID?,
        duringOutage: Bool
    ) async throws -> Identity
}
