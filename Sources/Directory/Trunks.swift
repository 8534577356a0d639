public import Core

/// A trunk with the names that its state is known by (contract 35 §2, contract 43 `trunkfeatures`).
public struct TrunkRecord: Sendable, Hashable {
    /// How the trunk is reached.
    public enum Endpoint: Sendable, Hashable {
        /// A PJSIP endpoint; `registration` is the `client_uri` that it registers as, if it does.
        case sip(name: String, registration: String?)
        /// An IAX peer.
        case iax(name: String)
        /// A custom interface, for instance `DAHDI/g1`.
        case custom(interface: String)

        /// Name of the endpoint, or the interface.
        public var name: String {
            switch self {
            case .sip(let name, _), .iax(let name), .custom(let name): name
            }
        }

        /// What Asterisk's `Registry` events call it; `nil` for a SIP trunk that does not register.
        public var username: String? {
            switch self {
            case .sip(_, let registration): registration
            case .iax(let name), .custom(let name): name
            }
        }
    }

    /// `trunkfeatures.id`.
    public var id: Int
    /// Its tenant.
    public var tenant: TenantID
    /// How it is reached.
    public var endpoint: Endpoint

    /// A record with all its parts.
    public init(id: Int, tenant: TenantID, endpoint: Endpoint) {
        self.id = id
        self.tenant = tenant
        self.endpoint = endpoint
    }
}

/// Trunks of the directory.
public protocol TrunkDirectory: Sendable {
    /// All trunks of all tenants that have an endpoint, ordered by id.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func trunks() async throws -> [TrunkRecord]
}
