import CBare
import Core
import Events
import Foundation
import Persistence

/// Publishing to the real RabbitMQ with confirms, beside librabbitmq alone. Nobody has bound a queue, so that the
/// broker's queues are not what is measured.
enum PublishingFigures {
    private static let batch = 100

    static func measure(_ lab: Lab) async throws -> [Figure] {
        try await BenchBus.connected(lab) { publisher in
            let message = BenchBus.message()
            var bare: [Double] = []
            var one: [Cost] = []
            var four: [Cost] = []
            var single: [Cost] = []
            var sunk: [Cost] = []
            let port = try lab.amqpPort
            for _ in 0..<Meter.rounds {
                bare.append(try await librabbitmq(port: port, body: message.body))
                one.append(try await publish(message, 60_000, callers: 1, batch: batch, publisher))
                four.append(try await publish(message, 60_000, callers: 4, batch: batch, publisher))
                single.append(try await publish(message, 40_000, callers: 64, batch: 1, publisher))
                sunk.append(try await sink(30_000, publisher))
            }
            let alone = Meter.middle(bare)
            func figures(_ name: String, _ costs: [Cost], goal: Double?) -> [Figure] {
                let cost = Meter.middle(costs)
                return [
                    Figure(name, cost.perSecond, .perSecond, bare: alone, goal: goal.map { .atLeast($0) }),
                    Figure("  processor time of one", cost.processorMicroseconds, .microseconds),
                ]
            }
            return figures("ready, \(message.body.utf8.count) bytes, one caller, batches of 100", one, goal: 20_000)
                + figures("  four callers", four, goal: 20_000)
                + figures("  64 callers, one message each", single, goal: 20_000)
                + figures("from event to confirmed message (EventSink)", sunk, goal: 6_000)
                + [envelope()]
        }
    }

    @concurrent
    private static func librabbitmq(port: Int, body: String) async throws -> Double {
        let count = 60_000
        let seconds = await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: bare_publish("127.0.0.1", Int32(port), Int32(count), 100, body)) }
                .start()
        }
        guard seconds > 0 else { throw BenchFailure("librabbitmq alone cannot publish on port \(port)") }
        return Double(count) / seconds
    }

    private static func publish(
        _ message: BusMessage,
        _ count: Int,
        callers: Int,
        batch: Int,
        _ publisher: CountingPublisher
    ) async throws -> Cost {
        let messages = Array(repeating: message, count: batch)
        return try await Meter.cost {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<callers {
                    group.addTask {
                        for _ in 0..<count / callers / batch { try await publisher.publish(messages) }
                    }
                }
                try await group.waitForAll()
            }
            return count / callers / batch * callers * batch
        }
    }

    /// Events in waves, so that the sink's memory always has some and is never full.
    private static func sink(_ count: Int, _ publisher: CountingPublisher) async throws -> Cost {
        let relay = OutboxRelay(outbox: NoOutbox(), publisher: publisher, logger: CachedIdentity.silent)
        let sink = EventSink(
            publisher: publisher,
            store: NoOutbox(),
            outbox: NoOutbox(),
            relay: relay,
            envelope: BenchBus.envelope,
            logger: CachedIdentity.silent
        )
        let event = BenchBus.event()
        let before = publisher.confirmed
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await sink.run() }
            let cost = await Meter.cost {
                for number in 1...count {
                    sink.send(event)
                    if number.isMultiple(of: 2_000) { await publisher.wait(for: before + number - 2_000) }
                }
                await publisher.wait(for: before + count)
                return count
            }
            group.cancelAll()
            return cost
        }
    }

    private static func envelope() -> Figure {
        let event = BenchBus.event()
        var bytes = 0
        let cost = Meter.medianNow {
            for _ in 0..<20_000 { bytes += BenchBus.envelope.message(for: event, at: Date()).body.utf8.count }
            return 20_000
        }
        return Figure("envelope and JSON text of one event", cost.microseconds, .microseconds)
    }
}

/// Stands for the database while the broker is there; nothing may come to it.
private struct NoOutbox: StateStoring, OutboxStoring {
    struct Spilt: Error {}
    func rows(ofKind kind: String) async throws -> [AggregateRow] { [] }
    func commit(_ change: StateChange) async throws { throw Spilt() }
    func history(ofKind kind: String, id: String) async throws -> [HistoryEntry] { [] }
    func discardHistory(before date: Date) async throws {}
    func pendingMessages(limit: Int) async throws -> [OutboxEntry] { [] }
    func markPublished(_ ids: [Int64]) async throws {}
    func discardPublished(before date: Date) async throws {}
    func discardUnpublished(before date: Date) async throws -> Int { 0 }
    func backlog() async throws -> OutboxBacklog { OutboxBacklog(pending: 0, oldestSeconds: 0) }
}
