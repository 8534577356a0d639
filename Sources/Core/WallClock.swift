public import Foundation

/// The time of day, behind a port: deadlines are stored as dates, so that a restart keeps them, and
/// tests move the time by hand.
public protocol WallClock: Sendable {
    /// The present moment.
    var now: Date { get }
    /// Returns at `date`, at once when it has passed.
    /// - Throws: `CancellationError` when the task is cancelled before.
    func sleep(until date: Date) async throws
}

/// The system's clock.
public struct SystemClock: WallClock {
    /// The system's clock.
    public init() {}
    /// The present moment.
    public var now: Date { Date() }
    /// Sleeps in steps of at most a minute, so that a correction of the system's time is noticed.
    public func sleep(until date: Date) async throws {
        while true {
            let remaining = date.timeIntervalSinceNow
            if remaining <= 0 { return }
            try await Task.sleep(for: .seconds(min(remaining, 60)))
        }
    }
}
