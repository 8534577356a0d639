import Core
public import Events
import Foundation
public import Logging
import Metrics
public import ServiceLifecycle

/// Keeps events in the outbox that were published without it, so that a client of the event stream that comes again
/// after a restart of ours finds them (best effort).
///
/// Never in the way of publishing: when PostgreSQL does not take them for so long that the queue is full, or refuses,
/// they are not kept, and counted.
public final class EventKeeper: Service {
    private let events: any EventKeeping
    private let queue: Mailbox<BusMessage>
    private let logger: Logger
    private static let batch = 500

    /// - Parameter capacity: Messages in memory at most.
    public init(events: any EventKeeping, capacity: Int = 8_192, logger: Logger) {
        self.events = events
        self.logger = logger
        queue = Mailbox(capacity: capacity)
    }

    /// Takes messages; never waits.
    public func keep(_ messages: [BusMessage]) {
        for message in messages where message.contentType == "application/json" {
            if !queue.offer(message) { Counter(label: "tandem_events_not_kept").increment() }
        }
    }

    /// Runs until shutdown.
    public func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            while let first = await queue.next() {
                var messages = [first]
                while messages.count < Self.batch, let next = queue.takeNow() { messages.append(next) }
                do {
                    try await events.keepPublished(messages)
                } catch {
                    Counter(label: "tandem_events_not_kept").increment(by: messages.count)
                    logger.debug("events not kept", metadata: ["error": "\(error)", "events": "\(messages.count)"])
                }
            }
        } onCancelOrGracefulShutdown: {
            self.queue.close()
        }
    }
}
