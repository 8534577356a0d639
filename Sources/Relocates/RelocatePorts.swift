public import CallControl
public import Core
public import Directory
public import Events
public import Logging
public import Persistence
public import Telephony

/// What relocates work with.
public struct RelocatePorts: Sendable {
    /// Asterisk's channels.
    public var channels: any ChannelControlling
    /// Asterisk's bridges.
    public var bridges: any BridgeControlling
    /// The manager interface.
    public var manager: any ManagerControlling
    /// Variables of channels that are not in Stasis.
    public var variables: any AnyChannelVariableSetting
    /// Users, their lines and mobiles.
    public var users: any UserDirectory
    /// Our stored state, with the outbox.
    public var store: any StateStoring
    /// The envelope of bus events.
    public var envelope: BusEnvelope
    /// Who ends the conversations that relocates begin.
    public var cleanup: LoneChannelCleanup
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
        bridges: any BridgeControlling,
        manager: any ManagerControlling,
        variables: any AnyChannelVariableSetting,
        users: any UserDirectory,
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
        self.manager = manager
        self.variables = variables
        self.users = users
        self.store = store
        self.envelope = envelope
        self.cleanup = cleanup
        self.failures = failures
        self.managerFailures = managerFailures
        self.clock = clock
        self.logger = logger
    }

    var parties: CallParties { CallParties(channels: channels, bridges: bridges) }
    var capture: StasisCapture { StasisCapture(manager: manager, variables: variables) }
    var presence: StasisPresence { StasisPresence(channels: channels) }

    /// Asks Asterisk on behalf of a client.
    /// - Throws: `Failure` 503.
    func asking<Value: Sendable>(_ request: () async throws -> Value) async throws -> Value {
        do {
            return try await request()
        } catch let failure as TelephonyFailure {
            throw failures.failure(for: failure)
        } catch let failure as ManagerFailure {
            throw managerFailures.failure(for: failure)
        }
    }
}
