/// The bounds and options of the REST interface (contract 00 §2.2 `rest_api`).
public struct APIConfiguration: Sendable {
    /// Cross-origin requests (contract 00 §3).
    public var cors: CORSPolicy
    /// Bytes of a request's body at most; beyond: 413. The reference's proxy allows 16 MiB.
    public var bodyLimit: Int
    /// Requests that run at once (`max_threads` of the reference); at least 1.
    public var maximumRequests: Int
    /// Requests that wait for a place while so many run; beyond: 503 `server-busy`.
    public var maximumWaitingRequests: Int
    /// Open connections at most; further ones wait in the kernel's backlog.
    public var maximumConnections: Int
    /// How long a connection may be silent between requests, and within one that is not wholly sent.
    public var idleTimeout: Duration

    /// The reference's bounds where it has them.
    public init(
        cors: CORSPolicy = CORSPolicy(),
        bodyLimit: Int = 16 * 1_024 * 1_024,
        maximumRequests: Int = 100,
        maximumWaitingRequests: Int = 1_000,
        maximumConnections: Int = 4_096,
        idleTimeout: Duration = .seconds(75)
    ) {
        self.cors = cors
        self.bodyLimit = bodyLimit
        self.maximumRequests = maximumRequests
        self.maximumWaitingRequests = maximumWaitingRequests
        self.maximumConnections = maximumConnections
        self.idleTimeout = idleTimeout
    }
}
