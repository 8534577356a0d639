import CLibPQ

/// Where the server is, and the limits of a pool of connections to it.
public struct PostgresConfiguration: Sendable {
    /// Connection URI (`postgresql://user:password@host:port/database?…`) or `key=value` words, as libpq reads
    /// them. Holds the password.
    let uri: String
    /// Password of ``uri``, to keep it out of every text.
    let secret: String?
    /// `host:port/database`, for the log.
    public let address: String
    /// What `pg_stat_activity` shows.
    public var applicationName: String
    /// Connections, each with a thread of its own; at least 1.
    public var connections: Int
    /// Whether the server refuses to change anything (`default_transaction_read_only`).
    public var isReadOnly: Bool
    /// Callers that wait for a connection at most; a further one is told `unreachable`.
    public var maximumWaiting = 1_024
    /// How long a caller waits for a connection.
    public var waitLimit = Duration.seconds(2)
    /// How long the server works at a statement (`statement_timeout`).
    public var statementLimit = Duration.seconds(2)
    /// How long the server is waited for beyond ``statementLimit``, before the connection counts as broken.
    public var answerGrace = Duration.seconds(1)
    /// How long it may take to connect.
    public var connectLimit = Duration.seconds(2)
    /// First pause after a failed connection; each further one doubles it up to ``maximumPause``.
    public var firstPause = Duration.milliseconds(250)
    /// Longest pause between two attempts to connect.
    public var maximumPause = Duration.seconds(5)
    /// Told of each statement before it is sent, on the connection's thread; `nil`: nobody counts.
    public var onStatement: (@Sendable (PostgresStatement) -> Void)?

    /// - Parameters:
    ///   - uri: Connection URI or `key=value` words.
    ///   - applicationName: What `pg_stat_activity` shows.
    ///   - connections: Connections of the pool, at least 1.
    ///   - isReadOnly: Whether its sessions are read-only.
    /// - Throws: ``PostgresFailure/unreachable(_:)`` when libpq cannot read `uri`. The text does not repeat it.
    public init(
        uri: String,
        applicationName: String,
        connections: Int = 4,
        isReadOnly: Bool = false
    ) throws(PostgresFailure) {
        self.uri = uri
        let words = try Self.parse(uri)
        secret = words["password"].flatMap { $0.isEmpty ? nil : $0 }
        let host = words["host"] ?? words["hostaddr"] ?? "local socket"
        address = "\(host):\(words["port"] ?? "5432")/\(words["dbname"] ?? "")"
        self.applicationName = applicationName
        self.connections = max(1, connections)
        self.isReadOnly = isReadOnly
    }

    /// Takes password and URI out of a text and joins its lines.
    func redacted(_ text: String) -> String {
        var text = uri.isEmpty ? text : Self.replacingBytes(uri, in: text, by: "…")
        if let secret { text = Self.replacingBytes(secret, in: text, by: "…") }
        let lines = text.utf8.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        return lines.map { String(Substring($0.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })) }
            .joined(separator: "; ")
    }

    /// Compares bytes: as signs that a reader sees, a password before a combining mark would be another one.
    static func replacingBytes(_ part: String, in text: String, by other: String) -> String {
        String(decoding: Array(text.utf8).replacing(Array(part.utf8), with: Array(other.utf8)), as: UTF8.self)
    }

    private static func parse(_ uri: String) throws(PostgresFailure) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(uri, &message) else {
            // libpq's message quotes the URI with its password.
            PQfreemem(message)
            throw .unreachable("the connection URI is not valid")
        }
        defer { PQconninfoFree(options) }
        var words: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { words[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return words
    }
}

extension PostgresConfiguration: CustomStringConvertible {
    /// Address, database and limits; never the password.
    public var description: String {
        "\(address) as \(applicationName), \(connections) connections\(isReadOnly ? ", read only" : "")"
    }
}
