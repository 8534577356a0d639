public import Core
public import Directory
public import Events
public import Foundation
public import Logging
public import Persistence
public import Processes

/// What received faxes work with.
public struct ReceivedFaxPorts: Sendable {
    /// Our stored state, with the outbox.
    public var store: any StateStoring
    /// The envelope of bus events.
    public var envelope: BusEnvelope
    /// Where faxes go.
    public var configuration: FaxConfigurationFile
    /// Runs the site's programs.
    public var processes: any ProcessRunning
    /// Tenants of contexts, for channels without a tenant.
    public var contexts: any ContextDirectory
    /// Asterisk's folder of received faxes, without a slash at its end.
    public var receivedFolder: String
    /// Our folder of faxes that wait, likewise.
    public var spoolFolder: String
    /// How long each program may take.
    public var programLimit: Duration
    /// Seconds that a delivered fax is kept with its document.
    public var keep: TimeInterval
    /// Seconds that one is kept that cannot be delivered.
    public var keepFailed: TimeInterval
    /// Seconds after each failed attempt; `nil`: 1, 5, 15 and 60 minutes, then 3, 6 and 12 hours.
    public var retryPauses: [TimeInterval]?
    /// The time of day.
    public var clock: any WallClock
    /// Base logger.
    public var logger: Logger

    /// Ports with all their parts.
    public init(
        store: any StateStoring,
        envelope: BusEnvelope,
        configuration: FaxConfigurationFile,
        processes: any ProcessRunning,
        contexts: any ContextDirectory,
        receivedFolder: String,
        spoolFolder: String,
        keep: TimeInterval,
        keepFailed: TimeInterval,
        programLimit: Duration = .seconds(60),
        retryPauses: [TimeInterval]? = nil,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.store = store
        self.envelope = envelope
        self.configuration = configuration
        self.processes = processes
        self.contexts = contexts
        self.receivedFolder = receivedFolder
        self.spoolFolder = spoolFolder
        self.keep = keep
        self.keepFailed = keepFailed
        self.programLimit = programLimit
        self.retryPauses = retryPauses
        self.clock = clock
        self.logger = logger
    }
}
