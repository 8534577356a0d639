public import CallControl
public import Core
public import Directory
public import Events
public import Logging
public import Persistence
public import Telephony

/// What switchboards work with.
public struct SwitchboardPorts: Sendable {
    /// Asterisk's channels.
    public var channels: any ChannelControlling
    /// Asterisk's bridges.
    public var bridges: any BridgeControlling
    /// Configured switchboards.
    public var switchboards: any SwitchboardDirectory
    /// Operators and their lines.
    public var users: any UserDirectory
    /// Our stored state, with the outbox.
    public var store: any StateStoring
    /// The envelope of bus events.
    public var envelope: BusEnvelope
    /// Who ends the conversations that switchboards begin.
    public var cleanup: LoneChannelCleanup
    /// What clients are told of Asterisk's failures.
    public var failures: AsteriskFailures
    /// Whether another feature has taken the channel, which is then neither a newcomer nor without a call, though it
    /// stands in no bridge: a held party of a transfer, for instance.
    public var isTakenElsewhere: @Sendable (ChannelID) -> Bool
    /// The time of day.
    public var clock: any WallClock
    /// Base logger.
    public var logger: Logger

    /// Ports with all their parts.
    public init(
        channels: any ChannelControlling,
        bridges: any BridgeControlling,
        switchboards: any SwitchboardDirectory,
        users: any UserDirectory,
        store: any StateStoring,
        envelope: BusEnvelope,
        cleanup: LoneChannelCleanup,
        failures: AsteriskFailures,
        isTakenElsewhere: @escaping @Sendable (ChannelID) -> Bool = { _ in false },
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.channels = channels
        self.bridges = bridges
        self.switchboards = switchboards
        self.users = users
        self.store = store
        self.envelope = envelope
        self.cleanup = cleanup
        self.failures = failures
        self.isTakenElsewhere = isTakenElsewhere
        self.clock = clock
        self.logger = logger
    }
}
