public import CallControl
public import Core
public import Events
public import Logging
public import Persistence
public import Telephony

/// What recordings need of the calls that are recorded.
public struct RecordedCalls: Sendable {
    /// Whose a call is.
    public struct Owner: Sendable, Hashable {
        /// Its tenant.
        public var tenant: TenantID
        /// Its user, when known.
        public var user: UserID?

        /// An owner with its parts.
        public init(tenant: TenantID, user: UserID?) {
            self.tenant = tenant
            self.user = user
        }
    }

    /// Sets a variable that calls are made of.
    public var set: @Sendable (CallVariable, String, ChannelID) async throws -> Void
    /// Publishes `call_updated` of a call.
    public var publishUpdate: @Sendable (ChannelID) async throws -> Void
    /// Publishes an event of a call behind those that were published before.
    public var publish: @Sendable (BusEvent) async -> Void
    /// Whose a call is; `nil` when it is gone, or has no tenant.
    public var owner: @Sendable (ChannelID) async throws -> Owner?

    /// Ways to calls.
    public init(
        set: @escaping @Sendable (CallVariable, String, ChannelID) async throws -> Void,
        publishUpdate: @escaping @Sendable (ChannelID) async throws -> Void,
        publish: @escaping @Sendable (BusEvent) async -> Void,
        owner: @escaping @Sendable (ChannelID) async throws -> Owner?
    ) {
        self.set = set
        self.publishUpdate = publishUpdate
        self.publish = publish
        self.owner = owner
    }
}

/// What recordings work with.
public struct RecordingPorts: Sendable {
    /// Asterisk's channels.
    public var channels: any ChannelControlling
    /// Channel variables.
    public var variables: LiveVariables
    /// Asterisk's manager interface.
    public var manager: any ManagerControlling
    /// The calls that are recorded.
    public var calls: RecordedCalls
    /// Where recordings are remembered.
    public var store: any RecordingStoring
    /// How events become messages.
    public var envelope: BusEnvelope
    /// The folder of the tenants' files: `<folder>/<tenant>/monitor/<uuid>.wav`.
    public var folder: String
    /// Seconds that ended recordings are remembered.
    public var retention: Double
    /// What clients are told of Asterisk's failures.
    public var failures: AsteriskFailures
    /// What clients are told of the manager interface's failures.
    public var managerFailures: ManagerFailures
    /// The time of day.
    public var clock: any WallClock
    /// Base logger.
    public var logger: Logger

    /// Ports with all their parts.
    public init(
        channels: any ChannelControlling,
        variables: LiveVariables,
        manager: any ManagerControlling,
        calls: RecordedCalls,
        store: any RecordingStoring,
        envelope: BusEnvelope,
        folder: String,
        retention: Double,
        failures: AsteriskFailures,
        managerFailures: ManagerFailures,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.channels = channels
        self.variables = variables
        self.manager = manager
        self.calls = calls
        self.store = store
        self.envelope = envelope
        self.folder = folder
        self.retention = retention
        self.failures = failures
        self.managerFailures = managerFailures
        self.clock = clock
        self.logger = logger
    }
}
