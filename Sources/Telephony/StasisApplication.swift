/// A Stasis application of ours and what it listens to.
public struct StasisApplication: Sendable, Hashable {
    /// The application's name.
    public var name: String
    /// Event sources, for instance `channel:` for all channels.
    public var sources: [String]

    /// An application with its sources.
    public init(name: String, sources: [String] = []) {
        self.name = name
        self.sources = sources
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
