public import Core
public import Events
public import Foundation
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Publishes the outbox: at least once, in the order of its ids, also after the broker was away for long.
///
/// A message is marked as published only after the broker has confirmed it; a crash between the two
/// publishes it again.
public final class OutboxRelay: Service {
    private let outbox: any OutboxStoring
    private let publisher: any EventPublishing
    private let retention: TimeInterval
    private let unpublishedRetention: TimeInterval
    private let clock: any WallClock
    private let logger: Logger
    private let wakeUps = Mailbox<Void>(capacity: 1)
    private let isInTrouble = Mutex(false)
    private static let batch = 100
    /// A safety net only: commits, the broker's return and earlier failures wake the relay.
    private static let pollInterval: Duration = .seconds(2)
    private static let pruneInterval: TimeInterval = 60

    /// A relay; it works when it is run.
    /// - Parameters:
    ///   - retention: Seconds that published messages are kept.
    ///   - unpublishedRetention: Seconds that a message waits for a broker that is away. Then it is dropped: the table of
    ///     a site whose broker is gone must not grow for ever.
    public init(
        outbox: any OutboxStoring,
        publisher: any EventPublishing,
        retention: TimeInterval = 3_600,
        unpublishedRetention: TimeInterval = 86_400,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.outbox = outbox
        self.publisher = publisher
        self.retention = retention
        self.unpublishedRetention = unpublishedRetention
        self.clock = clock
        self.logger = logger
    }

    /// There may be something to publish.
    public func wake() { wakeUps.offer(()) }

    /// Runs until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    group.addTask { await self.publish() }
                    group.addTask {
                        for await isConnected in self.publisher.connectionStates() where isConnected { self.wake() }
                    }
                    group.addTask {
                        while (try? await Task.sleep(for: Self.pollInterval)) != nil { self.wake() }
                    }
                }
            } onCancel: {
                self.wakeUps.close()
            }
        }
    }

    private func publish() async {
        var prunedAt = clock.now
        while await wakeUps.next() != nil {
            do {
                // Before the messages are published: a broker that takes none must not keep the table growing.
                if clock.now.timeIntervalSince(prunedAt) >= Self.pruneInterval {
                    prunedAt = clock.now
                    try await prune()
                }
                try await drain()
                setTrouble(nil)
            } catch {
                setTrouble(error)
            }
        }
    }

    private func prune() async throws {
        try await outbox.discardPublished(before: clock.now.addingTimeInterval(-retention))
        let count = try await outbox.discardUnpublished(before: clock.now.addingTimeInterval(-unpublishedRetention))
        guard count > 0 else { return }
        Counter(label: "tandem_outbox_dropped").increment(by: count)
        logger.error(
            "events dropped: the broker has not taken them for too long (retention.unpublished, bus.enabled)",
            metadata: ["count": "\(count)", "seconds": "\(unpublishedRetention)"]
        )
    }

    private func drain() async throws {
        while !Task.isCancelled, publisher.isConnected {
            let entries = try await outbox.pendingMessages(limit: Self.batch)
            if entries.isEmpty { return }
            try await publisher.publish(entries.map(\.message))
            try await outbox.markPublished(entries.map(\.id))
            Counter(label: "tandem_outbox_published").increment(by: entries.count)
        }
    }

    /// One line when publishing stops, one when it goes on.
    private func setTrouble(_ error: (any Error)?) {
        let wasInTrouble = isInTrouble.withLock { state in
            defer { state = error != nil }
            return state
        }
        switch (wasInTrouble, error) {
        case (false, let error?): logger.error("events wait in the outbox", metadata: ["error": "\(error)"])
        case (true, nil): logger.info("events are published again")
        default: break
        }
    }
}

/// Our state with an alarm clock: a stored change that carries messages wakes the relay. Here every feature's
/// transitions pass, so here they are counted.
public struct RelayedStateStore: StateStoring {
    private let store: any StateStoring
    private let relay: OutboxRelay
    private let whenStored: @Sendable ([BusMessage]) -> Void

    /// A store whose commits wake `relay`.
    /// - Parameter whenStored: Takes the messages of a change that was committed; must not wait.
    public init(
        store: any StateStoring,
        relay: OutboxRelay,
        whenStored: @escaping @Sendable ([BusMessage]) -> Void = { _ in }
    ) {
        self.store = store
        self.relay = relay
        self.whenStored = whenStored
    }

    /// Rows of the wrapped store.
    public func rows(ofKind kind: String) async throws -> [AggregateRow] { try await store.rows(ofKind: kind) }

    /// History of the wrapped store.
    public func history(ofKind kind: String, id: String) async throws -> [HistoryEntry] {
        try await store.history(ofKind: kind, id: id)
    }

    /// Deletes history lines of the wrapped store.
    public func discardHistory(before date: Date) async throws { try await store.discardHistory(before: date) }

    /// Commits to the wrapped store, then wakes the relay.
    public func commit(_ change: StateChange) async throws {
        try await store.commit(change)
        for entry in change.history {
            Counter(
                label: "tandem_transitions",
                dimensions: [("kind", entry.kind), ("from", entry.from), ("to", entry.to)]
            ).increment()
        }
        guard !change.messages.isEmpty else { return }
        relay.wake()
        whenStored(change.messages)
    }
}
