import Core
import ServiceClient

/// How log lines are written.
enum LogFormat: String, Sendable, CaseIterable {
    case text, json
}

/// Which server each part talks to; by the mode unless it is chosen by itself.
struct Parts: Sendable, Equatable {
    enum StasisEvents: String, Sendable, CaseIterable {
        case websocket, amqp
    }
    enum ManagerPart: String, Sendable, CaseIterable {
        case ami, amid
    }
    enum DirectoryPart: String, Sendable, CaseIterable {
        case postgresql, confd
    }
    enum IdentityPart: String, Sendable, CaseIterable {
        case local
        case wazoAuth = "wazo-auth"
    }

    var stasisEvents: StasisEvents
    var manager: ManagerPart
    var directory: DirectoryPart
    var identity: IdentityPart

    init(_ reader: inout SettingsReader, mode: Settings.Mode) {
        let isPlatform = mode == .platform
        self = reader.section("parts") { section in
            Parts(
                stasisEvents: section.optionalChoice("stasis_events") ?? (isPlatform ? .amqp : .websocket),
                manager: section.optionalChoice("manager") ?? (isPlatform ? .amid : .ami),
                directory: section.optionalChoice("directory") ?? (isPlatform ? .confd : .postgresql),
                identity: section.optionalChoice("identity") ?? (isPlatform ? .wazoAuth : .local)
            )
        }
    }

    private init(
        stasisEvents: StasisEvents,
        manager: ManagerPart,
        directory: DirectoryPart,
        identity: IdentityPart
    ) {
        self.stasisEvents = stasisEvents
        self.manager = manager
        self.directory = directory
        self.identity = identity
    }

    /// Whether a service is asked that wants our token.
    var needServiceToken: Bool { manager == .amid || directory == .confd || identity == .wazoAuth }

    /// Whether a part hears of things over the bus alone.
    var consumeBus: Bool { stasisEvents == .amqp || manager == .amid || directory == .confd }

    /// The choices by their keys, for display.
    var tree: JSONValue {
        [
            "stasis_events": .string(stasisEvents.rawValue), "manager": .string(manager.rawValue),
            "directory": .string(directory.rawValue), "identity": .string(identity.rawValue),
        ]
    }
}

/// The platform's services (contract 00 §2.2, contract 38 §0.2).
struct Siblings: Sendable {
    var amid: ServiceAddress
    var auth: ServiceAddress
    var confd: ServiceAddress
    var phoned: ServiceAddress
    var callLogd: ServiceAddress
    var agentd: ServiceAddress
    var dird: ServiceAddress
    /// File with the service's credentials; it wins over ``username`` and ``password``.
    var keyFile: String
    /// File with the credentials of wazo-agid, which FastAGI uses where it is there.
    var dialplanKeyFile: String
    var username: String?
    var password: String?
    var masterTenant: TenantID?
    /// Seconds that a positive answer about a token is kept.
    var cacheSeconds: Double

    init(_ reader: inout SettingsReader) {
        func address(_ reader: inout SettingsReader, _ version: String) -> ServiceAddress {
            ServiceAddress(
                host: reader.string("host"),
                port: reader.integer("port", in: 1...65_535),
                prefix: reader.optionalString("prefix"),
                isSecure: reader.boolean("https"),
                version: version,
                timeout: reader.seconds("timeout", in: 0.1...120)
            )
        }
        amid = reader.section("amid") { address(&$0, "1.0") }
        confd = reader.section("confd") { address(&$0, "1.1") }
        phoned = reader.section("phoned") { address(&$0, "0.1") }
        callLogd = reader.section("call_logd") { address(&$0, "1.0") }
        agentd = reader.section("agentd") { address(&$0, "1.0") }
        dird = reader.section("dird") { address(&$0, "0.1") }
        (auth, keyFile, dialplanKeyFile, username, password, masterTenant, cacheSeconds) = reader.section("auth") {
            section in
            (
                address(&section, "0.1"), section.string("key_file"), section.string("agid_key_file"),
                section.optionalString("username"),
                section.optionalString("password"), section.optionalString("master_tenant_uuid").map(TenantID.init(_:)),
                section.seconds("cache_seconds", in: 0...10)
            )
        }
    }
}

/// Asterisk's Manager Interface.
struct AMISection: Sendable {
    var host: String
    var port: Int
    var username: String
    var secret: String
    var timeout: Double

    init(_ reader: inout SettingsReader) {
        host = reader.string("host")
        port = reader.integer("port", in: 1...65_535)
        username = reader.string("username")
        secret = reader.string("secret")
        timeout = reader.seconds("timeout", in: 0.1...60)
    }
}

/// Consul, and how we are announced there (contract 00 §10).
struct Discovery: Sendable {
    enum Scheme: String, Sendable, CaseIterable {
        case http, https
    }
    var scheme: Scheme
    var host: String
    var port: Int
    var token: String?
    var isEnabled: Bool
    var address: String
    var interface: String
    var advertisedPort: Int
    var timeToLive: Double
    var refreshInterval: Double
    var retryInterval: Double
    var extraTags: [String]

    init(_ reader: inout SettingsReader) {
        (scheme, host, port, token) = reader.section("consul") { section in
            _ = section.boolean("verify")
            return (
                section.choice("scheme"), section.string("host"), section.integer("port", in: 1...65_535),
                section.optionalString("token")
            )
        }
        (isEnabled, address, interface, advertisedPort, timeToLive, refreshInterval, retryInterval, extraTags) =
            reader.section("service_discovery") { section in
                (
                    section.boolean("enabled"), section.string("advertise_address"),
                    section.string("advertise_address_interface"), section.integer("advertise_port", in: 1...65_535),
                    section.seconds("ttl_interval", in: 1...3_600),
                    section.seconds("refresh_interval", in: 0.1...3_600),
                    section.seconds("retry_interval", in: 0.1...3_600), section.strings("extra_tags")
                )
            }
    }
}
