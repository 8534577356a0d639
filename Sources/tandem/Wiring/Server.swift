import API
import ARI
import Agid
import Bus
import CallControl
import Core
import Directory
import Events
import FastAGI
import Identity
import Logging
import Persistence
import PhoneNumbers
import Postgres
import PostgresDirectory
import PostgresPersistence
import PrometheusMetrics
import ServiceClient
import ServiceLifecycle
import Switchboards
import Telephony
import UnixSignals

/// Everything wired together, top to bottom: each part is made from the settings and the parts before it.
struct Server {
    private let logger = Logger(label: "tandem")
    private let ari: ARIClient
    private let transport: ServiceTransport
    private let services: [any Service]
    private let stopTimeout: Double

    /// - Throws: `PostgresFailure` when a database URI cannot be read.
    init(
        settings: Settings,
        credentials: ServiceCredentials?,
        dialplanCredentials: ServiceCredentials?,
        running: RunningConfiguration,
        figures: PrometheusRegistry
    ) throws {
        stopTimeout = settings.stopTimeout
        func named(_ name: String) -> Logger { Logger(label: "tandem.\(name)") }

        // MARK: The platform's services, PostgreSQL, and who the master tenant is
        let platform = PlatformServices(
            settings,
            credentials: credentials,
            dialplanCredentials: dialplanCredentials,
            logger: named("platform")
        )
        transport = platform.transport
        let databases = try Databases(settings, master: platform.masterTenant, logger: named("database"))
        databases.startup.whenReady { running.setUUID($0) }
        let persistence = databases.state.persistence

        // MARK: RabbitMQ
        let publishing = PublisherPart(settings, logger: named("bus"))
        let publisher = publishing.publisher
        let relay = OutboxRelay(
            outbox: persistence,
            publisher: publisher,
            retention: settings.retention.outbox,
            unpublishedRetention: settings.retention.unpublished,
            logger: named("outbox")
        )
        let envelope = BusEnvelope(origin: databases.startup.systemUUID)
        let bus = BusPart(settings, logger: named("bus"))
        let stream = EventStreamPart(
            settings,
            events: persistence,
            missed: databases.lookups,
            logger: named("event_stream")
        )
        let events = EventSink(
            publisher: publisher,
            store: persistence,
            outbox: persistence,
            relay: relay,
            envelope: envelope,
            whenAccepted: stream.take,
            whenPublished: stream.keep,
            logger: named("events")
        )
        let store = RelayedStateStore(store: persistence, relay: relay, whenStored: stream.take)

        // MARK: Directory and manager
        let directory = try DirectoryPart(
            settings,
            platform: platform,
            databases: databases,
            logger: named("directory")
        )
        let managerEvents = ManagerEventRouter()
        let manager = ManagerPart(settings, platform: platform, receiver: managerEvents, logger: named("manager"))

        // MARK: Asterisk and the features on it
        let outlets = CallOutlets(
            settings,
            platform: platform,
            events: events,
            masterTenant: platform.recursingTenant,
            systemUUID: { databases.startup.systemUUID },
            logger: named("statistics")
        )
        ari = ARIClient(configuration: settings.ari, logger: named("ari"))
        let calls = CallFeatures(
            settings,
            ari: ari,
            manager: manager.manager,
            directory: directory,
            outlets: outlets,
            databases: databases,
            store: store,
            recordingStore: RelayedRecordingStore(store: persistence, relay: relay, whenStored: stream.take),
            envelope: envelope,
            named: named
        )
        let stasis = StasisPart(
            settings,
            client: ari,
            applications: calls.applications,
            receiver: calls.router,
            logger: named("ari")
        )
        calls.use(stasis.registry)
        managerEvents.add(BootNotice(stasis.asteriskBooted))
        for receiver in calls.managerReceivers { managerEvents.add(receiver) }
        let setUp = SetUpWatch(
            manager: manager.manager,
            settings: settings,
            entrance: ari.entrance,
            logger: named("asterisk")
        )
        managerEvents.add(setUp)

        // MARK: Voicemails
        let plugIns = PlugIns(settings)
        let voicemails =
            plugIns.isOn(.voicemails)
            ? VoicemailPart(
                settings,
                platform: platform,
                directory: directory,
                manager: manager.manager,
                managerEvents: managerEvents,
                ari: ari,
                store: store,
                envelope: envelope,
                publish: events.send,
                logger: named("voicemails")
            ) : nil
        let switched: (any BusReceiving)? = plugIns.isOn(.calls) ? DoNotDisturbReceiver(calls: calls.calls) : nil
        let receivers = [
            directory.busReceiver, manager.busReceiver, stasis.busReceiver, voicemails?.busReceiver, switched,
        ]
        for case let receiver? in receivers { bus.add(receiver) }

        // MARK: Faxes
        let faxes = FaxPart(
            settings,
            databases: databases,
            sending: calls.faxes,
            store: store,
            envelope: envelope,
            logger: named("faxes")
        )

        // MARK: FastAGI
        let agid = AgidPart(
            settings,
            platform: platform,
            databases: databases,
            directory: directory,
            manager: manager.manager,
            managerEvents: managerEvents,
            channels: ari,
            recording: calls.callRecording,
            faxes: plugIns.isOn(.faxes) ? faxes : nil,
            logger: named("agi")
        )
        let agi = ListeningService(
            inner: FastAGIServer(
                configuration: settings.agiConfiguration,
                handlers: agid.agid.handlers,
                logger: named("agi")
            ),
            address: "\(settings.agi.listenAddress):\(settings.agi.listenPort)",
            keys: "agid.listen_address, agid.listen_port"
        )

        // MARK: REST
        let identity = try IdentityPart(settings, platform: platform, databases: databases, logger: named("identity"))
        if let sessions = identity.busReceiver { bus.add(sessions) }
        let health = ServerHealth(
            stasis: stasis.registry,
            manager: manager.manager,
            publisher: settings.bus.isEnabled ? publisher : nil,
            consumer: bus.consumer,
            outbox: persistence,
            databases: databases,
            platform: platform
        )
        var reports = calls.reports
        if let voicemails { reports["voicemails"] = voicemails.report }
        let own: [any RouteProviding] = plugIns.parts([
            (.status, StatusRoutes(components: health.components, plugins: reports)),
            (.config, ConfigurationRoutes(running)), (.faxes, calls.behindGate(faxes.routes)),
        ])
        let mail: [any RouteProviding] = voicemails.map { [$0.voicemails] } ?? []
        let rest = try RESTPart(
            settings,
            identities: identity.identities,
            routes: own + mail + calls.routes + stream.routes(identity.identities),
            health: [HealthRoutes { health.readiness }, MetricsRoutes { await figures.text() }],
            logger: named("rest")
        )

        let discovery = DiscoveryPart(
            settings,
            transport: platform.transport,
            systemUUID: { databases.startup.systemUUID },
            publish: events.send,
            logger: named("discovery")
        )
        health.describe(in: figures, events: events)
        stream.describe(in: figures)

        let feed = GatedService(stasis.service) {
            await databases.startup.ready()
            await calls.restored()
            await calls.applicationsLoaded()
        }

        /// A service that asks for tables of ours: they are made at the first start.
        func onceStored(_ service: any Service) -> any Service {
            GatedService(service) { await databases.startup.ready() }
        }
        let retention = HistoryRetention(
            store: persistence,
            seconds: settings.retention.history,
            logger: named("database")
        )
        let reload = ReloadService(
            running: running,
            files: agid.files,
            directory: { directory.changes.tell(.everything) },
            logger: named("reload")
        )

        // Stopped in reverse: first nothing new comes in, the database goes last.
        var services = databases.services + platform.services + publishing.services
        services += [onceStored(relay), onceStored(events)]
        services += outlets.services + stream.services + [onceStored(retention)]
        services += identity.services + directory.services + [setUp] + manager.services + agid.services
        services += calls.services(onceStored: onceStored) + bus.services
        services.append(feed)
        if plugIns.isOn(.faxes) { services.append(onceStored(faxes.service)) }
        if let voicemails { services.append(onceStored(voicemails.voicemails)) }
        services.append(agi)
        services += rest.services + stream.streams + [reload] + discovery.services
        self.services = services + [StopLimit(patience: stopTimeout, logger: logger)]
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
        await transport.shutdown()
        try outcome.get()
    }
}
