import ARI
import Core
import Foundation

/// The whole configuration, read once (contract 00 §2.2; `docs/configuration.md` explains each key).
struct Settings: Sendable {
    struct REST: Sendable {
        var listen: String
        var port: Int
    }
    struct Bus: Sendable {
        var host: String
        var port: Int
        var username: String
        var password: String
        var virtualHost: String
        var exchangeName: String
        var exchangeType: String
    }
    struct Database: Sendable {
        var uri: String
        var readURI: String
        var readConnections: Int
        var stateConnections: Int
        var statementTimeout: Double
    }
    struct AGI: Sendable {
        var listenAddress: String
        var listenPort: Int
        var maximumSessions: Int
        var maximumHandlers: Int
        var inCallerIDFile: String
    }
    struct Retention: Sendable {
        var outbox: Double
        var history: Double
    }

    var logLevel: String
    var logFilename: String?
    var systemUUID: String?
    var rest: REST
    var ari: ARIConfiguration
    var bus: Bus
    var database: Database
    var agi: AGI
    var retention: Retention

    /// Reads the effective tree.
    /// - Throws: ``ConfigurationFaults`` with every fault at once.
    init(tree: JSONValue) throws {
        var reader = SettingsReader(tree)
        let debug = reader.boolean("debug", default: false)
        let level = reader.string("log_level", default: "info").lowercased()
        if !["critical", "error", "warning", "info", "debug"].contains(level) {
            reader.fault("log_level", "must be critical, error, warning, info or debug")
        }
        logLevel = debug ? "debug" : level
        logFilename = reader.optionalString("log_filename")
        systemUUID = reader.optionalString("uuid") ?? ProcessInfo.processInfo.environment["XIVO_UUID"]
        rest = reader.section("rest_api") { section in
            REST(
                listen: section.string("listen", default: "127.0.0.1"),
                port: section.integer("port", default: 9500, in: 0...65_535)
            )
        }
        ari = reader.section("ari") { $0.section("connection", Self.ari) }
        bus = reader.section("bus", Self.bus)
        let uri = reader.string("db_uri", default: "postgresql://asterisk:proformatique@localhost/asterisk")
        let readURI = reader.string("db_read_uri", default: uri)
        database = reader.section("database") { section in
            Database(
                uri: uri,
                readURI: readURI,
                readConnections: section.integer("read_connections", default: 4, in: 2...16),
                stateConnections: section.integer("state_connections", default: 2, in: 2...16),
                statementTimeout: section.seconds("statement_timeout", default: 2, in: 0.1...60)
            )
        }
        agi = reader.section("agid", Self.agi)
        retention = reader.section("retention") { section in
            Retention(
                outbox: section.seconds("outbox", default: 3_600, in: 60...2_592_000),
                history: section.seconds("history", default: 2_592_000, in: 60...315_360_000)
            )
        }
        if !reader.faults.isEmpty { throw ConfigurationFaults(faults: reader.faults) }
    }

    private static func ari(_ reader: inout SettingsReader) -> ARIConfiguration {
        let text = reader.string("base_url", default: "http://localhost:5039")
        var url = URL(string: text)
        if url?.host == nil || url?.scheme != "http" {
            reader.fault("base_url", "must be a URL such as http://localhost:5039")
            url = nil
        }
        return ARIConfiguration(
            baseURL: url ?? URL(filePath: "/"),
            username: reader.string("username", default: "xivo"),
            password: reader.string("password", default: "opensesame"),
            poolSize: reader.integer("pool_size", default: 100, in: 1...1_000),
            requestTimeout: reader.seconds("request_timeout", default: 5, in: 0.1...60)
        )
    }

    private static func bus(_ reader: inout SettingsReader) -> Bus {
        Bus(
            host: reader.string("host", default: "localhost"),
            port: reader.integer("port", default: 5672, in: 1...65_535),
            username: reader.string("username", default: "guest"),
            password: reader.string("password", default: "guest"),
            virtualHost: reader.string("vhost", default: "/"),
            exchangeName: reader.string("exchange_name", default: "wazo-headers"),
            exchangeType: reader.string("exchange_type", default: "headers")
        )
    }

    private static func agi(_ reader: inout SettingsReader) -> AGI {
        AGI(
            listenAddress: reader.string("listen_address", default: "127.0.0.1"),
            listenPort: reader.integer("listen_port", default: 4_573, in: 0...65_535),
            maximumSessions: reader.integer("maximum_sessions", default: 4_096, in: 1...65_536),
            maximumHandlers: reader.integer("maximum_handlers", default: 64, in: 1...4_096),
            inCallerIDFile: reader.string("in_callerid_file", default: "/etc/xivo/asterisk/xivo_in_callerid.conf")
        )
    }
}

/// Every fault of a configuration.
struct ConfigurationFaults: Error, CustomStringConvertible {
    var faults: [String]
    var description: String { (["The configuration has faults:"] + faults.map { "  \($0)" }).joined(separator: "\n") }
}
