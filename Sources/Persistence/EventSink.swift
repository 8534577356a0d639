public import Core
public import Events
import Foundation
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Publishes events of resources without stored state (calls, channels): from memory while the broker answers,
/// through the outbox while it does not (architecture §6).
///
/// Order per resource holds across the two ways: once something went to the outbox, all that follows goes there
/// too, until the outbox is empty and the broker is back. Memory is bounded: when neither the broker nor
/// PostgreSQL takes anything for so long that it is full, the newest event is dropped, counted and logged;
/// calls go on.
public final class EventSink: Service {
    private let publisher: any EventPublishing
    private let store: any StateStoring
    private let outbox: any OutboxStoring
    private let relay: OutboxRelay
    private let envelope: BusEnvelope
    private let clock: any WallClock
    private let whenAccepted: @Sendable ([BusMessage]) -> Void
    private let whenPublished: @Sendable ([BusMessage]) -> Void
    private let logger: Logger
    private let queue: Mailbox<BusMessage>
    private let isSpilling = Mutex(false)
    private static let batch = 200

    /// - Parameters:
    ///   - capacity: Messages in memory at most.
    ///   - whenAccepted: Takes each message that was accepted; must not wait.
    ///   - whenPublished: Takes those that the broker got without the outbox; must not wait.
    public init(
        publisher: any EventPublishing,
        store: any StateStoring,
        outbox: any OutboxStoring,
        relay: OutboxRelay,
        envelope: BusEnvelope,
        capacity: Int = 16_384,
        clock: any WallClock = SystemClock(),
        whenAccepted: @escaping @Sendable ([BusMessage]) -> Void = { _ in },
        whenPublished: @escaping @Sendable ([BusMessage]) -> Void = { _ in },
        logger: Logger
    ) {
        self.whenAccepted = whenAccepted
        self.whenPublished = whenPublished
        self.publisher = publisher
        self.store = store
        self.outbox = outbox
        self.relay = relay
        self.envelope = envelope
        self.clock = clock
        self.logger = logger
        queue = Mailbox(capacity: capacity)
    }

    /// Takes an event that happens now; never waits, so that it can be called from an event's handler.
    public func send(_ event: BusEvent) {
        let message = envelope.message(for: event, at: clock.now)
        guard queue.offer(message) else {
            Counter(label: "tandem_events_dropped").increment()
            logger.error(
                "event dropped: neither the broker nor PostgreSQL takes any",
                metadata: ["event": "\(event.name)"]
            )
            return
        }
        whenAccepted([message])
    }

    /// Events that wait in memory now.
    public var waitingCount: Int { queue.count }

    /// Whether events go through the outbox now.
    public var spills: Bool { isSpilling.withLock { $0 } }

    /// Runs until shutdown; what is in memory then goes to the broker or the outbox first.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await self.work()
            } onCancel: {
                self.queue.close()
            }
        } onGracefulShutdown: {
            self.queue.close()
        }
    }

    private func work() async {
        while let first = await queue.next() {
            var messages = [first]
            while messages.count < Self.batch, let next = queue.takeNow() { messages.append(next) }
            await deliver(messages)
        }
    }

    private func deliver(_ messages: [BusMessage]) async {
        var pause: Duration = .milliseconds(50)
        while true {
            do {
                if try await mayPublish() {
                    do {
                        try await publisher.publish(messages)
                        return whenPublished(messages)
                    } catch {
                        // A prefix may have arrived; the outbox sends all again: at least once.
                        setSpilling(true, because: error)
                    }
                }
                try await store.commit(StateChange(messages: messages))
                relay.wake()
                return
            } catch {
                setSpilling(true, because: error)
                guard (try? await Task.sleep(for: pause)) != nil else { return }
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    /// Whether the broker may be given events at once: nothing that came before waits in the outbox.
    private func mayPublish() async throws -> Bool {
        guard publisher.isConnected else {
            setSpilling(true, because: BusFailure.unreachable("not connected"))
            return false
        }
        if !spills { return true }
        guard try await outbox.backlog().pending == 0 else { return false }
        setSpilling(false, because: nil)
        return true
    }

    private func setSpilling(_ spills: Bool, because error: (any Error)?) {
        let changed = isSpilling.withLock { state in
            defer { state = spills }
            return state != spills
        }
        guard changed else { return }
        if let error {
            logger.warning("events go through the outbox", metadata: ["error": "\(error)"])
        } else {
            logger.info("events are published directly again")
        }
    }
}
