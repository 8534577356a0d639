/// A Stasis application of ours and what it listens to.
public struct StasisApplication: Sendable, Hashable {
    /// The application's name.
    public var name: String
    /// Event sources, for instance `channel:` for all channels.
    public var sources: [String]
    /// Types of events that it reads although most applications do not, for instance `ChannelVarset`.
    public var alsoReads: Set<String>
    /// Types of events that it does not read although most applications do.
    public var ignores: Set<String>
    /// Whether a subscription of its own keeps it alive in Asterisk while we are away. One that only listens, or lives by
    /// the subscriptions to its own channels, does without.
    public var isLasting: Bool

    /// An application with its sources.
    public init(
        name: String,
        sources: [String] = [],
        alsoReads: Set<String> = [],
        ignores: Set<String> = [],
        isLasting: Bool = true
    ) {
        self.name = name
        self.sources = sources
        self.alsoReads = alsoReads
        self.ignores = ignores
        self.isLasting = isLasting
    }
}

/// Registers Stasis applications in Asterisk and keeps them registered: after a lost connection, and after
/// Asterisk was restarted, each is registered again by itself (contract 00 §7.3).
public protocol ApplicationRegistering: Sendable {
    /// Registers an application; one that is registered already stays as it is. While Asterisk is away it is
    /// remembered, and registered with the others.
    /// - Throws: `TelephonyFailure` when Asterisk refuses; it is remembered all the same.
    func register(_ application: StasisApplication) async throws
    /// Forgets an application. Channels that are in it stay there.
    /// - Throws: `TelephonyFailure`; it is forgotten all the same.
    func deregister(_ name: String) async throws
    /// Names of the applications that are registered now.
    var registered: Set<String> { get }
    /// Whether their events arrive and every one is registered.
    var isConnected: Bool { get }
}

/// A snapshot of a Stasis application, as ARI shows it.
public struct StasisApplicationState: Sendable, Hashable {
    /// The application's name.
    public var name: String
    /// Channels that it has, or listens to; all channels are shown as one that is called
    /// `__AST_CHANNEL_ALL_TOPIC`.
    public var channels: [ChannelID]
    /// Bridges that it listens to; one that was made through ARI only after a subscription to it.
    public var bridges: [BridgeID]
    /// Endpoints that it listens to, for instance `PJSIP/alice`, or `PJSIP` for all.
    public var endpoints: [String]
    /// Devices that it listens to.
    public var devices: [String]

    /// A snapshot with all its parts.
    public init(
        name: String,
        channels: [ChannelID] = [],
        bridges: [BridgeID] = [],
        endpoints: [String] = [],
        devices: [String] = []
    ) {
        self.name = name
        self.channels = channels
        self.bridges = bridges
        self.endpoints = endpoints
        self.devices = devices
    }
}

/// What an application has, and further subscriptions while it runs. They are lost with the application object
/// (contract 44 §13 c); sources that must last belong into ``StasisApplication/sources``.
public protocol ApplicationSubscribing: Sendable {
    /// An application; `nil` when Asterisk has none of this name.
    /// - Throws: `TelephonyFailure`.
    func application(_ name: String) async throws -> StasisApplicationState?
    /// Subscribes an application to event sources, for instance `bridge:<id>`.
    /// - Throws: `TelephonyFailure`: `.notFound` when there is no such application, `.unprocessable` when a source
    ///   is not there, `.invalid` when it makes no sense.
    func subscribe(_ application: String, to sources: [String]) async throws
    /// Ends subscriptions.
    /// - Throws: `TelephonyFailure`, `.conflict` when there is no such subscription.
    func unsubscribe(_ application: String, from sources: [String]) async throws
}
