public import CallControl
public import CallRequests
public import Core
public import Directory
public import Events
public import Logging
public import Persistence
public import Telephony

/// Everything of Asterisk's REST interface that applications use.
public typealias ApplicationTelephony = ChannelControlling & ChannelPlacing & ChannelSignalling
    & ChannelMediaControlling
    & BridgeControlling & PlaybackControlling & ApplicationSubscribing

/// What applications work with.
public struct ApplicationPorts: Sendable {
    /// Asterisk.
    public var asterisk: any ApplicationTelephony
    /// Asterisk's manager interface: dialplan, digits, variables.
    public var manager: any ManagerControlling
    /// Registers Stasis applications; `nil` until everything is wired together.
    public var registry: @Sendable () -> (any ApplicationRegistering)?
    /// Configured applications.
    public var applications: any ApplicationDirectory
    /// Music classes.
    public var music: any MusicDirectory
    /// Users and their lines.
    public var users: any UserDirectory
    /// Where clients may call.
    public var destinations: Destinations
    /// Where applications of clients are kept; `nil` where confd keeps them.
    public var editing: (any ApplicationEditing)?
    /// Our stored state, with the outbox.
    public var store: any StateStoring
    /// The envelope of bus events.
    public var envelope: BusEnvelope
    /// Who would else hang up those who stand alone in a node.
    public var cleanup: LoneChannelCleanup
    /// What clients are told of Asterisk's failures.
    public var failures: AsteriskFailures
    /// What clients are told of the manager's failures.
    public var managerFailures: ManagerFailures
    /// What may be played.
    public var media: MediaRules
    /// Whether Asterisk has a recording of this name: it tells no end of one that it has not (seen on 22.10.1).
    public var hasRecording: @Sendable (String) async throws -> Bool
    /// The time of day.
    public var clock: any WallClock
    /// Base logger.
    public var logger: Logger

    /// Ports with all their parts.
    public init(
        asterisk: any ApplicationTelephony,
        manager: any ManagerControlling,
        registry: @escaping @Sendable () -> (any ApplicationRegistering)?,
        applications: any ApplicationDirectory,
        music: any MusicDirectory,
        users: any UserDirectory,
        destinations: Destinations,
        editing: (any ApplicationEditing)?,
        store: any StateStoring,
        envelope: BusEnvelope,
        cleanup: LoneChannelCleanup,
        failures: AsteriskFailures,
        managerFailures: ManagerFailures,
        media: MediaRules = MediaRules(),
        hasRecording: @escaping @Sendable (String) async throws -> Bool = { _ in true },
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.asterisk = asterisk
        self.manager = manager
        self.registry = registry
        self.applications = applications
        self.music = music
        self.users = users
        self.destinations = destinations
        self.editing = editing
        self.store = store
        self.envelope = envelope
        self.cleanup = cleanup
        self.failures = failures
        self.managerFailures = managerFailures
        self.media = media
        self.hasRecording = hasRecording
        self.clock = clock
        self.logger = logger
    }
}

extension ApplicationPorts {
    /// Asks Asterisk on behalf of a client.
    /// - Throws: `Failure`.
    func asking<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as TelephonyFailure {
            throw failures.failure(for: failure)
        } catch let failure as ManagerFailure {
            throw managerFailures.failure(for: failure)
        } catch is Turns.Busy {
            throw Failure.busy
        }
    }
}
