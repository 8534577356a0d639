public import Core
public import Directory

/// Address books (contract 41 §1 `callerid_forphones`).
public protocol CallerNameLookup: Sendable {
    /// The first name that any form of a number has; `nil`: none has one.
    /// - Parameters:
    ///   - numbers: Forms of one number, in the order in which they count.
    ///   - user: Whose address books are read; `nil`: those of everybody in the tenant.
    /// - Throws: When they cannot be read: the caller keeps his name.
    func name(of numbers: [String], for user: UserID?, tenant: TenantID) async throws -> String?
}

/// Where callers' names come from.
public struct CallerNames: Sendable {
    /// Address books.
    public var lookup: any CallerNameLookup
    /// Whom an incoming call rings.
    public var callees: any IncallCalleeDirectory

    /// Names with both parts.
    public init(lookup: any CallerNameLookup, callees: any IncallCalleeDirectory) {
        self.lookup = lookup
        self.callees = callees
    }
}
