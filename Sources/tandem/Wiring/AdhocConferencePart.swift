import ARI
import AdhocConferences
import CallControl
import Events
import Logging
import Persistence
import ServiceClient
import Telephony

/// Ad hoc conferences (contract 23).
struct AdhocConferencePart {
    /// The feature: its routes, its events, its service.
    let conferences: AdhocConferences
    /// Their Stasis application; the bridges of conferences are subscribed as they are made.
    let application = StasisApplication(name: AdhocConferences.application)

    init(
        _ settings: Settings,
        client: ARIClient,
        manager: any ManagerControlling,
        store: any StateStoring,
        envelope: BusEnvelope,
        cleanup: LoneChannelCleanup,
        logger: Logger
    ) {
        conferences = AdhocConferences(
            ports: AdhocConferencePorts(
                channels: client,
                bridges: client,
                subscriptions: client,
                capture: StasisCapture(
                    manager: manager,
                    variables: AnyChannelVariables(client, else: ManagerVariables(manager))
                ),
                store: store,
                envelope: envelope,
                cleanup: cleanup,
                failures: AsteriskFailures(baseURL: settings.ari.displayedBaseURL),
                managerFailures: Self.failures(settings),
                logger: logger
            )
        )
    }

    private static func failures(_ settings: Settings) -> ManagerFailures {
        switch settings.parts.manager {
        case .ami:
            ManagerFailures(host: settings.ami.host, port: settings.ami.port, timeout: settings.ami.timeout)
        case .amid:
            ManagerFailures(
                host: settings.siblings.amid.host,
                port: settings.siblings.amid.port,
                timeout: settings.siblings.amid.timeout
            )
        }
    }
}
