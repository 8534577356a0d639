public import CallControl
public import CallRequests
public import Core
public import Directory
public import Events
public import Logging
public import Persistence
public import Processes
public import Telephony

/// What sending faxes works with.
public struct SentFaxPorts: Sendable {
    /// Asterisk's channels.
    public var channels: any ChannelControlling
    /// The manager interface.
    public var manager: any ManagerControlling
    /// Where clients may call.
    public var destinations: Destinations
    /// Users and their lines.
    public var users: any UserDirectory
    /// Our stored state, with the outbox.
    public var store: any StateStoring
    /// The envelope of bus events.
    public var envelope: BusEnvelope
    /// The clean-up that all aggregates share.
    public var cleanup: LoneChannelCleanup
    /// Runs Ghostscript.
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
        channels: any ChannelControlling,
        manager: any ManagerControlling,
        destinations: Destinations,
        users: any UserDirectory,
        store: any StateStoring,
        envelope: BusEnvelope,
        cleanup: LoneChannelCleanup,
        processes: any ProcessRunning,
        failures: AsteriskFailures,
        managerFailures: ManagerFailures,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.channels = channels
        self.manager = manager
        self.destinations = destinations
        self.users = users
        self.store = store
        self.envelope = envelope
        self.cleanup = cleanup
        self.processes = processes
        self.failures = failures
        self.managerFailures = managerFailures
        self.clock = clock
        self.logger = logger
    }
}

/// The bounds of sending.
public struct SentFaxConfiguration: Sendable, Hashable {
    /// Where documents wait; Asterisk reads there.
    public var folder: String
    /// Ghostscript.
    public var converter: String
    /// Pages of a document at most.
    public var mostPages: Int
    /// Seconds that a conversion may take.
    public var conversionLimit: Double
    /// Attempts after the first.
    public var retries: Int
    /// Seconds before the second attempt; twice as many before each further one.
    public var retryPause: Double
    /// Seconds that an ended fax is kept with its document.
    public var keep: Double
    /// Faxes, under way and ended, from which on ended ones go before their time, the oldest first.
    public var mostKept: Int

    /// A configuration with all its parts.
    public init(
        folder: String,
        converter: String = "/usr/bin/gs",
        mostPages: Int = 200,
        conversionLimit: Double = 60,
        retries: Int = 0,
        retryPause: Double = 300,
        keep: Double = 86_400,
        mostKept: Int = 5_000
    ) {
        self.folder = folder
        self.converter = converter
        self.mostPages = mostPages
        self.conversionLimit = conversionLimit
        self.retries = retries
        self.retryPause = retryPause
        self.keep = keep
        self.mostKept = max(mostKept, 1)
    }
}
