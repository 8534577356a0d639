/// How RabbitMQ is reached and what is declared there (contract 00 §2.2 `bus`).
public struct BusConfiguration: Sendable, Hashable {
    /// Host name or address.
    public var host: String
    /// Port.
    public var port: Int
    /// User name.
    public var username: String
    /// Password; never logged.
    public var password: String
    /// Virtual host.
    public var virtualHost: String
    /// Exchange that events are published to.
    public var exchange: String
    /// Its type.
    public var exchangeType: String
    /// Whether the exchange outlives the broker's restart.
    public var isDurable: Bool
    /// Seconds between heartbeats.
    public var heartbeat: Int
    /// Seconds that connecting, and each answer of the broker, may take.
    public var timeout: Double

    /// A configuration with all its parts.
    public init(
        host: String = "localhost",
        port: Int = 5672,
        username: String = "guest",
        password: String = "guest",
        virtualHost: String = "/",
        exchange: String = "wazo-headers",
        exchangeType: String = "headers",
        isDurable: Bool = true,
        heartbeat: Int = 10,
        timeout: Double = 5
    ) {
        self.host = host
        self.port = port
        self.username = username
        self.password = password
        self.virtualHost = virtualHost
        self.exchange = exchange
        self.exchangeType = exchangeType
        self.isDurable = isDurable
        self.heartbeat = heartbeat
        self.timeout = timeout
    }
}
