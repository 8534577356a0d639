import CallControl
import Core
import Synchronization
import TandemTesting
import Testing

@testable import Applications

@Suite("Applications: turns", .timeLimit(.minutes(1)))
struct TurnsTests {
    private final class Names: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func append(_ name: String) { names.withLock { $0.append(name) } }
    }

    @Test("what does not begin in time, or whose client has left, is not done; what has begun is carried through")
    func patience() async throws {
        let turns = Turns()
        let gate = Mailbox<Void>(capacity: 1)
        let done = Names()
        turns.begin("a") { _ = await gate.next() }
        await #expect(throws: Turns.Busy.self) {
            try await turns.take("a", within: .milliseconds(20)) { done.append("late") }
        }
        let left = Task { try await turns.take("a", within: .seconds(60)) { done.append("left") } }
        left.cancel()
        await #expect(throws: CancellationError.self) { try await left.value }
        try await turns.take("b", within: .seconds(60)) { done.append("another's") }
        let waiting = Task { try await turns.take("a", within: .seconds(60)) { done.append("waited") } }
        gate.offer(())
        try await waiting.value
        #expect(done.all == ["another's", "waited"])
        try await eventually { turns.count == 0 }
    }

    @Test("few wait for one thing")
    func pending() async throws {
        let turns = Turns()
        let gate = Mailbox<Void>(capacity: 1)
        turns.begin("a") { _ = await gate.next() }
        for _ in 1..<Turns.mostPending { turns.begin("a") {} }
        await #expect(throws: Turns.Busy.self) { try await turns.take("a", within: .seconds(60)) {} }
        try await turns.take("b", within: .seconds(60)) {}
        gate.offer(())
        try await eventually { turns.count == 0 }
        try await turns.take("a", within: .seconds(60)) {}
    }
}
