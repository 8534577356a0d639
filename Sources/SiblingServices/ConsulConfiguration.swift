/// Consul, and how we are announced there (contract 00 §10; keys `consul` and `service_discovery`).
public struct ConsulConfiguration: Sendable, Hashable {
    /// Host of Consul's agent.
    public var host = "localhost"
    /// Its TCP port.
    public var port = 8_500
    /// Whether it is reached over TLS.
    public var isSecure = false
    /// Header `X-Consul-Token`; never logged. `nil`: none.
    public var token: String?
    /// Seconds that a request to it, or to ourselves, may take.
    public var timeout = 5.0
    /// The address that others are told; `auto`: one of this machine.
    public var advertisedAddress = "auto"
    /// The interface whose address is told for `auto`.
    public var interface = "eth0"
    /// The port that others are told, for us or for the proxy before us.
    public var advertisedPort = 9_500
    /// Our own REST port, for the self-check.
    public var ownPort = 9_500
    /// Whether our own REST port speaks TLS.
    public var isOwnPortSecure = false
    /// Seconds after which Consul takes us for dead, unless the check was passed.
    public var timeToLive = 30.0
    /// Seconds between two passes of the check; less than ``timeToLive``.
    public var refreshInterval = 27.0
    /// Seconds before something that failed is tried again.
    public var retryInterval = 2.0
    /// Tags behind the platform's own.
    public var extraTags: [String] = []

    /// The defaults of the contract.
    public init() {}
}
