public import Access
public import Core

/// Accepts tokens of a table.
public struct FakeIdentity: IdentityChecking {
    private let tokens: [String: (identity: Identity, acl: ACL)]

    /// Tokens with their identity and access list.
    public init(_ tokens: [String: (identity: Identity, acl: ACL)]) { self.tokens = tokens }

    /// Accepts a token of the table that grants the access, in its own tenant or any for a master token.
    public func identity(
        ofToken token: String,
        for access: String,
        tenant: TenantID?,
        duringOutage: Bool
    ) async throws -> Identity {
        guard let known = tokens[token] else { throw AccessFailure.notFoundOrExpired }
        var identity = known.identity
        guard known.acl.grants(access), tenant == nil || tenant == identity.tenant || identity.isMaster else {
            throw AccessFailure.missingPermissionOrInvalidTenant
        }
        if let tenant { identity.tenant = tenant }
        return identity
    }
}
