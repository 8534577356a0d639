import ARI
import CallControl
import Directory
import Events
import Logging
import Persistence
import ServiceClient
import Telephony
import Transfers

/// Transfers (contract 21).
struct TransferPart {
    /// The feature: its routes, its events, its service.
    let transfers: Transfers

    init(
        _ settings: Settings,
        client: ARIClient,
        manager: any ManagerControlling,
        users: any UserDirectory,
        store: any StateStoring,
        envelope: BusEnvelope,
        cleanup: LoneChannelCleanup,
        logger: Logger
    ) {
        transfers = Transfers(
            ports: TransferPorts(
                asterisk: client,
                variables: AnyChannelVariables(client, else: ManagerVariables(manager)),
                manager: manager,
                users: users,
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
