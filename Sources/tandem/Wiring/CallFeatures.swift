import API
import ARI
import AdhocConferences
import CallControl
import Directory
import Events
import Faxes
import Logging
import Persistence
import Processes
import Relocates
import ServiceClient
import ServiceLifecycle
import Switchboards
import Telephony
import Transfers

/// The features that own calls in Stasis, and what they share.
struct CallFeatures {
    private let cleanup: LoneChannelCleanup
    /// Sent faxes: their calls end like all others.
    let faxes: SentFaxes
    private let switchboards: Switchboards
    private let transfers: Transfers
    private let relocates: Relocates
    private let conferences: AdhocConferences
    private let recovery: Recovery

    /// - Parameter named: A logger of this name.
    init(
        _ settings: Settings,
        ari: ARIClient,
        manager: any ManagerControlling,
        directory: DirectoryPart,
        store: any StateStoring,
        envelope: BusEnvelope,
        named: (String) -> Logger
    ) {
        let users: any UserDirectory = directory.directory
        let failures = AsteriskFailures(baseURL: settings.ari.displayedBaseURL)
        let managerFailures = settings.managerFailures
        let variables = AnyChannelVariables(ari, else: ManagerVariables(manager))
        let cleanup = LoneChannelCleanup(channels: ari, bridges: ari, logger: named("cleanup"))
        let transfers = Transfers(
            ports: TransferPorts(
                asterisk: ari,
                variables: variables,
                manager: manager,
                users: users,
                store: store,
                envelope: envelope,
                cleanup: cleanup,
                failures: failures,
                managerFailures: managerFailures,
                logger: named("transfers")
            )
        )
        let relocates = Relocates(
            ports: RelocatePorts(
                channels: ari,
                bridges: ari,
                manager: manager,
                variables: variables,
                users: users,
                store: store,
                envelope: envelope,
                cleanup: cleanup,
                failures: failures,
                managerFailures: managerFailures,
                logger: named("relocates")
            )
        )
        let conferences = AdhocConferences(
            ports: AdhocConferencePorts(
                channels: ari,
                bridges: ari,
                subscriptions: ari,
                capture: StasisCapture(manager: manager, variables: variables),
                store: store,
                envelope: envelope,
                cleanup: cleanup,
                failures: failures,
                managerFailures: managerFailures,
                logger: named("adhoc_conferences")
            )
        )
        switchboards = Switchboards(
            ports: SwitchboardPorts(
                channels: ari,
                bridges: ari,
                switchboards: directory.directory,
                users: users,
                store: store,
                envelope: envelope,
                cleanup: cleanup,
                failures: failures,
                isTakenElsewhere: { transfers.owns($0) || relocates.owns($0) || conferences.owns($0) },
                logger: named("switchboards")
            )
        )
        faxes = SentFaxes(
            settings.faxes.sending,
            ports: SentFaxPorts(
                channels: ari,
                manager: manager,
                users: users,
                store: store,
                envelope: envelope,
                cleanup: cleanup,
                // Conversions take a processor each; two leave room for calls.
                processes: ProcessRunner(width: 2),
                failures: failures,
                managerFailures: managerFailures,
                logger: named("faxes")
            )
        )
        directory.changes.add(switchboards.directoryChanged)
        // Switchboards look for callers whom nobody has, so the others say first whom they have. The clean-up comes
        // last: by then features have claimed the bridges that they are still assembling.
        recovery = Recovery(
            channels: ari,
            bridges: ari,
            features: [transfers, relocates, conferences, faxes, switchboards, cleanup],
            logger: named("recovery")
        )
        self.cleanup = cleanup
        self.transfers = transfers
        self.relocates = relocates
        self.conferences = conferences
    }

    /// Their Stasis applications; bridges of conferences are subscribed as they are made.
    var applications: [StasisApplication] {
        [
            StasisApplication(name: LoneChannelCleanup.application, sources: ["channel:"]),
            StasisApplication(name: AdhocConferences.application),
        ]
    }

    /// Who takes the events of Asterisk.
    var router: EventRouter {
        EventRouter([switchboards, transfers, relocates, conferences, faxes, cleanup, recovery])
    }

    /// Their routes.
    var routes: [any RouteProviding] { [switchboards, transfers, relocates, conferences] }

    /// What runs, in the order of the start.
    var services: [any Service] { [cleanup, switchboards, transfers, relocates, conferences, faxes, recovery] }
}

extension Settings {
    /// What clients are told when the manager interface fails: Asterisk itself is asked, or amid.
    var managerFailures: ManagerFailures {
        switch parts.manager {
        case .ami: ManagerFailures(host: ami.host, port: ami.port, timeout: ami.timeout)
        case .amid:
            ManagerFailures(
                host: siblings.amid.host,
                port: siblings.amid.port,
                timeout: siblings.amid.timeout
            )
        }
    }
}
