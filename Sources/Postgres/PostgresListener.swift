import Foundation
public import Logging
public import ServiceLifecycle
import Synchronization

/// Listens to channels of one PostgreSQL server, on a connection and a thread of its own.
///
/// PostgreSQL keeps no notification for who is not connected. So each ``Event/listening`` means that any number
/// of them may have been missed before, and after ``Event/lost`` none comes until the next one.
public final class PostgresListener: Service {
    /// What is told to the receiver, in order.
    public enum Event: Sendable, Hashable {
        /// Connected, for the first time or again: from now on nothing is missed.
        case listening
        /// A notification.
        case notified(PostgresNotification)
        /// The connection is lost; another one is tried for, with growing pauses.
        case lost
    }

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let receiver: @Sendable (Event) -> Void
    private let logger: Logger
    private let isStopping = Atomic(false)
    private let isListeningNow = Atomic(false)
    /// How soon a shutdown is noticed.
    private static let tick = Duration.milliseconds(250)
    private let silence: Duration

    /// - Parameters:
    ///   - configuration: Its limits for connecting and answering count; `connections` does not.
    ///   - channels: Names as in `LISTEN "name"`.
    ///   - silence: How long nothing may come before the server is asked for a sign of life.
    ///   - receiver: Called on the listener's thread, one event at a time; the next one waits for its return.
    public init(
        _ configuration: PostgresConfiguration,
        channels: [String],
        silence: Duration = .seconds(10),
        logger: Logger,
        receiver: @escaping @Sendable (Event) -> Void
    ) {
        self.configuration = configuration
        self.channels = channels
        self.silence = silence
        self.receiver = receiver
        self.logger = logger
    }

    /// Whether it is connected now.
    public var isListening: Bool { isListeningNow.load(ordering: .relaxed) }

    /// Listens until graceful shutdown or cancellation; ends within a second.
    public func run() async throws {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                    let thread = Thread {
                        self.work()
                        done.resume()
                    }
                    thread.name = "postgres-listen"
                    thread.start()
                }
            } onGracefulShutdown: {
                self.isStopping.store(true, ordering: .relaxed)
            }
        } onCancel: {
            isStopping.store(true, ordering: .relaxed)
        }
    }

    // MARK: On the thread

    private var stops: Bool { isStopping.load(ordering: .relaxed) }

    private func work() {
        var pause = configuration.firstPause
        var isKnownToBeAway = false
        while !stops {
            do throws(PostgresFailure) {
                let connection = try connect()
                pause = configuration.firstPause
                isKnownToBeAway = false
                try listen(on: connection)
            } catch {
                // The first failure of an outage is news, its repetitions are not.
                if isListeningNow.exchange(false, ordering: .relaxed) { receiver(.lost) }
                if !isKnownToBeAway {
                    logger.warning("not listening to PostgreSQL", metadata: ["cause": "\(error)"])
                }
                isKnownToBeAway = true
                rest(for: pause)
                pause = min(pause * 2, configuration.maximumPause)
            }
        }
        if isListeningNow.exchange(false, ordering: .relaxed) { receiver(.lost) }
    }

    private func connect() throws(PostgresFailure) -> PostgresConnection {
        let connection = try PostgresConnection.open(configuration)
        for channel in channels { try connection.listen(to: channel) }
        isListeningNow.store(true, ordering: .relaxed)
        logger.info(
            "listening to PostgreSQL",
            metadata: ["server": "\(configuration.address)", "channels": "\(channels.joined(separator: " "))"]
        )
        receiver(.listening)
        return connection
    }

    private func listen(on connection: PostgresConnection) throws(PostgresFailure) {
        var heard = ContinuousClock.now
        while !stops {
            for notification in try connection.notifications(until: .now + Self.tick) {
                receiver(.notified(notification))
                heard = .now
            }
            // A connection that a firewall forgot, and a frozen server, do not close.
            if ContinuousClock.now - heard > silence {
                try connection.run(script: "SELECT 1")
                heard = .now
            }
        }
    }

    private func rest(for pause: Duration) {
        let end = ContinuousClock.now + pause
        while !stops, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.05) }
    }
}
