import ARI
import Core
import Foundation
import Logging
import Yams

extension Settings {
    /// The level of the log.
    var level: Logger.Level {
        switch logLevel {
        case "critical": .critical
        case "error": .error
        case "warning": .warning
        case "debug": .debug
        default: .info
        }
    }

    /// The effective configuration as YAML, passwords masked.
    /// - Throws: when Yams cannot write it.
    func maskedYAML() throws -> String {
        try Yams.serialize(node: Self.node(maskedTree), sortKeys: true)
    }

    private var maskedTree: JSONValue {
        [
            "log_level": .string(logLevel),
            "log_filename": logFilename.map(JSONValue.string) ?? .null,
            "uuid": systemUUID.map(JSONValue.string) ?? .null,
            "rest_api": ["listen": .string(rest.listen), "port": .integer(Int64(rest.port))],
            "agid": [
                "listen_address": .string(agi.listenAddress),
                "listen_port": .integer(Int64(agi.listenPort)),
                "maximum_sessions": .integer(Int64(agi.maximumSessions)),
                "maximum_handlers": .integer(Int64(agi.maximumHandlers)),
                "in_callerid_file": .string(agi.inCallerIDFile),
            ],
            "ari": [
                "connection": [
                    "base_url": .string(ari.displayedBaseURL),
                    "username": .string(ari.username),
                    "password": "********",
                    "pool_size": .integer(Int64(ari.poolSize)),
                    "request_timeout": .number(ari.requestTimeout),
                ]
            ],
            "db_uri": .string(Self.masked(uri: database.uri)),
            "db_read_uri": .string(Self.masked(uri: database.readURI)),
            "database": [
                "read_connections": .integer(Int64(database.readConnections)),
                "state_connections": .integer(Int64(database.stateConnections)),
                "statement_timeout": .number(database.statementTimeout),
            ],
            "bus": [
                "host": .string(bus.host),
                "port": .integer(Int64(bus.port)),
                "username": .string(bus.username),
                "password": "********",
                "vhost": .string(bus.virtualHost),
                "exchange_name": .string(bus.exchangeName),
                "exchange_type": .string(bus.exchangeType),
            ],
            "retention": ["outbox": .number(retention.outbox), "history": .number(retention.history)],
        ]
    }

    /// A URI with its password hidden, in the authority and in the query; anything else that holds a
    /// password (`key=value` words) is hidden whole.
    static func masked(uri: String) -> String {
        guard let scheme = uri.range(of: "://") else { return uri.contains("password") ? "********" : uri }
        var text = uri
        let authority = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        if let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") {
            text.replaceSubrange(text.index(after: colon)..<at, with: "********")
        }
        return text.replacing(/password=[^&]*/) { _ in "password=********" }
    }

    private static func node(_ value: JSONValue) -> Node {
        switch value {
        case .null: Node("null", Tag(.null))
        case .bool(let flag): Node(flag ? "true" : "false", Tag(.bool))
        case .integer(let number): Node(String(number), Tag(.int))
        case .number(let number): Node("\(number)", Tag(.float))
        case .string(let text): Node(text, Tag(.str))
        case .array(let elements): Node(elements.map(node), Tag(.seq))
        case .object(let members):
            Node(members.sorted { $0.key < $1.key }.map { (Node($0.key), node($0.value)) }, Tag(.map))
        }
    }
}
