import ARI
import Bus
import CallControl
import CallRequests
import Calls
import Core
import Directory
import Events
import Logging
import Persistence
import ServiceLifecycle
import SiblingServices
import Telephony

/// Where calls are told of: the bus, collectd, and who may see all of them.
struct CallOutlets {
    let publish: @Sendable (BusEvent) -> Void
    let masterTenant: @Sendable () -> TenantID?
    let phones: PhoneWay
    private let statistics: CollectdPublisher
    private let statisticsPublisher: PublisherPart

    init(
        _ settings: Settings,
        platform: PlatformServices,
        events: EventSink,
        masterTenant: @escaping @Sendable () -> TenantID?,
        systemUUID: @escaping @Sendable () -> String,
        logger: Logger
    ) {
        publish = { events.send($0) }
        self.masterTenant = masterTenant
        // Without the platform nobody speaks the vendors' languages; SIP's own words are understood by most.
        phones = settings.mode == .platform ? .service(PhonedClient(client: platform.phoned)) : .notification
        var configuration = settings.busConfiguration
        configuration.exchange = settings.collectd.exchangeName
        configuration.exchangeType = settings.collectd.exchangeType
        configuration.isDurable = settings.collectd.isDurable
        statisticsPublisher = PublisherPart(settings, configuration: configuration, logger: logger)
        statistics = CollectdPublisher(publisher: statisticsPublisher.publisher, host: systemUUID, logger: logger)
    }

    var measure: @Sendable (CollectdMeasurement) -> Void { { [statistics] in statistics.send($0) } }

    var services: [any Service] { statisticsPublisher.services + [statistics] }
}

/// Calls, and the registry that they are kept in where Asterisk's events come one by one (WebSockets). Over the bus of
/// the platform variables are not told, so that Asterisk is asked there.
struct CallsPart {
    let registry: CallRegistry?
    let calls: Calls
    let variables: LiveVariables

    init(
        _ settings: Settings,
        ari: ARIClient,
        manager: any ManagerControlling,
        anyChannels: any AnyChannelVariableSetting,
        destinations: Destinations,
        users: any UserDirectory,
        cleanup: LoneChannelCleanup,
        outlets: CallOutlets,
        logger: Logger
    ) {
        variables = LiveVariables(channels: ari, anyChannels: anyChannels)
        registry =
            settings.parts.stasisEvents == .websocket
            ? CallRegistry(
                channels: ari,
                bridges: ari,
                checkInterval: .seconds(settings.calls.checkInterval),
                logger: logger
            ) : nil
        calls = Calls(
            ports: CallPorts(
                asterisk: ari,
                variables: variables,
                manager: manager,
                users: users,
                destinations: destinations,
                phones: outlets.phones,
                registry: registry,
                cleanup: cleanup,
                publish: outlets.publish,
                measure: outlets.measure,
                masterTenant: outlets.masterTenant,
                failures: AsteriskFailures(baseURL: settings.ari.displayedBaseURL),
                managerFailures: settings.managerFailures,
                swapsEndedParties: settings.calls.swapsEndedParties,
                logger: logger
            )
        )
    }

    /// The registry's application, where there is a registry.
    var applications: [StasisApplication] { registry == nil ? [] : [CallRegistry.application] }

    /// Who alone takes the events of the registry's application.
    var exclusive: [String: [any EventReceiving]] {
        calls.registryReceiver.map { [CallRegistry.applicationName: [$0]] } ?? [:]
    }
}

/// Tells calls of confd's event that a user's service "do not disturb" was switched (contract 10 §3.1).
struct DoNotDisturbReceiver: BusReceiving {
    let calls: Calls

    var bindings: [BusBinding] { [BusBinding("users_services_dnd_updated")] }

    func receive(_ delivery: BusDelivery) async {
        guard let data = delivery.body["data"], let user = data["user_uuid"]?.string,
            let isEnabled = data["enabled"]?.boolean
        else { return }
        await calls.doNotDisturbChanged(of: UserID(user), isEnabled: isEnabled)
    }
}
