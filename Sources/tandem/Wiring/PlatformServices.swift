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
    /// The token of FastAGI, which needs other accesses: that of wazo-agid where its key is there; `nil`: ours.
    let dialplanToken: ServiceToken?
    /// What FastAGI asks with.
    let dialplanTokens: (any ServiceTokenProviding)?
    private let hasLocalTokens: Bool
    let auth: ServiceClient
    let amid: ServiceClient
    let confd: ServiceClient
    let agentd: ServiceClient
    let phoned: ServiceClient
    let callLogd: ServiceClient
    /// Those that the configured parts ask, by their names in `/1.0/status`.
    let inUse: [String: ServiceClient]

    /// - Parameters:
    ///   - dialplanCredentials: wazo-agid's, where they are there.
    ///   - onRequest: Told of each request.
    init(
        _ settings: Settings,
        credentials: ServiceCredentials?,
        dialplanCredentials: ServiceCredentials? = nil,
        logger: Logger,
        onRequest: (@Sendable (_ method: String, _ url: String) -> Void)? = nil
    ) {
        let transport = ServiceTransport(onRequest: onRequest)
        let addresses = settings.siblings
        func client(
            _ name: String,
            _ address: ServiceAddress,
            _ tokens: (any ServiceTokenProviding)?
        ) -> ServiceClient {
            ServiceClient(name: name, address: address, transport: transport, tokens: tokens, logger: logger)
        }
        let auth = client("auth", addresses.auth, nil)
        func granted(_ credentials: ServiceCredentials, _ needs: [String]) -> ServiceToken {
            ServiceToken(
                auth: auth,
                credentials: credentials,
                masterTenant: addresses.masterTenant,
                needs: needs,
                logger: logger
            )
        }
        let needs = NeededAccess(settings)
        let isShared = dialplanCredentials == nil
        let token = credentials.map { granted($0, needs.server + (isShared ? needs.dialplan : [])) }
        let dialplanToken = credentials == nil ? nil : dialplanCredentials.map { granted($0, needs.dialplan) }
        self.transport = transport
        self.token = token
        self.dialplanToken = dialplanToken
        dialplanTokens =
            dialplanToken.map { first in token.map { TokensInTurn(first: first, second: $0) } ?? first } ?? token
        hasLocalTokens = settings.parts.identity == .local
        self.auth = auth
        amid = client("amid", addresses.amid, token)
        confd = client("confd", addresses.confd, token)
        agentd = client("agentd", addresses.agentd, dialplanTokens)
        phoned = client("phoned", addresses.phoned, token)
        callLogd = client("call-logd", addresses.callLogd, token)
        var inUse: [String: ServiceClient] = [:]
        if settings.parts.needServiceToken { inUse["auth"] = auth }
        if settings.parts.manager == .amid { inUse["amid"] = amid }
        if settings.parts.directory == .confd { inUse["confd"] = confd }
        self.inUse = inUse
    }

    /// What runs: our tokens.
    var services: [any Service] { [token, dialplanToken].compactMap { $0 } }

    /// The platform's master tenant, once it is known (contract 00 §4.5). With local tokens there is none: a token's own
    /// right to act for all tenants decides, and nothing is guessed from the rows of tenants.
    var masterTenant: @Sendable () -> TenantID? {
        guard !hasLocalTokens else { return { nil } }
        return { [token] in token?.masterTenant }
    }

    /// The tenant whose lists hold every tenant's calls when they recurse (contract 10 §2.1). With local tokens no tenant
    /// does, and no tenant has this id.
    var recursingTenant: @Sendable () -> TenantID? {
        guard !hasLocalTokens else { return { TenantID("") } }
        return masterTenant
    }

    /// wazo-auth as the judge of tokens.
    func identity(cacheLife: Double) -> WazoAuthIdentity {
        WazoAuthIdentity(auth: auth, masterTenant: { token?.masterTenant }, cacheLife: cacheLife)
    }
}

/// Tokens of clients: local ones, or wazo-auth's.
struct IdentityPart {
    let identities: any IdentityChecking
    /// Brings word of sessions that ended; `nil` with local tokens.
    let busReceiver: (any BusReceiving)?
    let services: [any Service]

    /// - Throws: `PostgresFailure` when the database's URI cannot be read.
    init(_ settings: Settings, platform: PlatformServices, databases: Databases, logger: Logger) throws {
        let life = settings.siblings.cacheSeconds
        switch settings.parts.identity {
        case .wazoAuth:
            let auth = platform.identity(cacheLife: life)
            identities = auth
            busReceiver = EndedSessionReceiver(identity: auth)
            services = []
        case .local:
            let local = LocalIdentity(
                store: databases.lookups,
                tenants: DirectoryTenants(directory: databases.directory),
                cacheLife: life,
                logger: logger
            )
            identities = local
            busReceiver = nil
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

/// Tells wazo-auth's judge of tokens which sessions ended: their tokens stop at once.
struct EndedSessionReceiver: BusReceiving {
    let identity: WazoAuthIdentity

    var bindings: [BusBinding] { [BusBinding("auth_session_deleted")] }

    func receive(_ delivery: BusDelivery) async { identity.sessionEnded(delivery.body["data"]?["uuid"]?.string) }

    /// What ended while nobody listened is not told any more.
    func busConnected() async { identity.sessionEnded(nil) }
    func busDisconnected() async {}
}

/// Tokens of one service, and of another while the first has none.
struct TokensInTurn: ServiceTokenProviding {
    let first: any ServiceTokenProviding
    let second: any ServiceTokenProviding

    func serviceToken() async -> String? {
        if let token = await first.serviceToken() { return token }
        return await second.serviceToken()
    }

    func renewed(instead refused: String) async -> String? {
        let isFirst = await first.serviceToken() == refused
        return await (isFirst ? first : second).renewed(instead: refused)
    }

    func isValid(_ token: String) async -> Bool? { await first.isValid(token) }
}

/// Accesses that requests of ours need and that the keys of the platform may lack; `*` stands for any id.
struct NeededAccess {
    /// Of the REST side.
    let server: [String]
    /// Of FastAGI.
    let dialplan: [String]

    init(_ settings: Settings) {
        let parts = settings.parts
        var server: [String] = []
        if parts.manager == .amid {
            server += ["VoicemailMove", "VoicemailRemove", "VoicemailRefresh", "DBGet", "DBDel", "PJSIPNotify"]
                .map { "amid.action.\($0).create" }
        }
        if settings.mode == .platform { server.append("call-logd.voicemails.transcriptions.read") }
        self.server = server
        var dialplan: [String] = []
        if parts.identity == .wazoAuth { dialplan += ["auth.users.*.tokens.read", "auth.users.*.sessions.read"] }
        if parts.directory == .confd { dialplan.append("dird.graphql.user") }
        self.dialplan = dialplan
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
