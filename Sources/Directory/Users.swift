public import Core

/// A user with his lines.
public struct UserRecord: Sendable, Hashable {
    /// `userfeatures.uuid`.
    public var id: UserID
    /// His tenant; empty when an old confd does not tell it (contract 38 §0.3).
    public var tenant: TenantID
    /// First and last name.
    public var name: String
    /// His lines, the main line first.
    public var lines: [LineRecord]
    /// Number of his mobile phone; `nil`: none.
    public var mobileNumber: String?
    /// Whether his mobile phone is called when its application does not answer a push (contract 36).
    public var isMobileFallbackEnabled: Bool

    /// A record with all its parts.
    public init(
        id: UserID,
        tenant: TenantID,
        name: String,
        lines: [LineRecord],
        mobileNumber: String? = nil,
        isMobileFallbackEnabled: Bool = false
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.lines = lines
        self.mobileNumber = mobileNumber
        self.isMobileFallbackEnabled = isMobileFallbackEnabled
    }
}

/// Users of the directory.
///
/// The tenant of a look-up is a scope, here and in the other ports: an object of that tenant is found, with the
/// master tenant's scope one of any tenant, and without a tenant likewise (contract 38 §2.1). Records carry
/// their tenant, for callers that must compare it.
public protocol UserDirectory: Sendable {
    /// A user with his lines, also one who is disabled, in the scope of a tenant; `nil` when there is no such user.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func user(_ id: UserID, tenant: TenantID?) async throws -> UserRecord?
}
