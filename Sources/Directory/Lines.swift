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

        /// The name that endpoint status is kept under (contract 35 §1).
        public var name: String {
            switch self {
            case .sip(let name), .sccp(let name), .custom(let name): name
            }
        }
    }

    /// `linefeatures.id`.
    public var id: Int
    /// The line's context.
    public var context: String
    /// How it is reached; `nil` when no endpoint is associated.
    public var endpoint: Endpoint?
    /// Tenant of the line's context; `nil` when the source does not tell: the line is listed for nobody.
    public var tenant: TenantID?

    /// A record with all its parts.
    public init(id: Int, context: String, endpoint: Endpoint?, tenant: TenantID? = nil) {
        self.id = id
        self.context = context
        self.endpoint = endpoint
        self.tenant = tenant
    }
}

/// Lines of the directory.
public protocol LineDirectory: Sendable {
    /// An enabled line by id, in the scope of a tenant (``UserDirectory``); `nil` when it is not there.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func line(_ id: Int, tenant: TenantID?) async throws -> LineRecord?
    /// All enabled lines of all tenants, ordered by id.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func lines() async throws -> [LineRecord]
}
