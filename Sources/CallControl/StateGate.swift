import Core
public import Logging
public import ServiceLifecycle
import Telephony

/// A feature whose resources are stored.
public protocol Restoring: Sendable {
    /// Reads its rows, once; Asterisk need not be there. When it returns, clients find what is stored.
    /// - Throws: `DatabaseFailure` while the rows cannot be read.
    func restore() async throws
}

/// What a feature with stored resources needs after a start before it can answer: its rows, and for what changes
/// something a first look at Asterisk too. Until then a client's request waits for a moment and is then refused: what is
/// stored is never told to be missing.
public final class StateGate: Restoring, Recovering {
    /// What a request needs.
    public enum Need: Sendable {
        /// The stored resources, to show them.
        case rows
        /// Asterisk as well, to do something.
        case asterisk
    }

    private let feature: any Restoring & Recovering
    private let failures: AsteriskFailures
    private let patience: Duration
    private let rowsRead = Latch()
    private let asteriskSeen = Latch()

    /// The gate of a feature, closed.
    /// - Parameter patience: How long a request waits.
    public init(of feature: any Restoring & Recovering, failures: AsteriskFailures, patience: Duration = .seconds(2)) {
        self.feature = feature
        self.failures = failures
        self.patience = patience
    }

    /// Lets the feature read its rows.
    public func restore() async throws {
        try await feature.restore()
        rowsRead.open()
    }

    /// Lets the feature bring its resources and Asterisk together.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        if !rowsRead.isOpen { try await restore() }
        try await feature.recover(from: snapshot)
        asteriskSeen.open()
    }

    /// Waits for what a request needs.
    /// - Throws: `Failure` 503 when it is not there in time.
    public func require(_ need: Need) async throws {
        guard await rowsRead.isOpen(within: patience) else { throw Failure.databaseUnreachable }
        guard need == .asterisk else { return }
        guard await asteriskSeen.isOpen(within: patience) else { throw failures.failure(for: .notInitialized) }
    }
}

/// Reads what is stored at the start, whether Asterisk is there or not; repeats with back-off until all could.
///
/// The event feed connects only after that: whoever hangs up from then on is heard of by the feature that has them.
public final class Restoration: Service {
    private let features: [any Restoring]
    private let logger: Logger
    private let done = Latch()
    private static let longestPause: Duration = .seconds(5)

    /// A restoration of these features, in this order.
    public init(of features: [any Restoring], logger: Logger) {
        self.features = features
        self.logger = logger
    }

    /// Returns once everything is restored, or when the task is cancelled.
    public func finished() async {
        while !Task.isCancelled, await !done.isOpen(within: .seconds(60)) {}
    }

    /// Restores, and then waits for the shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.restoreUntilDone() }
        try? await gracefulShutdown()
    }

    private func restoreUntilDone() async {
        var pause: Duration = .milliseconds(100)
        var isReported = false
        while !Task.isCancelled {
            do {
                for feature in features { try await feature.restore() }
                return done.open()
            } catch {
                // One line at the first failure; the reasons repeat every few seconds otherwise.
                if !isReported { logger.error("stored state not read yet", metadata: ["error": "\(error)"]) }
                isReported = true
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }
}
