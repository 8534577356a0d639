import Synchronization

/// Lets one log line of a kind through each second, and counts those between, so that what happens again and again does not
/// fill the log.
public final class LinePause: Sendable {
    private let state = Mutex<(next: ContinuousClock.Instant?, silent: Int)>((nil, 0))
    private static let pause: Duration = .seconds(1)

    /// A pause that has not begun.
    public init() {}

    /// There is something to say.
    /// - Returns: How many times nothing was said since the last line; `nil`: nothing is to be said now either.
    public func admit(now: ContinuousClock.Instant = .now) -> Int? {
        state.withLock { state in
            if let next = state.next, now < next {
                state.silent += 1
                return nil
            }
            defer { state = (now + Self.pause, 0) }
            return state.silent
        }
    }
}
