import Synchronization
import Testing

@testable import struct API.ClientConnection
@testable import class API.ClientWatch
@testable import class API.RequestGate

@Suite("Request gate", .timeLimit(.minutes(1)))
struct RequestGateTests {
    /// Opens once; those who wait go on.
    private final class Latch: Sendable {
        private let stream = AsyncStream.makeStream(of: Void.self)
        func open() { stream.continuation.finish() }
        func wait() async { for await _ in stream.stream {} }
    }

    /// What happened inside the gate.
    private final class Record: Sendable {
        private let state = Mutex((order: [Int](), now: 0, most: 0))
        var order: [Int] { state.withLock { $0.order } }
        var now: Int { state.withLock { $0.now } }
        var most: Int { state.withLock { $0.most } }

        func enter(_ number: Int) {
            state.withLock { state in
                state.order.append(number)
                state.now += 1
                state.most = max(state.most, state.now)
            }
        }
        func leave() { state.withLock { $0.now -= 1 } }
    }

    private func settled(_ gate: RequestGate, running: Int, waiting: Int) async {
        while gate.load != (running, waiting) { await Task.yield() }
    }

    @Test("so many run, so many wait in order, the next is refused")
    func bounds() async throws {
        let gate = RequestGate(running: 1, waiting: 2)
        let first = Latch()
        let record = Record()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gate.admit { await first.wait() } }
            await settled(gate, running: 1, waiting: 0)
            for number in 1...2 {
                group.addTask { try await gate.admit { record.enter(number) } }
                await settled(gate, running: 1, waiting: number)
            }
            await #expect(throws: RequestGate.Busy.self) { try await gate.admit {} }
            first.open()
            try await group.waitForAll()
        }
        #expect(record.order == [1, 2])
        #expect(gate.load == (0, 0))
    }

    @Test("who has its share waits, while those behind go on; its queue is bounded too")
    func shares() async throws {
        let gate = RequestGate(RequestGate.Bounds(running: 3, waiting: 10, runningPerKey: 2, waitingPerKey: 1))
        let first = Latch()
        let record = Record()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 { group.addTask { try await gate.admit("a") { await first.wait() } } }
            await settled(gate, running: 2, waiting: 0)
            group.addTask { try await gate.admit("a") { record.enter(1) } }
            await settled(gate, running: 2, waiting: 1)
            await #expect(throws: RequestGate.Busy.self) { try await gate.admit("a") {} }
            try await gate.admit("b") { record.enter(2) }
            try await gate.admit { record.enter(3) }
            #expect(record.order == [2, 3])
            first.open()
            try await group.waitForAll()
        }
        #expect(record.order == [2, 3, 1])
        #expect(gate.load == (0, 0))
    }

    @Test("a request that is cancelled while it waits leaves the queue")
    func cancelled() async throws {
        let gate = RequestGate(running: 1, waiting: 2)
        let first = Latch()
        let running = Task { try await gate.admit { await first.wait() } }
        await settled(gate, running: 1, waiting: 0)
        let waiting = Task { try await gate.admit {} }
        await settled(gate, running: 1, waiting: 1)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(gate.load == (1, 0))
        first.open()
        try await running.value
        #expect(gate.load == (0, 0))
    }

    @Test("a request whose client goes away leaves the queue, also when it has gone before")
    func departed() async throws {
        let gate = RequestGate(running: 1, waiting: 2)
        let first = Latch()
        let watches = Mutex<[ClientWatch]>([])
        let running = Task { try await gate.admit { await first.wait() } }
        await settled(gate, running: 1, waiting: 0)
        let waiting = Task {
            try await gate.admit(for: ClientConnection { watch in watches.withLock { $0.append(watch) } }) {}
        }
        await settled(gate, running: 1, waiting: 1)
        for watch in watches.withLock({ $0 }) { watch.clientLeft() }
        await #expect(throws: RequestGate.Busy.self) { try await waiting.value }
        await #expect(throws: RequestGate.Busy.self) {
            try await gate.admit(for: ClientConnection { $0.clientLeft() }) {}
        }
        #expect(gate.load == (1, 0))
        first.open()
        try await running.value
        // Who has a place at once is not asked about its client.
        try await gate.admit(for: ClientConnection { $0.clientLeft() }) {}
        #expect(gate.load == (0, 0))
    }

    @Test("nobody waits longer than the limit")
    func patience() async throws {
        let gate = RequestGate(RequestGate.Bounds(running: 1, waiting: 2, patience: .milliseconds(20)))
        let first = Latch()
        let running = Task { try await gate.admit { await first.wait() } }
        await settled(gate, running: 1, waiting: 0)
        await #expect(throws: RequestGate.Busy.self) { try await gate.admit {} }
        #expect(gate.load == (1, 0))
        first.open()
        try await running.value
        try await gate.admit {}
    }

    @Test("a failing request gives its place back")
    func failing() async throws {
        struct Failing: Error {}
        let gate = RequestGate(running: 1, waiting: 0)
        await #expect(throws: Failing.self) { try await gate.admit { throw Failing() } }
        #expect(gate.load == (0, 0))
        try await gate.admit {}
    }

    @Test("10,000 requests of many tasks, some cancelled, leave an empty gate and never exceed the bound")
    func crowd() async {
        let gate = RequestGate(running: 8, waiting: 10_000)
        let record = Record()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<10_000 {
                group.addTask {
                    let request = Task {
                        try await gate.admit {
                            record.enter(number)
                            await Task.yield()
                            record.leave()
                        }
                    }
                    if number % 10 == 0 { request.cancel() }
                    _ = await request.result
                }
            }
        }
        #expect(record.now == 0 && record.most <= 8)
        #expect((9_000...10_000).contains(record.order.count))
        #expect(gate.load == (0, 0))
    }
}
