import API
import ARI
import AdhocConferences
import Applications
import CallControl
import CallRequests
import Calls
import Directory
import Events
import Faxes
import Logging
import ParkingLots
import Persistence
import Processes
import Recordings
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
    private let programs: ApplicationsPart
    private let recovery: Recovery
    private let restoration: Restoration
    private let gates: Gates
    private let plugIns: PlugIns
    private let unserved: UnservedArrivals
    private let part: CallsPart

    /// What keeps requests from the features whose resources are stored until they know them.
    private struct Gates {
        let recordings, transfers, relocates, conferences, faxes, switchboards: StateGate

        /// In the order in which they recover: switchboards look for callers whom nobody has, so the others say first
        /// whom they have.
        func all(_ plugIns: PlugIns) -> [StateGate] {
            plugIns.parts([
                (nil, recordings), (.transfers, transfers), (.relocates, relocates), (.adhocConferences, conferences),
                (.faxes, faxes), (.switchboards, switchboards),
            ])
        }
    }
    /// Recordings, for their manager events and the dialplan's handlers.
    let recordings: Recordings
    /// Parking lots, for their manager events.
    let parkingLots: ParkingLots

    /// - Parameter named: A logger of this name.
    init(
        _ settings: Settings,
        ari: ARIClient,
        manager: any ManagerControlling,
        directory: DirectoryPart,
        outlets: CallOutlets,
        databases: Databases,
        store: any StateStoring,
        recordingStore: any RecordingStoring,
        envelope: BusEnvelope,
        named: (String) -> Logger
    ) {
        let users: any UserDirectory = directory.directory
        let failures = AsteriskFailures(baseURL: settings.ari.displayedBaseURL)
        let managerFailures = settings.managerFailures
        let variables = AnyChannelVariables(ari, else: ManagerVariables(manager))
        let cleanup = LoneChannelCleanup(channels: ari, bridges: ari, logger: named("cleanup"))
        let destinations = Destinations(
            contexts: databases.directory,
            manager: manager,
            openContexts: settings.calls.openContexts
        )
        let part = CallsPart(
            settings,
            ari: ari,
            manager: manager,
            anyChannels: variables,
            destinations: destinations,
            users: users,
            cleanup: cleanup,
            outlets: outlets,
            logger: named("calls")
        )
        recordings = RecordingsPart.recordings(
            settings,
            ari: ari,
            manager: manager,
            part: part,
            store: recordingStore,
            envelope: envelope,
            logger: named("recordings")
        )
        parkingLots = ParkingPart.parkingLots(
            settings,
            ari: ari,
            manager: manager,
            part: part,
            lots: directory.directory,
            logger: named("parking_lots")
        )
        let claims = CallClaims()
        let transfers = Transfers(
            ports: TransferPorts(
                asterisk: ari,
                variables: variables,
                manager: manager,
                destinations: destinations,
                users: users,
                store: store,
                envelope: envelope,
                cleanup: cleanup,
                failures: failures,
                managerFailures: managerFailures,
                logger: named("transfers")
            ),
            claims: claims
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
            ),
            claims: claims
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
            ),
            claims: claims
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
                destinations: destinations,
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
        let programs = ApplicationsPart(
            settings,
            ari: ari,
            manager: manager,
            destinations: destinations,
            directory: directory,
            databases: databases,
            store: store,
            envelope: envelope,
            cleanup: cleanup,
            logger: named("applications")
        )
        func gate(_ feature: any Restoring & Recovering) -> StateGate { StateGate(of: feature, failures: failures) }
        let gates = Gates(
            recordings: gate(recordings),
            transfers: gate(transfers),
            relocates: gate(relocates),
            conferences: gate(conferences),
            faxes: gate(faxes),
            switchboards: gate(switchboards)
        )
        plugIns = PlugIns(settings)
        unserved = UnservedArrivals(plugIns, channels: ari, logger: named("plugins"))
        let stored = gates.all(plugIns)
        restoration = Restoration(of: stored, logger: named("recovery"))
        // The clean-up comes last: by then features have claimed the bridges that they are still assembling.
        let first: [any Recovering] = plugIns.parts([(.calls, part.calls), (.parkingLots, parkingLots)])
        let last: [any Recovering] = plugIns.parts([(.applications, programs.applications), (nil, cleanup)])
        recovery = Recovery(
            channels: ari,
            bridges: ari,
            features: first + stored.map { $0 as any Recovering } + last,
            managerFeatures: plugIns.parts([(nil, recordings), (.parkingLots, parkingLots), (.faxes, faxes)]),
            logger: named("recovery")
        )
        self.gates = gates
        self.cleanup = cleanup
        self.part = part
        self.transfers = transfers
        self.relocates = relocates
        self.conferences = conferences
        self.programs = programs
    }

    /// Calls, for their manager events and other features.
    var calls: Calls { part.calls }

    /// Their Stasis applications; bridges of conferences are subscribed as they are made.
    var applications: [StasisApplication] {
        let shared = StasisApplication(
            name: LoneChannelCleanup.application,
            sources: ["channel:"],
            ignores: Self.unread.union(["ChannelEnteredBridge", "BridgeDestroyed"])
        )
        let conferences = StasisApplication(
            name: AdhocConferences.application,
            ignores: Self.unread.union(["ChannelStateChange", "ChannelUserevent", "ChannelMohStop", "Dial"])
        )
        return plugIns.parts([(nil, shared), (.adhocConferences, conferences)])
            + (plugIns.isOn(.calls) ? part.applications : [])
    }

    /// What no feature of these two applications reads; the registry has an application of its own.
    private static let unread: Set<String> = [
        "ChannelCreated", "ChannelHangupRequest", "ChannelHold", "ChannelUnhold", "ChannelDtmfReceived",
        "ChannelMohStart", "ChannelToneDetected", "BridgeCreated", "BridgeMerged", "BridgeVideoSourceChanged",
        "BridgeBlindTransfer", "BridgeAttendedTransfer", "PlaybackStarted", "PlaybackContinuing", "PlaybackFinished",
    ]

    /// What the features learn from the manager interface alone is looked at again once it is back: recordings that
    /// ended, calls that were parked or fetched, results of faxes.
    private var managerGap: ManagerGap { ManagerGap { [recovery] in recovery.managerConnected() } }

    /// Who takes the events of the manager interface.
    var managerReceivers: [any ManagerEventReceiving] {
        plugIns.parts([
            (.calls, calls), (nil, recordings), (.parkingLots, parkingLots), (nil, managerGap), (.faxes, faxes),
        ])
    }

    /// Who takes the events of Asterisk.
    var router: EventRouter {
        EventRouter(
            plugIns.parts([
                (nil, part.variables), (.calls, calls), (nil, recordings), (.switchboards, switchboards),
                (.transfers, transfers), (.relocates, relocates), (.adhocConferences, conferences), (.faxes, faxes),
                (.applications, programs.applications), (nil, cleanup), (nil, recovery), (nil, unserved),
            ]),
            exclusive: part.exclusive
        )
    }

    /// Their routes.
    var routes: [any RouteProviding] {
        plugIns.parts([
            (.calls, calls), (.parkingLots, parkingLots), (.applications, programs.applications),
            (.calls, StoredRoutes(recordings, behind: gates.recordings)),
            (.switchboards, StoredRoutes(switchboards, behind: gates.switchboards)),
            (.transfers, StoredRoutes(transfers, behind: gates.transfers)),
            (.relocates, StoredRoutes(relocates, behind: gates.relocates)),
            (.adhocConferences, StoredRoutes(conferences, behind: gates.conferences)),
        ])
    }

    /// The routes of faxes, which are sent by `faxes`: a job that is taken waits for Asterisk by itself.
    func behindGate(_ routes: any RouteProviding) -> any RouteProviding {
        StoredRoutes(routes, behind: gates.faxes, change: .rows)
    }

    /// The dialplan's recordings, which wait for what is stored like those of clients.
    var callRecording: OwnCallRecording { OwnCallRecording(recordings: recordings, gate: gates.recordings) }

    /// Returns once all stored resources are known.
    func restored() async { await restoration.finished() }

    /// What runs, in the order of the start.
    /// - Parameter onceStored: Makes a service wait for the tables of ours.
    func services(onceStored: (any Service) -> any Service) -> [any Service] {
        plugIns.parts([
            // Other features publish through calls.
            (nil, cleanup), (nil, calls), (nil, recordings), (.parkingLots, parkingLots),
            (.switchboards, switchboards), (.transfers, transfers), (.relocates, relocates),
            (.adhocConferences, conferences), (.faxes, faxes), (.applications, onceStored(programs.applications)),
            (nil, onceStored(restoration)), (nil, recovery), (nil, unserved),
        ])
    }

    /// What features tell of themselves in `/1.0/status`.
    var reports: [String: StatusRoutes.Report] {
        plugIns.isOn(.applications) ? ["applications": programs.report] : [:]
    }

    /// Applications of the directory are registered here from now on.
    func use(_ registry: any ApplicationRegistering) { programs.use(registry) }

    /// The first connection of the feed takes the configured applications along, unless the directory takes long.
    func applicationsLoaded() async {
        if plugIns.isOn(.applications) { await programs.applications.loaded(within: .seconds(3)) }
    }
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
