public import CallControl
public import CallRequests
public import Core
public import Directory
public import Events
public import Logging
public import Persistence
public import Telephony

/// What transfers work with.
public struct TransferPorts: Sendable {
    /// Asterisk's channels.
    public var channels: any ChannelControlling
    /// Asterisk's bridges.
    public var bridges: any BridgeControlling
    /// Ringing of channels.
    public var signalling: any ChannelSignalling
    /// Music and silence of channels.
    public var media: any ChannelMediaControlling
    /// Variables of channels that need not be in Stasis.
    public var variables: any AnyChannelVariableSetting
    /// Asterisk's manager interface.
    public var manager: any ManagerControlling
    /// Where clients may call.
    public var destinations: Destinations
    /// Users and their lines.
    public var users: any UserDirectory
    /// Our stored state, with the outbox.
    public var store: any StateStoring
    /// The envelope of bus events.
    public var envelope: BusEnvelope
    /// Who ends the conversations that transfers begin.
    public var cleanup: LoneChannelCleanup
    /// What clients are told of Asterisk's failures.
    public var failures: AsteriskFailures
    /// What clients are told of the manager interface's failures.
    public var managerFailures: ManagerFailures
    /// The time of day.
    public var clock: any WallClock
    /// Base logger.
    public var logger: Logger

    /// Ports with all their parts.
    /// - Parameter asterisk: All that is done over Asterisk's REST interface.
    public init(
        asterisk: any ChannelControlling & BridgeControlling & ChannelSignalling & ChannelMediaControlling,
        variables: any AnyChannelVariableSetting,
        manager: any ManagerControlling,
        destinations: Destinations,
        users: any UserDirectory,
        store: any StateStoring,
        envelope: BusEnvelope,
        cleanup: LoneChannelCleanup,
        failures: AsteriskFailures,
        managerFailures: ManagerFailures,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        channels = asterisk
        bridges = asterisk
        signalling = asterisk
        media = asterisk
        self.variables = variables
        self.manager = manager
        self.destinations = destinations
        self.users = users
        self.store = store
        self.envelope = envelope
        self.cleanup = cleanup
        self.failures = failures
        self.managerFailures = managerFailures
        self.clock = clock
        self.logger = logger
    }
}
