import ARI
import CallControl
import Directory
import Events
import Logging
import Persistence
import Relocates
import ServiceClient
import Telephony

/// Relocates, with what they ask of Asterisk in both its tongues.
struct RelocatePart {
    let relocates: Relocates

    init(
        _ settings: Settings,
        ari: ARIClient,
        manager: any ManagerControlling,
        users: any UserDirectory,
        store: any StateStoring,
        envelope: BusEnvelope,
        cleanup: LoneChannelCleanup,
        logger: Logger
    ) {
        relocates = Relocates(
            ports: RelocatePorts(
                channels: ari,
                bridges: ari,
                manager: manager,
                variables: AnyChannelVariables(ari, else: ManagerVariables(manager)),
                users: users,
                store: store,
                envelope: envelope,
                cleanup: cleanup,
                failures: AsteriskFailures(baseURL: settings.ari.displayedBaseURL),
                managerFailures: Self.managerFailures(settings),
                logger: logger
            )
        )
    }

    /// Who is asked for manager actions: Asterisk itself, or amid.
    private static func managerFailures(_ settings: Settings) -> ManagerFailures {
        switch settings.parts.manager {
        case .ami: ManagerFailures(host: settings.ami.host, port: settings.ami.port, timeout: settings.ami.timeout)
        case .amid:
            ManagerFailures(
                host: settings.siblings.amid.host,
                port: settings.siblings.amid.port,
                timeout: settings.siblings.amid.timeout
            )
        }
    }
}
