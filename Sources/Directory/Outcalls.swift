public import Core

/// A trunk as a route dials it (contract 41 `outgoing_user_set_features`).
public struct OutcallTrunk: Sendable, Hashable {
    /// How the trunk is dialled.
    public enum Interface: Sendable, Hashable {
        /// PJSIP endpoint of this name.
        case sip(name: String)
        /// IAX peer of this name.
        case iax(name: String)
        /// Any interface, with what follows the number.
        case custom(interface: String, suffix: String)
    }

    /// How it is dialled.
    public var interface: Interface
    /// `+E164`, `E164` or `national`.
    public var callerIDFormat: String

    /// A trunk with both parts.
    public init(interface: Interface, callerIDFormat: String) {
        self.interface = interface
        self.callerIDFormat = callerIDFormat
    }
}

/// An enabled route to the outside, reached by one of its patterns.
public struct OutcallRecord: Sendable, Hashable {
    /// `outcall.id`.
    public var id: Int
    /// Its tenant.
    public var tenant: TenantID
    /// ISO 3166 code of the tenant's country; `nil` when it has none.
    public var country: String?
    /// Whether it leads to another site of ours: the caller id is left alone.
    public var isInternal = false
    /// Subroutine of the dialplan before the call.
    public var preprocessSubroutine: String?
    /// Seconds until ringing is given up; 0: never.
    public var ringSeconds = 0
    /// Digits that the pattern drops from the number.
    public var strippedDigits = 0
    /// What the pattern puts before the number.
    public var prefix = ""
    /// Caller id of the pattern; `nil`: none.
    public var callerID: String?
    /// Number of trunks that are associated, with and without an endpoint.
    public var trunkCount = 0
    /// Trunks that have an endpoint, by priority.
    public var trunks: [OutcallTrunk] = []

    /// A route with what identifies it; the rest is empty.
    public init(id: Int, tenant: TenantID, country: String? = nil) {
        self.id = id
        self.tenant = tenant
        self.country = country
    }
}

/// Routes to the outside.
public protocol OutcallDirectory: Sendable {
    /// The enabled route of a dial pattern, in one round trip.
    /// - Throws: `DatabaseFailure`.
    func outcall(pattern id: Int) async throws -> OutcallRecord?
}
