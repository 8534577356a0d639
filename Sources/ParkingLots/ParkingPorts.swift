public import CallControl
public import Core
public import Directory
public import Events
public import Logging
public import Telephony

/// What parking needs of the calls that are parked.
public struct ParkableCalls: Sendable {
    /// Sets a variable that calls are made of.
    public var set: @Sendable (CallVariable, String, ChannelID) async throws -> Void
    /// Publishes `call_updated` of a call.
    public var publishUpdate: @Sendable (ChannelID) async throws -> Void
    /// Publishes an event of a call behind those that were published before.
    public var publish: @Sendable (BusEvent) async -> Void

    /// Ways to calls.
    public init(
        set: @escaping @Sendable (CallVariable, String, ChannelID) async throws -> Void,
        publishUpdate: @escaping @Sendable (ChannelID) async throws -> Void,
        publish: @escaping @Sendable (BusEvent) async -> Void
    ) {
        self.set = set
        self.publishUpdate = publishUpdate
        self.publish = publish
    }
}

/// What parking works with.
public struct ParkingPorts: Sendable {
    /// Asterisk's channels.
    public var channels: any ChannelControlling
    /// Asterisk's bridges.
    public var bridges: any BridgeControlling
    /// Channel variables.
    public var variables: LiveVariables
    /// Asterisk's manager interface, which alone knows parked calls.
    public var manager: any ManagerControlling
    /// The calls that are parked.
    public var calls: ParkableCalls
    /// The configured lots.
    public var lots: any ParkingLotDirectory
    /// What clients are told of Asterisk's failures.
    public var failures: AsteriskFailures
    /// What clients are told of the manager interface's failures.
    public var managerFailures: ManagerFailures
    /// Between two looks at whether a call has been parked.
    public var pause: Duration
    /// The time of day.
    public var clock: any WallClock
    /// Base logger.
    public var logger: Logger

    /// Ports with all their parts.
    public init(
        channels: any ChannelControlling,
        bridges: any BridgeControlling,
        variables: LiveVariables,
        manager: any ManagerControlling,
        calls: ParkableCalls,
        lots: any ParkingLotDirectory,
        failures: AsteriskFailures,
        managerFailures: ManagerFailures,
        pause: Duration = .milliseconds(200),
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.channels = channels
        self.bridges = bridges
        self.variables = variables
        self.manager = manager
        self.calls = calls
        self.lots = lots
        self.failures = failures
        self.managerFailures = managerFailures
        self.pause = pause
        self.clock = clock
        self.logger = logger
    }
}
