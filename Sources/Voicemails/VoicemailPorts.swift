public import CallControl
public import Core
public import Directory
public import Events
public import Logging
public import Persistence
public import Processes
public import Telephony

/// What messages were heard as text: the platform's call-logd.
public protocol TranscriptionReading: Sendable {
    /// The texts of the messages of boxes, by message id.
    /// - Throws: whatever went wrong; readers answer without texts then.
    func transcriptions(ofVoicemails ids: [Int]) async throws -> [String: String]
}

/// What voicemails work with.
public struct VoicemailPorts: Sendable {
    /// Boxes, and whose they are.
    public var directory: any VoicemailDirectory
    /// The manager interface, which moves and removes messages.
    public var manager: any ManagerControlling
    /// The platform's own way to do so, where Asterisk has it.
    public var resource: any VoicemailResource
    /// Texts of messages; `nil`: there are none.
    public var transcriptions: (any TranscriptionReading)?
    /// Our stored state, with the outbox.
    public var store: any StateStoring
    /// The envelope of bus events.
    public var envelope: BusEnvelope
    /// Publishes events that have no stored state.
    public var publish: @Sendable (BusEvent) -> Void
    /// Runs sox.
    public var processes: any ProcessRunning
    /// What clients are told of Asterisk's failures.
    public var failures: AsteriskFailures
    /// What clients are told of failures of the manager interface.
    public var managerFailures: ManagerFailures
    /// The time of day.
    public var clock: any WallClock
    /// Base logger.
    public var logger: Logger

    /// Ports with all their parts.
    public init(
        directory: any VoicemailDirectory,
        manager: any ManagerControlling,
        resource: any VoicemailResource,
        transcriptions: (any TranscriptionReading)? = nil,
        store: any StateStoring,
        envelope: BusEnvelope,
        publish: @escaping @Sendable (BusEvent) -> Void,
        processes: any ProcessRunning,
        failures: AsteriskFailures,
        managerFailures: ManagerFailures,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.directory = directory
        self.manager = manager
        self.resource = resource
        self.transcriptions = transcriptions
        self.store = store
        self.envelope = envelope
        self.publish = publish
        self.processes = processes
        self.failures = failures
        self.managerFailures = managerFailures
        self.clock = clock
        self.logger = logger
    }
}

/// Where boxes are, and the bounds of what is done with them.
public struct VoicemailConfiguration: Sendable, Hashable {
    /// The folder of all boxes, for instance `/var/spool/asterisk/voicemail`.
    public var spool: String
    /// Seconds between two looks at all folders, for changes that Asterisk did not tell of.
    public var sweepInterval: Double
    /// Seconds that a greeting may last.
    public var longestGreeting: Int
    /// sox.
    public var converter: String

    /// A configuration with all its parts.
    public init(
        spool: String,
        sweepInterval: Double = 30,
        longestGreeting: Int = 600,
        converter: String = "/usr/bin/sox"
    ) {
        self.spool = spool
        self.sweepInterval = sweepInterval
        self.longestGreeting = longestGreeting
        self.converter = converter
    }
}
