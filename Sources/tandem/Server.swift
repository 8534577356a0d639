import API
import ARI
import Agid
import Bus
import CallControl
import Core
import Events
import FastAGI
import Identity
import Logging
import Persistence
import Postgres
import PostgresDirectory
import PostgresPersistence
import ServiceLifecycle
import Switchboards
import Telephony
import UnixSignals

/// Everything wired together, top to bottom: each part is made from the settings and the parts before it.
struct Server {
    private let logger = Logger(label: "tandem")
    private let ari: ARIClient
    private let services: [any Service]
    private let stopTimeout: Double

    /// - Throws: `PostgresFailure` when a database URI cannot be read.
    init(settings: Settings, credentials: ServiceCredentials?, level: LogLevel) throws {
        stopTimeout = settings.stopTimeout
        func named(_ name: String) -> Logger { Logger(label: "tandem.\(name)") }

        // MARK: PostgreSQL
        let database = try LocalDatabase(settings, logger: named("database"))
        let readPool = PostgresPool(try settings.readPool, name: "read", logger: named("database"))
        let directory = PostgresDirectory(pool: readPool)
        let startup = DatabaseStartup(
            database: database,
            directory: directory,
            uuid: settings.systemUUID,
            logger: named("database")
        )

        // MARK: RabbitMQ
        let publisher = RabbitMQPublisher(configuration: settings.busConfiguration, logger: named("bus"))
        let relay = OutboxRelay(
            outbox: database.persistence,
            publisher: publisher,
            retention: settings.retention.outbox,
            logger: named("outbox")
        )

        // MARK: Asterisk and the features on it
        ari = ARIClient(configuration: settings.ari, logger: named("ari"))
        let cleanup = LoneChannelCleanup(channels: ari, bridges: ari, logger: named("cleanup"))
        let switchboards = Switchboards(
            ports: SwitchboardPorts(
                channels: ari,
                bridges: ari,
                switchboards: directory,
                users: directory,
                store: RelayedStateStore(store: database.persistence, relay: relay),
                envelope: BusEnvelope(origin: startup.systemUUID),
                cleanup: cleanup,
                failures: AsteriskFailures(baseURL: settings.ari.displayedBaseURL),
                logger: named("switchboards")
            )
        )
        // The clean-up comes last: by then features have claimed the bridges that they are still assembling.
        let recovery = Recovery(
            channels: ari,
            bridges: ari,
            features: [switchboards, cleanup],
            logger: named("recovery")
        )
        let feed = ARIEventFeed(
            configuration: settings.ari,
            client: ari,
            applications: [StasisApplication(name: LoneChannelCleanup.application, sources: ["channel:"])],
            receiver: EventRouter([switchboards, cleanup, recovery]),
            logger: named("ari")
        )

        // MARK: FastAGI
        let rules = InCallerIDRuleFile(path: settings.agi.inCallerIDFile, logger: named("agi"))
        let agi = FastAGIServer(
            configuration: settings.agiConfiguration,
            handlers: Agid(
                incalls: directory,
                schedules: directory,
                switchboards: directory,
                clock: SystemClock(),
                inCallerIDRules: rules
            ).handlers,
            logger: named("agi")
        )

        // MARK: REST
        let status = StatusRoutes(components: [
            "ari": { StatusRoutes.status(feed.isConnected) },
            "bus_consumer": { StatusRoutes.status(feed.isConnected) },
            "bus_publisher": { await Self.status(of: publisher, database.persistence) },
            "database": { StatusRoutes.status(readPool.isReachable && database.pool.isReachable) },
            "service_token": { StatusRoutes.status(true) },
        ])
        let identities = LocalIdentity(store: database.persistence, logger: named("identity"))
        let rest = API.server(
            router: API.router(features: [status, switchboards], authorizer: Authorizer(identities: identities)),
            host: settings.rest.listen,
            port: settings.rest.port,
            logger: named("rest")
        )

        // Stopped in reverse: first nothing new comes in, the database goes last.
        services = [
            database.pool, readPool, startup, publisher, relay,
            HistoryRetention(
                store: database.persistence,
                seconds: settings.retention.history,
                logger: named("database")
            ),
            cleanup, switchboards, recovery,
            GatedService(feed, behind: startup.ready), agi, rest,
            ReloadService(inCallerIDRules: rules, logger: named("agi")),
        ]
    }

    /// Runs until SIGTERM, SIGINT, or a failure that nothing can recover from.
    func run() async throws {
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = .seconds(stopTimeout)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await ServiceGroup(configuration: configuration).run())
            logger.info("stopped")
        } catch {
            logger.critical("stopped", metadata: ["error": "\(error)"])
            outcome = .failure(error)
        }
        await ari.shutdown()
        try outcome.get()
    }

    private static func status(of publisher: RabbitMQPublisher, _ outbox: any OutboxStoring) async -> JSONValue {
        var status: [String: JSONValue] = ["status": publisher.isConnected ? "ok" : "fail"]
        if let backlog = try? await outbox.backlog() {
            status["outbox"] = [
                "pending": .integer(Int64(backlog.pending)),
                "oldest_seconds": .number(backlog.oldestSeconds),
            ]
        }
        return .object(status)
    }
}
