import API
import ARI
import Access
import Agid
import Bus
import CallControl
import Core
import Events
import FastAGI
import Foundation
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

/// Everything wired together, top to bottom.
struct Server {
    let settings: Settings

    func run() async throws {
        let logger = Logger(label: "tandem")
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
            retention: settings.outbox.retention,
            logger: named("outbox")
        )

        // MARK: Asterisk and the features on it
        let ari = ARIClient(configuration: settings.ari, logger: named("ari"))
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
        let recovery = Recovery(
            channels: ari,
            bridges: ari,
            features: [switchboards, cleanup],
            logger: named("recovery")
        )
        let feed = ARIEventFeed(
            configuration: settings.ari,
            client: ari,
            applications: [.init(name: LoneChannelCleanup.application, sources: ["channel:"])],
            receiver: EventRouter([switchboards, cleanup, recovery]),
            logger: named("ari")
        )

        // MARK: FastAGI
        let rules = InCallerIDRuleFile(path: settings.agi.inCallerIDFile, logger: named("agi"))
        let agid = Agid(
            incalls: directory,
            schedules: directory,
            switchboards: directory,
            clock: SystemClock(),
            inCallerIDRules: rules
        )
        let agi = FastAGIServer(
            configuration: settings.agiConfiguration,
            handlers: agid.handlers,
            logger: named("agi")
        )

        // MARK: REST
        let authorizer = Authorizer(identities: LocalIdentity(store: database.persistence, logger: named("identity")))
        let status = StatusRoutes(components: [
            "ari": { StatusRoutes.status(feed.isConnected) },
            "bus_consumer": { StatusRoutes.status(feed.isConnected) },
            "bus_publisher": { await Self.publisherStatus(publisher, database.persistence) },
            "database": { StatusRoutes.status(readPool.isReachable && database.pool.isReachable) },
            "service_token": { StatusRoutes.status(true) },
        ])
        let rest = API.server(
            router: API.router(features: [status, switchboards], authorizer: authorizer),
            host: settings.rest.listen,
            port: settings.rest.port,
            logger: named("rest")
        )

        logger.info("starting", metadata: ["rest": "\(settings.rest.listen):\(settings.rest.port)"])
        // Stopped in reverse: first nothing new comes in, the database goes last.
        var configuration = ServiceGroupConfiguration(
            services: [
                database.pool, readPool, startup, publisher, relay, cleanup, switchboards, recovery,
                GatedService(feed, behind: startup.ready), agi, rest,
                ReloadService(inCallerIDRules: rules, logger: named("agi")),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = .seconds(15)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch {
            logger.critical("stopped", metadata: ["error": "\(error)"])
            await ari.shutdown()
            throw error
        }
        await ari.shutdown()
        logger.info("stopped")
    }

    private static func publisherStatus(
        _ publisher: RabbitMQPublisher,
        _ outbox: any OutboxStoring
    ) async -> JSONValue {
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

/// A service that starts when a gate opens.
struct GatedService<Inner: Service>: Service {
    private let inner: Inner
    private let gate: @Sendable () async -> Void

    init(_ inner: Inner, behind gate: @escaping @Sendable () async -> Void) {
        self.inner = inner
        self.gate = gate
    }

    func run() async throws {
        await gate()
        try await inner.run()
    }
}
