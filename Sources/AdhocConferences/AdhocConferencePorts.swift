public import CallControl
public import Core
public import Events
public import Logging
public import Persistence
public import Telephony

/// What ad hoc conferences work with.
public struct AdhocConferencePorts: Sendable {
    /// Asterisk's channels, in both their capabilities.
    public var channels: any ChannelControlling & ChannelPlacing
    /// Asterisk's bridges.
    public var bridges: any BridgeControlling
    /// Further subscriptions of our Stasis application.
    public var subscriptions: any ApplicationSubscribing
    /// Brings calls out of the dialplan.
    public var capture: StasisCapture
    /// Our stored state, with the outbox.
    public var store: any StateStoring
    /// The envelope of bus events.
    public var envelope: BusEnvelope
    /// Who would else hang up those who stand alone in a bridge for a moment.
    public var cleanup: LoneChannelCleanup
    /// What clients are told of Asterisk's failures.
    public var failures: AsteriskFailures
    /// What clients are told of the manager's failures.
    public var managerFailures: ManagerFailures
    /// The time of day.
    public var clock: any WallClock
    /// Base logger.
    public var logger: Logger

    /// Ports with all their parts.
    public init(
        channels: any ChannelControlling & ChannelPlacing,
        bridges: any BridgeControlling,
        subscriptions: any ApplicationSubscribing,
        capture: StasisCapture,
        store: any StateStoring,
        envelope: BusEnvelope,
        cleanup: LoneChannelCleanup,
        failures: AsteriskFailures,
        managerFailures: ManagerFailures,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.channels = channels
        self.bridges = bridges
        self.subscriptions = subscriptions
        self.capture = capture
        self.store = store
        self.envelope = envelope
        self.cleanup = cleanup
        self.failures = failures
        self.managerFailures = managerFailures
        self.clock = clock
        self.logger = logger
    }
}
