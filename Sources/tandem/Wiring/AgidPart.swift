import Agid
import CallControl
import Core
import Faxes
import Logging
import PhoneNumbers
import PostgresDirectory
import ServiceLifecycle
import Telephony

/// The in-dialplan handlers over what the configuration says they ask.
struct AgidPart {
    /// The handlers, one per script name.
    let agid: Agid
    /// What runs beside them.
    let services: [any Service]
    /// The files that SIGHUP reads again.
    let files: HandlerFiles

    /// - Parameter faxes: Who takes received faxes; `nil`: without `handle_fax`.
    init(
        _ settings: Settings,
        platform: PlatformServices,
        databases: Databases,
        directory: DirectoryPart,
        manager: any ManagerControlling,
        managerEvents: ManagerEventRouter,
        channels: any ChannelControlling,
        recording: any CallRecording,
        faxes: FaxPart? = nil,
        logger: Logger
    ) {
        files = HandlerFiles(
            inCallerIDRules: InCallerIDRuleFile(path: settings.agi.inCallerIDFile, logger: logger),
            ringTones: RingToneFile(path: settings.agi.ringToneFile, logger: logger),
            faxes: faxes?.configuration
        )
        let dialplan = DialplanServices(settings, platform: platform, databases: databases, logger: logger)
        let numbers = NumberingPlans()
        var userCalls = UserCalls(
            directory: databases.directory,
            ringTones: files.ringTones,
            mobiles: dialplan.mobiles,
            numbers: numbers,
            recording: recording,
            settings: dialplan.settings,
            switches: dialplan.switches,
            whenRightsAreUnknown: settings.agi.unknownCallRights
        )
        userCalls.outgoingNumbers = dialplan.outgoingNumbers
        userCalls.blocklist = dialplan.blocklist
        let callbacks = DelayedOriginations(channels: channels, logger: logger)
        let agents = AgentPart(
            settings,
            platform: platform,
            databases: databases,
            manager: manager,
            events: managerEvents,
            logger: logger
        )
        agid = Agid(
            incalls: databases.directory,
            schedules: databases.directory,
            switchboards: databases.directory,
            clock: SystemClock(),
            inCallerIDRules: files.inCallerIDRules,
            numbers: numbers,
            userCalls: userCalls,
            queueCalls: QueueCalls(
                directory: databases.directory,
                groupNames: directory.directory,
                sessions: agents.sessions,
                recording: recording,
                clock: SystemClock()
            ),
            featureCalls: FeatureCalls(
                directory: databases.directory,
                callback: settings.agi.callbacks == .file
                    ? .spooled : .originated(OriginatedCallbacks(calls: callbacks)),
                provisioning: dialplan.provisioning,
                callerNames: dialplan.callerNames
            ),
            faxes: faxes?.handling
        )
        services = agents.services + [callbacks]
    }
}

/// Files that handlers answer from. A mistake in one costs the part that it is in, never the server.
struct HandlerFiles: Sendable {
    let inCallerIDRules: InCallerIDRuleFile
    let ringTones: RingToneFile
    let faxes: FaxConfigurationFile?

    /// Reads them again.
    func reload() {
        inCallerIDRules.reload()
        ringTones.reload()
        faxes?.reload()
    }
}
