import Core
import Events
import Foundation
import Logging
import Persistence
import TandemTesting
import Testing

@Suite("Outbox relay", .timeLimit(.minutes(1)))
struct OutboxRelayTests {
    private let outbox = MemoryOutbox()

    private func run(_ broker: MemoryBroker, _ body: (OutboxRelay) async -> Void) async {
        let relay = OutboxRelay(
            outbox: outbox,
            publisher: broker,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relay.run() }
            await body(relay)
            group.cancelAll()
        }
    }

    private func numbers(_ range: ClosedRange<Int>) -> [String] { range.map(String.init) }

    @Test("what waits is published in order, in batches, when the relay is woken")
    func publishes() async {
        let broker = MemoryBroker()
        await run(broker) { relay in
            outbox.add(250)
            relay.wake()
            await broker.waitForBodies(250)
            #expect(broker.bodies == numbers(1...250))
        }
    }

    @Test("while the broker is away everything waits; its return is enough to go on")
    func brokerAway() async {
        let broker = MemoryBroker(isConnected: false)
        await run(broker) { relay in
            outbox.add(10)
            relay.wake()
            broker.setConnected(true)
            await broker.waitForBodies(10)
            #expect(broker.bodies == numbers(1...10))
        }
    }

    @Test("a batch that failed half way is sent again: at least once, in order")
    func halfABatch() async {
        let broker = MemoryBroker()
        broker.failNext(after: 3)
        await run(broker) { relay in
            outbox.add(5)
            relay.wake()
            await broker.waitForBodies(8)
            #expect(broker.bodies == numbers(1...3) + numbers(1...5))
        }
    }

    @Test("a crash between publishing and marking publishes again, and loses nothing")
    func notMarked() async {
        let broker = MemoryBroker()
        outbox.failNextMarking()
        await run(broker) { relay in
            outbox.add(2)
            relay.wake()
            await broker.waitForBodies(4)
            #expect(broker.bodies == numbers(1...2) + numbers(1...2))
        }
    }

    @Test(
        "what the broker has not taken for too long is dropped, also while it is away; what is published has its own time"
    )
    func tooOld() async {
        let broker = MemoryBroker(isConnected: false)
        let clock = ManualClock()
        let relay = OutboxRelay(
            outbox: outbox,
            publisher: broker,
            retention: 600,
            unpublishedRetention: 7_200,
            clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        outbox.add(3)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relay.run() }
            while outbox.givenUp.isEmpty {
                clock.advance(by: 61)
                relay.wake()
                await Task.yield()
            }
            group.cancelAll()
        }
        let now = clock.now
        #expect(outbox.givenUp.allSatisfy { $0 <= now.addingTimeInterval(-7_200) })
        #expect((try? await outbox.backlog())?.pending == 0)
        #expect(broker.bodies == [])
    }
}
