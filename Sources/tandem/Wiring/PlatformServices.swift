import AMI
import Access
import Amid
import CallControl
import ConfdDirectory
import Core
import Directory
import Events
import Identity
import Logging
import Postgres
import PostgresPersistence
import ServiceClient
import ServiceLifecycle
import Telephony

/// Our way to the platform's services: one pool of connections, our token, and a client of each.
struct PlatformServices: Sendable {
    let transport: ServiceTransport
    /// `nil` when no service is asked that wants our token.
    let token: ServiceToken?
    let auth: ServiceClient
    let amid: ServiceClient
    let confd: ServiceClient
    let agentd: ServiceClient
    let phoned: ServiceClient
    let callLogd: ServiceClient
    /// Those that the configured parts ask, by their names in `/1.0/status`.
    let inUse: [String: ServiceClient]

    /// - Parameter onRequest: Told of each request.
    init(
        _ settings: Settings,
        credentials: ServiceCredentials?,
        logger: Logger,
        onRequest: (@Sendable (_ method: String, _ url: String) -> Void)? = nil
    ) {
        let transport = ServiceTransport(onRequest: onRequest)
        let addresses = settings.siblings
        func client(_ name: String, _ address: ServiceAddress, _ token: ServiceToken?) -> ServiceClient {
            ServiceClient(name: name, address: address, transport: transport, tokens: token, logger: logger)
        }
        let auth = client("auth", addresses.auth, nil)
        let token = credentials.map {
            ServiceToken(auth: auth, credentials: $0, masterTenant: addresses.masterTenant, logger: logger)
        }
        self.transport = transport
        self.token = token
        self.auth = auth
        amid = client("amid", addresses.amid, token)
        confd = client("confd", addresses.confd, token)
        agentd = client("agentd", addresses.agentd, token)
        phoned = client("phoned", addresses.phoned, token)
        callLogd = client("call-logd", addresses.callLogd, token)
        var inUse: [String: ServiceClient] = [:]
        if settings.parts.needServiceToken { inUse["auth"] = auth }
        if settings.parts.manager == .amid { inUse["amid"] = amid }
        if settings.parts.directory == .confd { inUse["confd"] = confd }
        self.inUse = inUse
    }

    /// wazo-auth as the judge of tokens.
    func identity(cacheLife: Double) -> WazoAuthIdentity {
        WazoAuthIdentity(auth: auth, masterTenant: { token?.masterTenant }, cacheLife: cacheLife)
    }
}

/// Tokens of clients: local ones, or wazo-auth's.
struct IdentityPart {
    let identities: any IdentityChecking
    let services: [any Service]

    /// - Throws: `PostgresFailure` when the database's URI cannot be read.
    init(_ settings: Settings, platform: PlatformServices, tokens: PostgresPersistence, logger: Logger) throws {
        let life = settings.siblings.cacheSeconds
        switch settings.parts.identity {
        case .wazoAuth:
            identities = platform.identity(cacheLife: life)
            services = []
        case .local:
            let local = LocalIdentity(store: tokens, cacheLife: life, logger: logger)
            identities = local
            let channel = PostgresPersistence.tokenChannel
            services = [
                PostgresListener(try settings.statePool, channels: [channel], logger: logger) { event in
                    switch event {
                    case .listening: local.changesAreTold(true)
                    case .lost: local.changesAreTold(false)
                    case .notified: local.tokensChanged()
                    }
                }
            ]
        }
    }
}

/// The manager interface: a connection of our own, or wazo-amid.
struct ManagerPart {
    let manager: any ManagerControlling
    let services: [any Service]
    /// Brings amid's events; `nil` when the connection does.
    let busReceiver: (any BusReceiving)?

    init(_ settings: Settings, platform: PlatformServices, receiver: any ManagerEventReceiving, logger: Logger) {
        switch settings.parts.manager {
        case .ami:
            let client = AMIClient(configuration: settings.amiConfiguration, receiver: receiver, logger: logger)
            manager = client
            services = [client]
            busReceiver = nil
        case .amid:
            manager = AmidClient(client: platform.amid, logger: logger)
            services = []
            busReceiver = ManagerBusReceiver(receiver)
        }
    }
}

/// Asterisk's events as wazo-amid relays them.
struct ManagerBusReceiver: BusReceiving {
    private let events: AmidEvents

    init(_ receiver: any ManagerEventReceiving) { events = AmidEvents(receiver: receiver) }

    var bindings: [BusBinding] { AmidEvents.names.map { BusBinding($0) } }
    func receive(_ delivery: BusDelivery) async {
        // Stasis events share names with none of these, but are not ours to read.
        guard delivery.headers["category"] == nil else { return }
        await events.receive(message: delivery.body, name: delivery.name)
    }
    func busConnected() async { await events.busConnected() }
    func busDisconnected() async { await events.busDisconnected() }
}
