import CallControl
import Core
import Events
import Foundation
import Logging
import Persistence
import TandemTesting
import Telephony
import Testing

@Suite("Aggregates", .timeLimit(.minutes(1)))
struct AggregatesTests {
    private let asterisk = FakeAsterisk()
    private let store = InMemoryStateStore()
    private let clock = ManualClock()
    private let cleanup: LoneChannelCleanup
    private let lamps: Aggregates<LampWork>
    private let user = UserID("u")

    init() {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        cleanup = LoneChannelCleanup(channels: asterisk, bridges: asterisk, logger: logger)
        lamps = Aggregates(
            work: LampWork(asterisk: asterisk),
            store: store,
            cleanup: cleanup,
            clock: clock,
            capacity: 3,
            logger: logger
        )
        asterisk.put(Channel(id: ChannelID("c")))
    }

    private func run(_ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lamps.run() }
            try await body()
            group.cancelAll()
        }
    }

    private func snapshot() async throws -> AsteriskSnapshot {
        AsteriskSnapshot(channels: try await asterisk.channels(), bridges: [])
    }

    private var phases: [String] { store.history.map { "\($0.from)>\($0.to)" } }

    @Test("each step is stored with its history and its messages, then performed; the end leaves no row")
    func life() async throws {
        try await run {
            let lamp = try await lamps.create(Lamp("1"), beginning: .lit(user))
            #expect(lamp.phase == .shining)
            #expect(lamps.machine("1") == lamp)
            #expect(lamps.owners(of: ChannelID("c")) == ["1"])
            #expect(store.rows["lamp/1"]?.revision == 2)
            #expect(store.history.map(\.user) == [user, nil])
            await lamps.send(.channelGone, to: "1")
            await lamps.send(.channelGone, to: "1")
            await lamps.settle()
            #expect(phases == [">lighting", "lighting>shining", "shining>out"])
            #expect(store.messages.map(\.body) == ["1 shines", "1 wentOut"])
            #expect(store.rows.isEmpty)
            #expect(lamps.machine("1") == nil)
            #expect(lamps.owners(of: ChannelID("c")).isEmpty)
            #expect(await lamps.send(.channelGone, to: "1") == false)
        }
    }

    @Test("a refused effect ends the request with its failure; what follows from it has happened by then")
    func refused() async throws {
        try await run {
            asterisk.fail("answer", with: .internalError("no"))
            await #expect(throws: AggregateRefusal.failed(.invalidData(["lamp": "broken"]))) {
                _ = try await lamps.create(Lamp("1"), beginning: .lit(nil))
            }
            #expect(store.rows.isEmpty)
            #expect(store.messages.map(\.body) == ["1 wentOut"])
        }
    }

    @Test("of two that stand in each other's way one is made; the other finds its place after the end")
    func conflict() async throws {
        try await run {
            _ = try await lamps.create(Lamp("1"), beginning: .lit(nil)) { $0.channel == ChannelID("c") }
            await #expect(throws: AggregateRefusal.conflict) {
                _ = try await lamps.create(Lamp("2"), beginning: .lit(nil)) { $0.channel == ChannelID("c") }
            }
            #expect(lamps.owners(of: ChannelID("c")) == ["1"])
            await lamps.send(.channelGone, to: "1")
            await lamps.settle()
            asterisk.put(Channel(id: ChannelID("c")))
            let second = try await lamps.create(Lamp("2"), beginning: .lit(nil)) { $0.channel == ChannelID("c") }
            #expect(second.phase == .shining)
        }
    }

    @Test("a channel that another kind moves is refused, also after a restart, until that one has ended")
    func claims() async throws {
        let claims = CallClaims()
        func kind(_ store: InMemoryStateStore) -> Aggregates<LampWork> {
            Aggregates(
                work: LampWork(asterisk: asterisk),
                store: store,
                cleanup: cleanup,
                claims: claims,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }
        var stored = Lamp("1")
        stored.phase = .shining
        stored.revision = 1
        let store = InMemoryStateStore()
        try await store.commit(StateChange(writes: [.save(row(of: stored))]))
        // What is claimed carries the kind's name, so ids must differ here, where both are lamps.
        let first = kind(store)
        let second = kind(InMemoryStateStore())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lamps in [first, second] { group.addTask { try await lamps.run() } }
            try await first.restore()
            #expect(claims.has(ChannelID("c")))
            await #expect(throws: AggregateRefusal.conflict) {
                _ = try await second.create(Lamp("2"), beginning: .lit(nil))
            }
            #expect(second.machine("2") == nil)
            await first.send(.channelGone, to: "1")
            await first.settle()
            #expect(!claims.has(ChannelID("c")))
            asterisk.put(Channel(id: ChannelID("c")))
            #expect(try await second.create(Lamp("2"), beginning: .lit(nil)).phase == .shining)
            await #expect(throws: AggregateRefusal.conflict) {
                _ = try await first.create(Lamp("3"), beginning: .lit(nil))
            }
            group.cancelAll()
        }
    }

    @Test("no more than the capacity")
    func capacity() async throws {
        try await run {
            for id in ["1", "2", "3"] {
                asterisk.put(Channel(id: ChannelID(id)))
                _ = try await lamps.create(Lamp(id, channel: id), beginning: .lit(nil))
            }
            await #expect(throws: AggregateRefusal.late) {
                _ = try await lamps.create(Lamp("4"), beginning: .lit(nil))
            }
        }
    }

    @Test("a request that does not fit, and one to nobody, change nothing")
    func notNow() async throws {
        try await run {
            _ = try await lamps.create(Lamp("1"), beginning: .lit(nil))
            await #expect(throws: AggregateRefusal.notNow(phase: "shining")) {
                _ = try await lamps.request(.dimmed, of: "1")
            }
            await #expect(throws: AggregateRefusal.notFound) { _ = try await lamps.request(.dimmed, of: "9") }
            #expect(store.rows["lamp/1"]?.revision == 2)
        }
    }

    @Test("one that cannot be stored never existed, also when only the database's answer was lost")
    func beginWithoutDatabase() async throws {
        try await run {
            store.setOutage(.unreachable("away"))
            await #expect(throws: AggregateRefusal.databaseUnreachable) {
                _ = try await lamps.create(Lamp("1"), beginning: .lit(nil))
            }
            #expect(lamps.machines.isEmpty)
            store.setOutage(nil)
            // Its removal, which waited for the database, must not take the lost answer of the second.
            try await eventually { store.removals == ["lamp/1"] }
            store.loseNextAnswer()
            await #expect(throws: AggregateRefusal.databaseUnreachable) {
                _ = try await lamps.create(Lamp("2"), beginning: .lit(nil))
            }
            try await eventually { store.rows.isEmpty && lamps.machines.isEmpty }
            #expect(!asterisk.requests.contains("answer c"))
        }
    }

    @Test("a request whose commit was stored, though its answer was lost, is carried out: the database is right")
    func lostAnswer() async throws {
        try await run {
            _ = try await lamps.create(Lamp("1"), beginning: .lit(nil))
            store.loseNextAnswer()
            await #expect(throws: AggregateRefusal.databaseUnreachable) {
                _ = try await lamps.request(.channelGone, of: "1")
            }
            try await eventually { lamps.machine("1") == nil }
            #expect(store.rows.isEmpty)
            #expect(store.messages.map(\.body) == ["1 shines", "1 wentOut"])
        }
    }

    @Test("what Asterisk tells while the database is away is stored when it is back, and performed then")
    func eventWithoutDatabase() async throws {
        try await run {
            _ = try await lamps.create(Lamp("1"), beginning: .lit(nil))
            store.setOutage(.unreachable("away"))
            await lamps.send(.channelGone, to: "1")
            store.setOutage(nil)
            await lamps.settle()
            #expect(store.rows.isEmpty)
            #expect(store.messages.map(\.body) == ["1 shines", "1 wentOut"])
        }
    }

    @Test("while Asterisk cannot be asked nothing is decided; looked at again it goes on")
    func unknown() async throws {
        try await run {
            asterisk.fail("answer", with: .unreachable("away"))
            await #expect(throws: AggregateRefusal.late) {
                _ = try await lamps.create(Lamp("1"), beginning: .lit(nil))
            }
            #expect(lamps.machine("1")?.phase == .lighting)
            asterisk.fail("answer", with: nil)
            await clock.waitForSleepers()
            clock.advance(by: 2)
            try await eventually { lamps.machine("1")?.phase == .shining }
        }
    }

    @Test("the deadline ends it, also when it passed while nobody ran")
    func deadline() async throws {
        try await run {
            _ = try await lamps.create(Lamp("1", deadline: clock.now.addingTimeInterval(5)), beginning: .lit(nil))
            await clock.waitForSleepers()
            clock.advance(by: 5)
            try await eventually { lamps.machine("1") == nil }
        }
        var late = Lamp("2", deadline: clock.now.addingTimeInterval(-1))
        late.phase = .shining
        try await store.commit(StateChange(writes: [.save(row(of: late))]))
        asterisk.put(Channel(id: ChannelID("c")))
        try await restarted { lamps in try await eventually { lamps.machine("2") == nil } }
    }

    @Test("after a restart each looks at Asterisk: goes on, or ends with its event", arguments: [true, false])
    func restart(isThere: Bool) async throws {
        var lamp = Lamp("1")
        lamp.phase = .lighting
        try await store.commit(StateChange(writes: [.save(row(of: lamp))]))
        if !isThere { asterisk.restart() }
        try await restarted { lamps in
            #expect(lamps.machine("1")?.phase == (isThere ? .shining : nil))
            #expect(store.messages.map(\.body) == [isThere ? "1 shines" : "1 wentOut"])
        }
    }

    @Test("what is stored is there before Asterisk is; what was due meanwhile happens once Asterisk was seen")
    func restoredFirst() async throws {
        var lamp = Lamp("1", deadline: clock.now.addingTimeInterval(-1))
        lamp.phase = .shining
        try await store.commit(StateChange(writes: [.save(row(of: lamp))]))
        asterisk.setOutage(.unreachable("away"))
        try await run {
            try await lamps.restore()
            await lamps.settle()
            #expect(lamps.machine("1")?.phase == .shining && lamps.owners(of: ChannelID("c")) == ["1"])
            // A look that fails is no look.
            await lamps.send(.dimmed, to: "1")
            await lamps.settle()
            #expect(store.rows["lamp/1"] != nil)
            asterisk.setOutage(nil)
            try await lamps.recover(from: try await snapshot())
            try await eventually { store.rows["lamp/1"] == nil }
            #expect(store.history.map(\.cause) == ["deadlinePassed"])
        }
    }

    private func row(of lamp: Lamp) -> AggregateRow {
        AggregateRow(
            kind: Lamp.rowKind,
            id: lamp.id,
            tenant: lamp.tenant,
            revision: 1,
            deadline: lamp.deadline,
            body: lamp.body
        )
    }

    /// A new process on the same store and the same Asterisk, after its recovery.
    private func restarted(_ body: @Sendable (Aggregates<LampWork>) async throws -> Void) async throws {
        let lamps = Aggregates(
            work: LampWork(asterisk: asterisk),
            store: store,
            cleanup: cleanup,
            clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lamps.run() }
            try await lamps.recover(from: snapshot())
            try await body(lamps)
            group.cancelAll()
        }
    }
}
