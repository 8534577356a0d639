import Core
import Events
import Foundation
import Logging
import Persistence
import Testing

@Suite("Events without stored state", .timeLimit(.minutes(1)))
struct EventSinkTests {
    private let outbox = MemoryOutbox()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func run(
        _ broker: MemoryBroker,
        capacity: Int = 1_024,
        _ body: (EventSink) async throws -> Void
    ) async throws {
        let relay = OutboxRelay(outbox: outbox, publisher: broker, logger: logger)
        let sink = EventSink(
            publisher: broker,
            store: outbox,
            outbox: outbox,
            relay: relay,
            envelope: BusEnvelope(origin: "X"),
            capacity: capacity,
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relay.run() }
            group.addTask { try await sink.run() }
            try await body(sink)
            group.cancelAll()
        }
    }

    private func send(_ range: ClosedRange<Int>, to sink: EventSink) {
        for number in range {
            sink.send(
                BusEvent(
                    name: "call_updated",
                    routingKey: "calls.call.updated",
                    audience: .tenant(TenantID("T")),
                    data: ["number": .integer(Int64(number))],
                    resource: "r"
                )
            )
        }
    }

    private func numbers(_ broker: MemoryBroker) -> [Int64] {
        broker.bodies.compactMap { (try? JSONValue(parsing: Data($0.utf8)))?["data"]?["number"]?.integer }
    }

    @Test("while the broker answers nothing touches the database")
    func direct() async throws {
        let broker = MemoryBroker()
        try await run(broker) { sink in
            send(1...500, to: sink)
            await broker.waitForBodies(500)
            #expect(numbers(broker) == Array(1...500))
            let entries = try await outbox.backlog().pending
            #expect(entries == 0 && !sink.spills)
        }
    }

    @Test("while the broker is away they wait in the outbox, and come out in order when it is back")
    func outage() async throws {
        let broker = MemoryBroker(isConnected: false)
        try await run(broker) { sink in
            send(1...300, to: sink)
            await outbox.waitForEntries(300)
            #expect(sink.spills)
            broker.setConnected(true)
            send(301...600, to: sink)
            await broker.waitForBodies(600)
            #expect(numbers(broker) == Array(1...600))
            // What comes once the outbox is empty goes directly again.
            while try await outbox.backlog().pending > 0 { await Task.yield() }
            send(601...601, to: sink)
            await broker.waitForBodies(601)
            #expect(!sink.spills)
            #expect(numbers(broker).last == 601)
        }
    }

    @Test("a publish that breaks in the middle is repeated whole: at least once, never out of order")
    func brokenPublish() async throws {
        let broker = MemoryBroker()
        try await run(broker) { sink in
            broker.failNext(after: 1)
            send(1...1, to: sink)
            await broker.waitForBodies(2)
            #expect(numbers(broker) == [1, 1])
        }
    }

    @Test("with the database away as well memory keeps them until one of the two is back")
    func bothAway() async throws {
        let broker = MemoryBroker(isConnected: false)
        outbox.setRefusing(true)
        try await run(broker) { sink in
            send(1...50, to: sink)
            while !sink.spills { await Task.yield() }
            outbox.setRefusing(false)
            broker.setConnected(true)
            await broker.waitForBodies(50)
            #expect(numbers(broker) == Array(1...50))
        }
    }

    @Test("memory is bounded: what does not fit is dropped, the sender never waits")
    func bounded() async throws {
        let broker = MemoryBroker(isConnected: false)
        outbox.setRefusing(true)
        try await run(broker, capacity: 10) { sink in
            send(1...1_000, to: sink)
            outbox.setRefusing(false)
            broker.setConnected(true)
            await broker.waitForBodies(10)
            #expect(numbers(broker).prefix(10) == ArraySlice(1...10))
        }
    }
}
