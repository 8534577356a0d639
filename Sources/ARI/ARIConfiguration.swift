public import Foundation

/// How Asterisk's REST interface is reached (contract 00 §2.2 `ari.connection`, §7.1).
public struct ARIConfiguration: Sendable, Hashable {
    /// Scheme, host and port, for instance `http://localhost:5039`, and the path that Asterisk's HTTP server may have in
    /// front (`prefix` in http.conf); `/ari` is added by us.
    public var baseURL: URL
    /// Name in ari.conf.
    public var username: String
    /// Its password.
    public var password: String
    /// Connections kept open at most, from 1.
    public var poolSize: Int
    /// Seconds that one request may take.
    public var requestTimeout: Double
    /// Longest pause in seconds between two tries to connect the event feed.
    public var reconnectionDelayLimit: Double

    /// A configuration with all its parts.
    public init(
        baseURL: URL,
        username: String,
        password: String,
        poolSize: Int = 100,
        requestTimeout: Double = 5,
        reconnectionDelayLimit: Double = 5
    ) {
        self.baseURL = baseURL
        self.username = username
        self.password = password
        self.poolSize = poolSize
        self.requestTimeout = requestTimeout
        self.reconnectionDelayLimit = reconnectionDelayLimit
    }

    /// The base URL as error bodies show it.
    public var displayedBaseURL: String { baseURL.absoluteString }

    /// Value of the `Authorization` header.
    var authorization: String { "Basic " + Data("\(username):\(password)".utf8).base64EncodedString() }
    /// The base URL with `/ari`, for requests.
    var root: String { Self.withoutSlash(baseURL.absoluteString) + "/ari" }
    /// The path of ``root`` alone, for the request line of a WebSocket.
    var rootPath: String { Self.withoutSlash(baseURL.path(percentEncoded: true)) + "/ari" }
    /// Host and port as they stand in the log.
    var address: String { "\(host):\(port)" }

    private static func withoutSlash(_ text: String) -> String {
        var text = text
        while text.utf8.last == UInt8(ascii: "/") { text.removeLast() }
        return text
    }

    var host: String { baseURL.host ?? "localhost" }
    var port: Int { baseURL.port ?? 8088 }
}
