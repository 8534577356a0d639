/// The bus as a place to publish to.
public protocol EventPublishing: Sendable {
    /// Publishes in order and returns once the broker has confirmed all of them.
    /// - Throws: `BusFailure` when the broker is away or refused; then any prefix may have arrived, and
    ///   the caller sends all again (at least once).
    func publish(_ messages: [BusMessage]) async throws
    /// Whether the broker is connected now.
    var isConnected: Bool { get }
    /// The connection's state, now and at each change.
    func connectionStates() -> AsyncStream<Bool>
}

/// Why publishing failed.
public enum BusFailure: Error, Hashable, Sendable {
    /// No connection to the broker. The text is for the log and holds no secret.
    case unreachable(String)
    /// The broker answered with a negative confirm, or closed the channel.
    case refused(String)
}
