/// Tells a peer that is frozen from one that has nothing to say. Asterisk is asked for a sign of life at each
/// ``interval``; any byte of it counts as one. After three without an answer it is taken for dead, so within 10 seconds.
///
/// Intervals are counted, not time: while our own process was stopped, nothing was asked and nothing was read, and
/// that says nothing about the peer.
public struct SignsOfLife: Sendable {
    /// Between two questions.
    public static let interval: Duration = .milliseconds(2_500)
    /// Intervals without a sign of life after which the peer counts as dead.
    public static let most = 3

    private var missed = 0

    /// Nothing was missed yet.
    public init() {}

    /// An interval has passed.
    /// - Parameters:
    ///   - isHeard: Whether the peer was heard within it, or could not be, since we did not read.
    /// - Returns: Whether the peer counts as dead.
    public mutating func intervalPassed(isHeard: Bool) -> Bool {
        missed = isHeard ? 0 : missed + 1
        return missed >= Self.most
    }
}
