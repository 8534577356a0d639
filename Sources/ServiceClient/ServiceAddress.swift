import Core

/// Where a service of the platform listens (contract 00 §2.2).
public struct ServiceAddress: Sendable, Hashable {
    /// Host name or address.
    public var host: String
    /// TCP port.
    public var port: Int
    /// Path before the version, with or without a leading slash; `nil`: none.
    public var prefix: String?
    /// Whether the service is reached over TLS.
    public var isSecure: Bool
    /// Version part of the path, for instance `1.1`; empty: none.
    public var version: String
    /// Seconds that a whole request may take, its body included.
    public var timeout: Double

    /// An address with all its parts; 10 s as the platform's own clients have.
    public init(
        host: String,
        port: Int,
        prefix: String? = nil,
        isSecure: Bool = false,
        version: String,
        timeout: Double = 10
    ) {
        self.host = host
        self.port = port
        self.prefix = prefix
        self.isSecure = isSecure
        self.version = version
        self.timeout = timeout
    }

    /// `scheme://host:port[/prefix][/version]`.
    public var baseURL: String {
        var path = prefix.map { $0.begins(with: "/") ? $0 : "/" + $0 } ?? ""
        while path.ends(with: "/") { path.removeLast() }
        return "\(isSecure ? "https" : "http")://\(host):\(port)\(path)" + (version.isEmpty ? "" : "/\(version)")
    }
}
