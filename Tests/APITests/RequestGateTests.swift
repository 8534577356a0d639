import Synchronization
import Testing

@testable import class API.RequestGate

@Suite("Request gate", .timeLimit(.minutes(1)))
struct RequestGateTests {
    /// Opens once; those who wait go on.
    private final class Latch: Sendable {
        private let stream = AsyncStream.makeStream(of: Void.self)
        func open() { stream.continuation.finish() }
        func wait() async { for await _ in stream.stream {} }
    }

    private func settled(_ gate: RequestGate, running: Int, waiting: Int) async {
        while gate.load != (running, waiting) { await Task.yield() }
    }

    @Test("so many run, so many wait in order, the next is refused")
    func bounds() async throws {
        let gate = RequestGate(running: 1, waiting: 2)
        let first = Latch()
        let order = Mutex<[Int]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gate.admit { await first.wait() } }
            await settled(gate, running: 1, waiting: 0)
            for number in 1...2 {
                group.addTask { try await gate.admit { order.withLock { $0.append(number) } } }
                await settled(gate, running: 1, waiting: number)
            }
            await #expect(throws: RequestGate.Busy.self) { try await gate.admit {} }
            first.open()
            try await group.waitForAll()
        }
        #expect(order.withLock { $0 } == [1, 2])
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
        let inside = Mutex((now: 0, most: 0, served: 0))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<10_000 {
                group.addTask {
                    let request = Task {
                        try await gate.admit {
                            inside.withLock { state in
                                state.now += 1
                                state.most = max(state.most, state.now)
                                state.served += 1
                            }
                            await Task.yield()
                            inside.withLock { $0.now -= 1 }
                        }
                    }
                    if number % 10 == 0 { request.cancel() }
                    _ = await request.result
                }
            }
        }
        let state = inside.withLock { $0 }
        #expect(state.now == 0 && state.most <= 8)
        #expect((9_000...10_000).contains(state.served))
        #expect(gate.load == (0, 0))
    }
}
