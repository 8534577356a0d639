import CallControl
import Logging
import Synchronization
import TandemTesting
import Telephony
import Testing

@Suite("Recovery", .timeLimit(.minutes(1)))
struct RecoveryTests {
    private final class Feature: Recovering {
        let failures: Mutex<Int>
        let snapshots = Mutex<[Int]>([])
        let done: @Sendable () -> Void

        init(failures: Int, done: @escaping @Sendable () -> Void) {
            self.failures = Mutex(failures)
            self.done = done
        }

        func recover(from snapshot: AsteriskSnapshot) async throws {
            snapshots.withLock { $0.append(snapshot.channels.count) }
            let fails = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            if fails { throw TelephonyFailure.unreachable("not yet") }
            done()
        }
    }

    @Test("it is repeated with a fresh look at Asterisk until every feature could recover")
    func repeats() async {
        let asterisk = FakeAsterisk()
        asterisk.put(Channel(id: ChannelID("1.1")))
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(8))
        let feature = Feature(failures: 2) { continuation.yield() }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let recovery = Recovery(channels: asterisk, bridges: asterisk, features: [feature], logger: logger)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await recovery.run() }
            await recovery.feedConnected()
            var iterator = stream.makeAsyncIterator()
            await iterator.next()
            #expect(feature.snapshots.withLock { $0 } == [1, 1, 1])
            #expect(asterisk.requests.count { $0 == "channels" } == 3)
            group.cancelAll()
        }
    }

    // MARK: The manager interface

    /// A recovery of two features, of which the second lives on the manager interface's events.
    private func running(
        _ asterisk: FakeAsterisk = FakeAsterisk(),
        failures: Int = 0,
        gate: (@Sendable () async -> Void)? = nil,
        _ body: (Recovery, Journal) async throws -> Void
    ) async throws {
        let journal = Journal()
        let recovery = Recovery(
            channels: asterisk,
            bridges: asterisk,
            features: [
                Named("other", journal, failures: 0, gate: nil), Named("manager", journal, failures: 0, gate: nil),
            ],
            managerFeatures: [Named("manager", journal, failures: failures, gate: gate)],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let service = Task { try await recovery.run() }
        defer { service.cancel() }
        try await body(recovery, journal)
    }

    /// Who recovered, in order.
    private final class Journal: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func add(_ name: String) { names.withLock { $0.append(name) } }
    }

    private final class Named: Recovering {
        private let name: String
        private let journal: Journal
        private let failures: Mutex<Int>
        private let gate: (@Sendable () async -> Void)?

        init(_ name: String, _ journal: Journal, failures: Int, gate: (@Sendable () async -> Void)?) {
            self.name = name
            self.journal = journal
            self.failures = Mutex(failures)
            self.gate = gate
        }

        func recover(from snapshot: AsteriskSnapshot) async throws {
            let fails = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            journal.add(fails ? "\(name) failed" : name)
            await gate?()
            if fails { throw TelephonyFailure.unreachable("not yet") }
        }
    }

    @Test("a gap of the manager interface alone: only who lives on its events recovers, until it could")
    func managerGap() async throws {
        try await running(failures: 1) { recovery, journal in
            await recovery.feedConnected()
            try await eventually { journal.all == ["other", "manager"] }
            recovery.managerConnected()
            try await eventually { journal.all == ["other", "manager", "manager failed", "manager"] }
        }
    }

    @Test("a gap of the manager interface while the feed is away waits for the feed, which recovers everything once")
    func managerGapWithoutFeed() async throws {
        let asterisk = FakeAsterisk()
        try await running(asterisk) { recovery, journal in
            recovery.managerConnected()
            await recovery.feedConnected()
            try await eventually { journal.all == ["other", "manager"] }
            await recovery.feedDisconnected()
            recovery.managerConnected()
            await recovery.feedConnected()
            try await eventually { journal.all.count >= 4 }
            #expect(journal.all == ["other", "manager", "other", "manager"])
            #expect(asterisk.requests.count { $0 == "channels" } == 2, "nothing was looked at while the feed was away")
        }
    }

    @Test("a feed that comes while the manager's features recover makes it a recovery of everything")
    func feedDuringManagerRecovery() async throws {
        let (reached, tellReached) = AsyncStream<Void>.makeStream()
        let (gate, open) = AsyncStream<Void>.makeStream()
        try await running(
            failures: 1,
            gate: {
                tellReached.yield()
                for await _ in gate { break }
            }
        ) { recovery, journal in
            await recovery.feedConnected()
            try await eventually { journal.all == ["other", "manager"] }
            recovery.managerConnected()
            for await _ in reached { break }
            // Its attempt is under way, and will fail.
            await recovery.feedDisconnected()
            await recovery.feedConnected()
            open.finish()
            try await eventually { journal.all.count >= 5 }
            #expect(journal.all.prefix(5) == ["other", "manager", "manager failed", "other", "manager"])
        }
    }
}
