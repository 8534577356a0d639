import CallControl
import Core
import Events
import Foundation
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Relocates

@Suite("Relocate: faults and recovery", .timeLimit(.minutes(1)))
struct RelocateFaultTests {
    private let path = RelocateBench.path

    @Test("the redirect is refused: the new device is hung up, the two talk on, the user is told")
    func notMoved() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            bench.manager.fail("Redirect", with: .unreachable("connection refused"))
            let id = try await bench.begin(completions: ["api"])
            await bench.answer(id)
            let reply = try await bench.request(.put, "\(path)/\(id)/complete")
            #expect(reply.status == 503 && reply.body["error_id"] == "wazo-amid-error")
            #expect(bench.commands.last == "hangUp \(bench.recipient(id))")
            #expect(bench.asterisk.members(of: RelocateBench.oldBridge).count == 2)
            #expect(bench.events == ["initiated", "answered", "ended"])
        }
    }

    @Test("nothing is known of the redirect: a look finds the other party, and goes on", arguments: [true, false])
    func doubtfulRedirect(_ isDone: Bool) async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            bench.manager.fail("Redirect", with: .timedOut)
            let id = try await bench.begin()
            await bench.answer(id)
            #expect(bench.phase(id) == "completing")
            bench.manager.fail("Redirect", with: nil)
            if isDone { await bench.enter(RelocateBench.relocated, id, .relocated, told: false) }
            // The deadline and the look.
            await bench.clock.waitForSleepers(2)
            bench.clock.advance(by: 2)
            let expected = isDone ? nil : "waiting for relocated"
            try await eventually { bench.phase(id) == expected }
            #expect(bench.events.contains("completed") == isDone)
        }
    }

    @Test("the other party does not arrive in time: both legs are hung up, and it ends")
    func arrivalTooLate() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let id = try await bench.begin()
            await bench.answer(id)
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 10)
            try await eventually { bench.events.last == "ended" }
            #expect(Array(bench.commands.suffix(2)) == ["hangUp 1.2", "hangUp \(bench.recipient(id))"])
        }
    }

    @Test("ringing that Asterisk does not end is ended 5 s after its time")
    func ringingTooLong() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let id = try await bench.begin()
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 34)
            #expect(bench.phase(id) == "ringing")
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 1)
            try await eventually { bench.events == ["initiated", "ended"] }
        }
    }

    @Test("the bridge cannot be made: the old device is not hung up")
    func notConnected() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: true)
        try await bench.run {
            let id = try await bench.begin()
            bench.asterisk.fail("createBridge", with: .internalError("no room"))
            await bench.answer(id)
            #expect(bench.events == ["initiated", "answered", "ended"])
            #expect(!bench.commands.contains("hangUp 1.1"))
            #expect(bench.commands.contains("hangUp \(bench.recipient(id))"))
            #expect(bench.asterisk.members(of: RelocateBench.oldBridge).count == 2)
        }
    }

    @Test("a hang-up that Asterisk does not confirm is asked for again; only then it ends")
    func doubtfulHangUp() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let id = try await bench.begin()
            bench.asterisk.fail("hangUp", with: .unreachable("timeout"))
            let reply = try await bench.request(.put, "\(path)/\(id)/cancel")
            #expect(reply.status == 503)
            #expect(bench.events == ["initiated"])
            let again = try await bench.request(.put, "\(path)/\(id)/cancel")
            #expect(again.status == 204, "it is being done")
            bench.asterisk.fail("hangUp", with: nil)
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 2)
            try await eventually { bench.events == ["initiated", "ended"] }
        }
    }

    @Test("the database is away: 503, nothing is dialled")
    func noDatabase() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            bench.store.setOutage(.unreachable("down"))
            let reply = try await bench.request(.post, path, body: RelocateBench.toLine)
            #expect(reply.status == 503 && reply.body["error_id"] == "database-unreachable")
            #expect(!bench.commands.contains("originate PJSIP/alice"))
        }
    }

    @Test("killed while it rings: resumed; the answer of meanwhile counts", arguments: [true, false])
    func killedWhileRinging(_ isAnswered: Bool) async throws {
        let first = RelocateBench()
        try await first.call(inStasis: true)
        let id = try await begun(first)
        if isAnswered { await first.enter(first.recipient(id), id, .recipient, told: false) }
        let second = RelocateBench(store: first.store, asterisk: first.asterisk)
        try await second.run {
            if !isAnswered {
                let list = try await second.request(.get, path)
                #expect(list.body["items"]?.array?.count == 1)
                await second.answer(id)
            }
            #expect(second.events == ["initiated", "answered", "completed", "ended"])
        }
    }

    private func begun(_ bench: RelocateBench) async throws -> String {
        try await bench.run { _ = try await bench.begin() }
        return try #require(bench.store.rows.keys.first).replacing("relocate/", with: "")
    }

    @Test("killed while it rings, and everybody hung up meanwhile: ended, once")
    func killedAndGone() async throws {
        let first = RelocateBench()
        try await first.call(inStasis: false)
        _ = try await begun(first)
        first.asterisk.restart()
        let second = RelocateBench(store: first.store, asterisk: first.asterisk)
        try await second.run {
            #expect(second.events == ["initiated", "ended"])
            try await second.recover()
            #expect(second.events == ["initiated", "ended"])
        }
    }

    @Test("killed while the other party is on its way: found arrived, or awaited until the stored deadline")
    func killedWhileMoving() async throws {
        for hasArrived in [true, false] {
            let first = RelocateBench()
            try await first.call(inStasis: false)
            try await first.run { await first.answer(try await first.begin()) }
            let id = try #require(first.store.rows.keys.first).replacing("relocate/", with: "")
            #expect(first.phase(id) == "waiting for relocated")
            if hasArrived { await first.enter(RelocateBench.relocated, id, .relocated, told: false) }
            let second = RelocateBench(store: first.store, asterisk: first.asterisk)
            try await second.run {
                if !hasArrived {
                    #expect(second.phase(id) == "waiting for relocated")
                    await second.arrive(id)
                }
                #expect(second.events == ["initiated", "answered", "completed", "ended"])
            }
        }
    }

    @Test("a leg of an unknown relocate is hung up, but not before the stored ones are known")
    func strays() async throws {
        let bench = RelocateBench()
        try await bench.run(recovered: false) {
            await bench.enter(ChannelID("s1"), "gone", .recipient)
            await bench.enter(ChannelID("s2"), "gone", .relocated, told: false)
            #expect(!bench.commands.contains("hangUp s1"))
            try await bench.recover()
            await bench.asterisk.waitForRequest("hangUp s1")
            await bench.asterisk.waitForRequest("hangUp s2")
        }
    }

    @Test("a leg that was relocated long ago is nobody's stray: it talks, or others hold it")
    func notStray() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let id = try await bench.begin()
            await bench.answer(id)
            await bench.arrive(id)
            #expect(bench.events.last == "ended")
            // Held by a transfer: in Stasis with the old arguments, in no bridge.
            try await bench.asterisk.remove(RelocateBench.relocated, from: BridgeID(id))
            await bench.enter(ChannelID("s1"), "gone", .relocated, told: false)
            try await bench.recover()
            await bench.asterisk.waitForRequest("hangUp s1")
            #expect(!bench.commands.contains("hangUp 1.2"))
            #expect(!bench.commands.contains("hangUp \(bench.recipient(id))"))
        }
    }

    @Test("an arrival that its relocate could not look at any more is hung up")
    func leftOver() async throws {
        let leg = StrayLegs.Leg(.relocatedArrived, of: relocate(.ended(.recipientGone)))
        #expect(
            leg
                == StrayLegs.Leg(
                    channel: ChannelID("p"),
                    arguments: RelocateArguments("r1", .relocated),
                    isFound: false
                )
        )
        #expect(StrayLegs.Leg(.connected, of: relocate(.ended(.recipientGone))) == nil)
    }
}
