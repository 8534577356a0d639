public import Core

/// A line of a user, with what is needed to dial it (contract 00 §5.6, contract 43 `linefeatures`).
public struct LineRecord: Sendable, Hashable {
    /// How the line is reached.
    public enum Endpoint: Sendable, Hashable {
        /// A PJSIP endpoint of this name.
        case sip(name: String)
        /// An SCCP device of this name.
        case sccp(name: String)
        /// A custom interface, dialled as it is (`usercustom.interface`).
        case custom(interface: String)
    }

    /// `linefeatures.id`.
    public var id: Int
    /// The line's context.
    public var context: String
    /// How it is reached; `nil` when no endpoint is associated.
    public var endpoint: Endpoint?

    /// A record with all its parts.
    public init(id: Int, context: String, endpoint: Endpoint?) {
        self.id = id
        self.context = context
        self.endpoint = endpoint
    }
}

/// A user with his lines.
public struct UserRecord: Sendable, Hashable {
    /// `userfeatures.uuid`.
    public var id: UserID
    /// His tenant.
    public var tenant: TenantID
    /// First and last name.
    public var name: String
    /// His lines, the main line first.
    public var lines: [LineRecord]

    /// A record with all its parts.
    public init(id: UserID, tenant: TenantID, name: String, lines: [LineRecord]) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.lines = lines
    }
}

/// Users of the directory.
public protocol UserDirectory: Sendable {
    /// A user of a tenant with his lines, in one round trip; `nil` when the tenant has no such user.
    /// - Throws: `DatabaseFailure`.
    func user(_ id: UserID, tenant: TenantID) async throws -> UserRecord?
}
