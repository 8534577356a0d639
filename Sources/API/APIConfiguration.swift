import NIOSSL

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
    /// Certificate and key of the port (contract 00 §2.2); `nil`: plain HTTP.
    public var tls: TLSFiles?
    /// How long a connection may be silent between requests, and within one that is not wholly sent.
    public var idleTimeout: Duration

    /// The reference's bounds where it has them.
    public init(
        cors: CORSPolicy = CORSPolicy(),
        bodyLimit: Int = 16 * 1_024 * 1_024,
        maximumRequests: Int = 100,
        maximumWaitingRequests: Int = 1_000,
        maximumConnections: Int = 4_096,
        idleTimeout: Duration = .seconds(75),
        tls: TLSFiles? = nil
    ) {
        self.tls = tls
        self.cors = cors
        self.bodyLimit = bodyLimit
        self.maximumRequests = maximumRequests
        self.maximumWaitingRequests = maximumWaitingRequests
        self.maximumConnections = maximumConnections
        self.idleTimeout = idleTimeout
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
        return .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
    }
}
