import CallControl
import Core
import Logging
import Persistence
import Synchronization
import TandemTesting
import Telephony
import Testing

@Suite("Aggregates: what comes just before the end", .timeLimit(.minutes(1)))
struct AggregateLeftOverTests {
    /// Events that were told.
    private final class Told: Sendable {
        let events = Mutex<[String]>([])
    }

    @Test("an event that waits while the aggregate ends is told to the feature: a channel may have come for it")
    func leftOver() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let asterisk = FakeAsterisk()
        let store = InMemoryStateStore()
        let told = Told()
        let lamps = Aggregates(
            work: LampWork(asterisk: asterisk),
            store: store,
            cleanup: LoneChannelCleanup(channels: asterisk, bridges: asterisk, logger: logger),
            leftOver: { lamp, event in told.events.withLock { $0.append("\(lamp.id) \(event.name)") } },
            logger: logger
        )
        asterisk.put(Channel(id: ChannelID("c")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lamps.run() }
            _ = try await lamps.create(Lamp("1"), beginning: .lit(nil))
            // The end cannot be stored yet, so the second event has to wait behind it.
            store.setOutage(.unreachable("away"))
            await lamps.send(.channelGone, to: "1")
            await lamps.send(.channelGone, to: "1")
            store.setOutage(nil)
            try await eventually { told.events.withLock { !$0.isEmpty } }
            #expect(told.events.withLock { $0 } == ["1 \(Lamp.Event.channelGone.name)"])
            group.cancelAll()
        }
    }
}
