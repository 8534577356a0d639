import Core
import Events
import Foundation
import Logging
import Persistence
import Synchronization
import Testing

/// An outbox in memory.
private final class MemoryOutbox: OutboxStoring {
    private struct State {
        var entries: [OutboxEntry] = []
        var published: Set<Int64> = []
        var isMarkingBroken = false
        var discards: [Date] = []
    }
    private let state = Mutex(State())

    func add(_ count: Int, resource: String = "r") {
        state.withLock { state in
            for _ in 0..<count {
                let id = Int64(state.entries.count + 1)
                let message = BusMessage(resource: resource, routingKey: "k", headers: [:], body: "\(id)")
                state.entries.append(OutboxEntry(id: id, message: message))
            }
        }
    }
    func breakMarking(_ isBroken: Bool) { state.withLock { $0.isMarkingBroken = isBroken } }

    func pendingMessages(limit: Int) async throws -> [OutboxEntry] {
        state.withLock { state in Array(state.entries.filter { !state.published.contains($0.id) }.prefix(limit)) }
    }
    func markPublished(_ ids: [Int64]) async throws {
        try state.withLock { state in
            if state.isMarkingBroken { throw DatabaseFailure.unreachable("down") }
            state.published.formUnion(ids)
        }
    }
    func discardPublished(before date: Date) async throws { state.withLock { $0.discards.append(date) } }
    func backlog() async throws -> OutboxBacklog { OutboxBacklog(pending: 0, oldestSeconds: 0) }
}

/// A broker that can go away.
private final class MemoryBroker: EventPublishing {
    private struct State {
        var isConnected: Bool
        var bodies: [String] = []
        var failsAfter: Int?
        var states: [AsyncStream<Bool>.Continuation] = []
        var watchers: [(Int, CheckedContinuation<Void, Never>)] = []
    }
    private let state: Mutex<State>

    init(isConnected: Bool = true) { state = Mutex(State(isConnected: isConnected)) }

    var bodies: [String] { state.withLock { $0.bodies } }
    var isConnected: Bool { state.withLock { $0.isConnected } }

    func setConnected(_ isConnected: Bool) {
        state.withLock { state in
            state.isConnected = isConnected
            for continuation in state.states { continuation.yield(isConnected) }
        }
    }
    /// The next publish takes that many messages and then fails.
    func failNext(after count: Int) { state.withLock { $0.failsAfter = count } }

    func connectionStates() -> AsyncStream<Bool> {
        let (stream, continuation) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { state in
            state.states.append(continuation)
            continuation.yield(state.isConnected)
        }
        return stream
    }

    func publish(_ messages: [BusMessage]) async throws {
        try state.withLock { state in
            guard state.isConnected else { throw BusFailure.unreachable("away") }
            let accepted = state.failsAfter ?? messages.count
            state.bodies += messages.prefix(accepted).map(\.body)
            let bodies = state.bodies.count
            state.watchers.removeAll { watcher in
                guard bodies >= watcher.0 else { return false }
                watcher.1.resume()
                return true
            }
            if state.failsAfter != nil {
                state.failsAfter = nil
                throw BusFailure.refused("negative confirm")
            }
        }
    }

    func waitForBodies(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.bodies.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

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
        outbox.breakMarking(true)
        await run(broker) { relay in
            outbox.add(2)
            relay.wake()
            await broker.waitForBodies(2)
            outbox.breakMarking(false)
            await broker.waitForBodies(4)
            #expect(broker.bodies == numbers(1...2) + numbers(1...2))
        }
    }
}
