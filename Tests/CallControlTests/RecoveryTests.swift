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
}
