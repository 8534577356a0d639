import ARI
import Agid
import Core
import FastAGI
import Faxes
import Foundation
import Voicemails

/// The whole configuration, read once (contract 00 §2.2; `docs/configuration.md` explains each key).
struct Settings: Sendable {
    /// The way of running, which each part follows unless it is chosen by itself.
    enum Mode: String, Sendable, CaseIterable {
        case standalone, platform
    }
    struct REST: Sendable {
        var listen: String
        var port: Int
        /// PEM files; both, or the interface speaks plain HTTP.
        var certificate: String?
        var privateKey: String?
        var corsEnabled: Bool
        var corsHeaders: [String]
        var maximumRequests: Int
        var waitingRequests: Int
        var bodyLimit: Int
        var jsonLimit: Int
        /// `nil`: a quarter of ``maximumRequests``.
        var requestsPerToken: Int?
        var slowRequests: Int
        var waitingSlowRequests: Int
        var connectionsPerPeer: Int
        /// Proxies that are believed where a client comes from.
        var trustedProxies: [AddressRange]
        /// Where health and metrics are asked for; `nil`: on the port of the interface.
        var healthListen: (host: String, port: Int)?
    }
    struct Bus: Sendable {
        /// Whether the site has a broker.
        var isEnabled: Bool
        var host: String
        var port: Int
        var username: String
        var password: String
        var virtualHost: String
        var exchangeName: String
        var exchangeType: String
    }
    struct Collectd: Sendable {
        var exchangeName: String
        var exchangeType: String
        var isDurable: Bool
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
        var listenBacklog: Int
        var allowedPeers: [AddressRange]
        var unknownCallRights: UnknownCallRights
        var callbacks: Callbacks
        var maximumSessions: Int
        var maximumHandlers: Int
        var inCallerIDFile: String
        var ringToneFile: String
        var faxFile: String
    }
    struct Calls: Sendable {
        /// Whether `call_ended` shows caller and peer the other way round (contract 10 §6 row 1).
        var swapsEndedParties: Bool
        /// Seconds between two comparisons of the registry of calls with Asterisk.
        var checkInterval: Double
        /// Contexts of the dialplan that every tenant may call in, though the directory does not have them.
        var openContexts: Set<String>
    }
    struct Faxes: Sendable {
        /// Without a slash at the end, both.
        var spool: String
        var receivedFolder: String
        /// Seconds that received faxes are kept: those that were delivered, and those that cannot be.
        var receivedKeep: Double
        var undeliveredKeep: Double
        var sending: SentFaxConfiguration
    }
    struct Recordings: Sendable {
        /// Without a slash at the end.
        var folder: String
    }
    struct Applications: Sendable {
        /// Folders on Asterisk's machine whose sounds may be named by their whole path.
        var mediaFolders: [String]
    }
    /// How callers are called back.
    enum Callbacks: String, Sendable, CaseIterable {
        case originate, file
    }
    /// Key `event_stream`: `GET /1.0/events`.
    struct EventStreaming: Sendable {
        var isEnabled: Bool
        var maximumClients: Int
        var waitingEvents: Int
        var resumeSeconds: Double
        var maximumClientsPerToken: Int
    }

    struct Retention: Sendable {
        var outbox: Double
        var unpublished: Double
        var history: Double
    }

    var mode: Mode
    /// Why it is this one, half a sentence.
    var modeReason: String
    /// The file that was read; `nil`: none, every key has its default.
    var mainFile: String?
    /// What is no fault and is probably not meant, a line each.
    var warnings: [String]
    var parts: Parts
    var logLevel: String
    /// Key `log_level`, whatever `debug` says.
    var configuredLevel: String
    var logFormat: LogFormat
    var logFilename: String?
    var user: String?
    var stopTimeout: Double
    var systemUUID: String?
    var rest: REST
    var siblings: Siblings
    var ari: ARIConfiguration
    var ami: AMISection
    var bus: Bus
    var collectd: Collectd
    var database: Database
    var agi: AGI
    var applications: Applications
    var calls: Calls
    var recordings: Recordings
    var faxes: Faxes
    var eventStream: EventStreaming
    var voicemails: VoicemailConfiguration
    var retention: Retention
    var discovery: Discovery
    var enabledFeatures: Set<String>
    var maximumMeetingParticipants: Int
    /// All keys with their values, for display; see ``maskedTree``.
    let effectiveTree: JSONValue

    /// Reads the merged tree.
    /// - Throws: ``ConfigurationFaults`` with every fault at once.
    init(_ tree: ConfigurationTree) throws {
        let choice = ModeChoice(tree)
        let defaults = ConfigurationDefaults.tree(for: choice.mode)
        modeReason = choice.reason
        mainFile = tree.mainFile
        warnings =
            UnknownKeys.warnings(in: tree, defaults: defaults) + UnknownKeys.unusedKeys(in: tree)
            + Self.knownPasswords(in: tree.value, defaults)
        var reader = SettingsReader(tree.value, defaults: defaults)
        mode = reader.choice("mode")
        parts = Parts(&reader, mode: mode)
        let debug = reader.boolean("debug")
        let level = reader.string("log_level").lowercased()
        if !["critical", "error", "warning", "info", "debug"].contains(level) {
            reader.fault("log_level", "must be critical, error, warning, info or debug")
        }
        logLevel = debug ? "debug" : level
        configuredLevel = level
        logFormat = reader.choice("log_format")
        // Null in a file means standard output, also where the default is a file.
        logFilename = tree.value["log_filename"] == .null ? nil : reader.optionalString("log_filename")
        user = tree.value["user"] == .null ? nil : reader.optionalString("user")
        stopTimeout = reader.seconds("stop_timeout", in: 1...300)
        systemUUID = reader.optionalString("uuid") ?? ProcessInfo.processInfo.environment["XIVO_UUID"]
        rest = reader.section("rest_api", Self.rest)
        siblings = Siblings(&reader)
        let threads = rest.maximumRequests
        ari = reader.section("ari") { section in
            _ = section.seconds("reconnection_delay", in: 0...3_600)
            let delay = section.seconds("startup_connection_delay", in: 0.05...60)
            return section.section("connection") { Self.ari(&$0, threads: threads, delay: delay) }
        }
        ami = reader.section("ami") { AMISection(&$0) }
        let consumesBus = parts.consumeBus
        bus = reader.section("bus") { Self.bus(&$0, isNeeded: consumesBus) }
        collectd = reader.section("collectd") { section in
            Collectd(
                exchangeName: section.string("exchange_name"),
                exchangeType: section.string("exchange_type"),
                isDurable: section.boolean("exchange_durable")
            )
        }
        database = Self.database(&reader)
        agi = reader.section("agid", Self.agi)
        applications = reader.section("applications", Self.applications)
        calls = reader.section("calls") { section in
            Calls(
                swapsEndedParties: section.boolean("swap_ended_parties"),
                checkInterval: section.seconds("check_interval", in: 1...86_400),
                openContexts: Set(section.strings("open_contexts"))
            )
        }
        recordings = reader.section("recordings", Self.recordings)
        faxes = reader.section("faxes", Self.faxes)
        voicemails = reader.section("voicemails", Self.voicemails)
        retention = reader.section("retention") { section in
            Retention(
                outbox: section.seconds("outbox", in: 60...2_592_000),
                unpublished: section.seconds("unpublished", in: 60...2_592_000),
                history: section.seconds("history", in: 60...315_360_000)
            )
        }
        eventStream = reader.section("event_stream") { section in
            EventStreaming(
                isEnabled: section.boolean("enabled"),
                maximumClients: section.integer("maximum_clients", in: 1...100_000),
                waitingEvents: section.integer("waiting_events", in: 10...1_000_000),
                resumeSeconds: section.seconds("resume_seconds", in: 0...86_400),
                maximumClientsPerToken: section.integer("maximum_clients_per_token", in: 1...100_000)
            )
        }
        discovery = Discovery(&reader)
        enabledFeatures = reader.enabledNames("enabled_plugins")
        maximumMeetingParticipants = reader.integer("max_meeting_participants", in: 1...10_000)
        effectiveTree = ConfigurationTree.merge(
            ["log_level": .string(level), "uuid": systemUUID.map(JSONValue.string) ?? .null],
            over: ConfigurationTree.merge(tree.value, over: defaults)
        )
        if !reader.faults.isEmpty { throw ConfigurationFaults(reader.faults, in: tree) }
    }

    /// Passwords of the examples that are still in use.
    private static func knownPasswords(in tree: JSONValue, _ defaults: JSONValue) -> [String] {
        let effective = ConfigurationTree.merge(tree, over: defaults)
        let passwords = [
            ("ari.connection.password", effective["ari"]?["connection"]?["password"]),
            ("ami.secret", effective["ami"]?["secret"]),
        ]
        return passwords.filter { $0.1?.string == ConfigurationDefaults.examplePassword }.map {
            "\($0.0) is the one of the example, which everybody knows: change it here and in Asterisk"
        }
    }
}
