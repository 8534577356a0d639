import NIOSSL

/// The bounds and options of the REST interface (contract 00 §2.2 `rest_api`).
public struct APIConfiguration: Sendable {
    /// Whether the interface describes itself (contract 00 §9.3).
    public var isDescribed = true
    /// Cross-origin requests (contract 00 §3).
    public var cors: CORSPolicy
    /// Bytes of a document at most; beyond: 413. The reference's proxy allows 16 MiB.
    public var bodyLimit: Int
    /// Bytes of a JSON body at most; beyond: 413.
    public var jsonLimit: Int
    /// Requests that run at once (`max_threads` of the reference); at least 1.
    public var maximumRequests: Int
    /// Requests that wait for a place while so many run; beyond: 503 `server-busy`.
    public var maximumWaitingRequests: Int
    /// How long a request waits for a place at most; then it is 503 `server-busy`.
    public var patience: Duration
    /// The same for those that take long.
    public var slowPatience: Duration
    /// Of them at once for one token, at least 1; its further ones wait.
    public var requestsPerToken: Int
    /// Requests at once that take long: documents and conversions; at least 1. They are none of the others.
    public var slowRequests: Int
    /// Such requests that wait; beyond: 503 `server-busy`.
    public var waitingSlowRequests: Int
    /// Open connections at most; further ones wait in the kernel's backlog.
    public var maximumConnections: Int
    /// Of them from one address; further ones are closed at once. A proxy is one address.
    public var connectionsPerPeer: Int
    /// Whether an address is a proxy's whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    public var isTrustedProxy: @Sendable (String) -> Bool
    /// How long the head of a request may take, counted from its first byte, or from the connection for the first one.
    public var headTimeout: Duration
    /// How long a body may take before it must have come at 8 KiB a second.
    public var bodyGrace: Duration
    /// Certificate and key of the port (contract 00 §2.2); `nil`: plain HTTP.
    public var tls: TLSFiles?
    /// How long a connection may be silent between requests, and within one that is not wholly sent.
    public var idleTimeout: Duration

    /// The reference's bounds where it has them.
    public init(
        cors: CORSPolicy = CORSPolicy(),
        bodyLimit: Int = 16 * 1_024 * 1_024,
        jsonLimit: Int = 256 * 1_024,
        maximumRequests: Int = 100,
        maximumWaitingRequests: Int = 1_000,
        patience: Duration = .seconds(10),
        slowPatience: Duration = .seconds(60),
        requestsPerToken: Int? = nil,
        slowRequests: Int = 8,
        waitingSlowRequests: Int = 32,
        maximumConnections: Int = 4_096,
        connectionsPerPeer: Int = 1_024,
        idleTimeout: Duration = .seconds(75),
        headTimeout: Duration = .seconds(10),
        bodyGrace: Duration = .seconds(10),
        isTrustedProxy: @escaping @Sendable (String) -> Bool = { _ in false },
        tls: TLSFiles? = nil
    ) {
        self.isTrustedProxy = isTrustedProxy
        self.tls = tls
        self.cors = cors
        self.bodyLimit = bodyLimit
        self.jsonLimit = jsonLimit
        self.maximumRequests = maximumRequests
        self.maximumWaitingRequests = maximumWaitingRequests
        self.patience = patience
        self.slowPatience = slowPatience
        self.requestsPerToken = requestsPerToken ?? max(min(8, maximumRequests), maximumRequests / 4)
        self.slowRequests = slowRequests
        self.waitingSlowRequests = waitingSlowRequests
        self.maximumConnections = maximumConnections
        self.connectionsPerPeer = connectionsPerPeer
        self.idleTimeout = idleTimeout
        self.headTimeout = headTimeout
        self.bodyGrace = bodyGrace
    }

    var bodyLimits: BodyLimits {
        BodyLimits(document: bodyLimit, json: min(jsonLimit, bodyLimit), grace: bodyGrace)
    }
}

/// What makes the port speak TLS: two PEM files.
public struct TLSFiles: Sendable, Hashable {
    /// Path of the certificate, its chain behind it.
    public var certificate: String
    /// Path of the private key.
    public var privateKey: String

    /// Files at these paths.
    public init(certificate: String, privateKey: String) {
        self.certificate = certificate
        self.privateKey = privateKey
    }

    /// - Throws: when a file cannot be read or is not what it should be.
    func configuration() throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate).map(NIOSSLCertificateSource.certificate)
        let key = try NIOSSLPrivateKey(file: privateKey, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain,
            privateKey: .privateKey(key)
        )
        // Older versions are broken, and no client of ours needs them.
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }
}
