import CallControl
import Core
import Logging
import Synchronization
import TandemTesting
import Telephony
import Testing

@Suite("What is stored, after a start", .timeLimit(.minutes(1)))
struct StateGateTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let nothing = AsteriskSnapshot(channels: [], bridges: [])

    /// Reads its rows at the try after `failures`.
    private final class Feature: Restoring, Recovering {
        let failures: Mutex<Int>
        let steps = Mutex<[String]>([])

        init(failures: Int = 0) { self.failures = Mutex(failures) }

        func restore() async throws {
            let fails = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            if fails { throw DatabaseFailure.unreachable("not yet") }
            steps.withLock { $0.append("restored") }
        }

        func recover(from snapshot: AsteriskSnapshot) async throws { steps.withLock { $0.append("recovered") } }
    }

    private func gate(_ feature: Feature, patience: Duration = .milliseconds(1)) -> StateGate {
        StateGate(of: feature, failures: AsteriskFailures(baseURL: "http://pbx:5039"), patience: patience)
    }

    @Test("a request is refused while the rows are not read, and what changes something while Asterisk was not seen")
    func refused() async throws {
        let feature = Feature()
        let gate = gate(feature)
        await #expect(throws: Failure.databaseUnreachable) { try await gate.require(.rows) }
        await #expect(throws: Failure.databaseUnreachable) { try await gate.require(.asterisk) }
        try await gate.restore()
        try await gate.require(.rows)
        let failure = await #expect(throws: Failure.self) { try await gate.require(.asterisk) }
        #expect(failure?.status == 503 && failure?.errorID == "asterisk-ari-not-initialized")
        try await gate.recover(from: Self.nothing)
        try await gate.require(.asterisk)
        #expect(feature.steps.withLock { $0 } == ["restored", "recovered"])
    }

    @Test(
        "a request that waits goes on as soon as what it needs is there",
        arguments: [StateGate.Need.rows, .asterisk]
    )
    func waits(need: StateGate.Need) async throws {
        let gate = gate(Feature(), patience: .seconds(50))
        async let passed: Void = gate.require(need)
        try await gate.recover(from: Self.nothing)
        try await passed
    }

    @Test("a request that is cancelled waits no longer")
    func cancelled() async {
        let gate = gate(Feature(), patience: .seconds(50))
        let request = Task { try await gate.require(.rows) }
        request.cancel()
        await #expect(throws: Failure.databaseUnreachable) { try await request.value }
    }

    @Test("the restoration tries until every feature has its rows, and only then it is finished")
    func restoration() async throws {
        let first = Feature()
        let second = Feature(failures: 2)
        let restoration = Restoration(of: [first, second], logger: Self.silent)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await restoration.run() }
            await restoration.finished()
            #expect(second.steps.withLock { $0 } == ["restored"])
            #expect(second.failures.withLock { $0 } < 0)
            group.cancelAll()
        }
    }
}
