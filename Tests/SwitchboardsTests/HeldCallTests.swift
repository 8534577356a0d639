import Core
import Directory
import Foundation
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Switchboards

@Suite("Switchboard: held calls", .timeLimit(.minutes(1)))
struct HeldCallTests {
    private let holdPath = "/switchboards/s1/calls/held/1.1"
    private let caller = ChannelID("1.1")

    /// A caller and an operator who talk: the caller came through the queue.
    private func talking(_ bench: SwitchboardBench) async throws -> ChannelID {
        await bench.arrive("1.1")
        let reply = try await bench.request(.put, "/switchboards/s1/calls/queued/1.1/answer")
        let leg = ChannelID(try #require(reply.body["call_id"]?.string))
        await bench.operatorAnswers(leg, call: "1.1")
        return leg
    }

    private func held(_ bench: SwitchboardBench, _ board: String = "s1") async throws -> [String] {
        let list = try await bench.request(.get, "/switchboards/\(board)/calls/held")
        #expect(list.status == 200)
        return list.body["items"]?.array?.compactMap { $0["id"]?.string } ?? []
    }

    @Test("a talking caller is held with the waiting room's music, listed and told of once; held again he is unknown")
    func hold() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            _ = try await talking(bench)
            let before = bench.events.count
            let reply = try await bench.request(.put, holdPath)
            #expect(reply.status == 204)
            #expect(bench.asterisk.members(of: SwitchboardBench.waitingRoom) == [caller])
            #expect(bench.asterisk.requests.contains("startMusic switchboard-s1-hold classic"))
            #expect(bench.asterisk.requests.contains("set WAZO_SWITCHBOARD_HOLD=s1 1.1"))
            #expect(bench.events.dropFirst(before) == ["held [1.1]"])
            #expect(try await held(bench) == ["1.1"])
            #expect(bench.heldPhase("1.1") == "waiting")
            let again = try await bench.request(.put, holdPath)
            #expect(again.status == 404)
            #expect(again.body["error_id"] == "no-such-call")
        }
    }

    @Test("a held caller is answered: gone from the list at once, told when the operator has answered")
    func answer() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            _ = try await talking(bench)
            _ = try await bench.request(.put, holdPath)
            let before = bench.events.count
            let wrongRoom = try await bench.request(.put, "/switchboards/s1/calls/queued/1.1/answer")
            #expect(wrongRoom.status == 404)
            let reply = try await bench.request(.put, "\(holdPath)/answer")
            #expect(reply.status == 200)
            let leg = ChannelID(try #require(reply.body["call_id"]?.string))
            #expect(try await held(bench) == [])
            #expect(bench.asterisk.members(of: SwitchboardBench.waitingRoom) == [caller], "he keeps the music")
            await bench.operatorAnswers(leg, call: "1.1", held: true)
            #expect(bench.events.dropFirst(before) == ["held []", "held answered 1.1"])
            #expect(bench.asterisk.members(of: SwitchboardBench.waitingRoom) == [])
            #expect(bench.store.rows.isEmpty)
        }
    }

    @Test("an operator who does not answer a held call gives it back to the waiting room")
    func notAnswered() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            _ = try await talking(bench)
            _ = try await bench.request(.put, holdPath)
            let reply = try await bench.request(.put, "\(holdPath)/answer")
            await bench.hangUp(ChannelID(try #require(reply.body["call_id"]?.string)))
            #expect(bench.events.suffix(2) == ["held []", "held [1.1]"])
            #expect(try await held(bench) == ["1.1"])
        }
    }

    @Test("a queued caller is held: he leaves the queue, his deadline too", arguments: ["s1", "s2"])
    func fromQueue(board: String) async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1", timeout: "20")
            await bench.clock.waitForSleepers()
            let reply = try await bench.request(.put, "/switchboards/\(board)/calls/held/1.1")
            #expect(reply.status == 204)
            #expect(bench.events == ["queued [1.1]", "queued []", "held [1.1]"])
            #expect(try await held(bench, board) == ["1.1"])
            bench.clock.advance(by: 30)
            await bench.settle(board)
            #expect(!bench.asterisk.requests.contains { $0.hasPrefix("continue") })
            await bench.hangUp(caller)
            await bench.settle(board)
            #expect(bench.events.last == "held []")
            #expect(bench.store.rows.isEmpty)
        }
    }

    @Test("a conversation is held by the operator's own leg too, the id that the answer returned: the caller waits")
    func byLeg() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            let leg = try await talking(bench)
            let before = bench.events.count
            let reply = try await bench.request(.put, "/switchboards/s1/calls/held/\(leg)")
            #expect(reply.status == 204)
            #expect(bench.asterisk.members(of: SwitchboardBench.waitingRoom) == [caller])
            #expect(bench.events.dropFirst(before) == ["held [1.1]"])
            #expect(try await held(bench) == ["1.1"])
            // The answer to a held call returns such an id as well.
            let answer = try await bench.request(.put, "\(holdPath)/answer")
            let second = ChannelID(try #require(answer.body["call_id"]?.string))
            await bench.operatorAnswers(second, call: "1.1", held: true)
            #expect(try await bench.request(.put, "/switchboards/s2/calls/held/\(second)").status == 204)
            await bench.settle("s2")
            #expect(try await held(bench, "s2") == ["1.1"])
        }
    }

    @Test("what cannot be held: nobody, a leg that still rings, another tenant's call or leg; an unknown switchboard")
    func refused() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            let ringing = try await bench.request(.put, "/switchboards/s1/calls/queued/1.1/answer")
            let leg = try #require(ringing.body["call_id"]?.string)
            bench.asterisk.put(Channel(id: ChannelID("9.9"), variables: ["WAZO_TENANT_UUID": "another"]))
            let foreign = "callcontrol,switchboard,switchboard_answer,another,s1,1.1"
            bench.asterisk.put(
                Channel(id: ChannelID("9.8"), applicationName: "Stasis", applicationData: foreign)
            )
            for id in ["7.7", leg, "9.9", "9.8"] {
                let reply = try await bench.request(.put, "/switchboards/s1/calls/held/\(id)")
                #expect(reply.status == 404)
                #expect(reply.body["error_id"] == "no-such-call")
            }
            let reply = try await bench.request(.put, "/switchboards/none/calls/held/1.1")
            #expect(reply.body["error_id"] == "no-such-switchboard")
            #expect(bench.heldPhase("1.1") == nil && bench.phase("1.1") == "ringing")
        }
    }

    @Test("a channel that Asterisk will not put there stays where it is: 503, nothing stored, nothing told")
    func refusedByAsterisk() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            _ = try await talking(bench)
            let before = bench.events.count
            bench.asterisk.fail("add 1.1", with: .unprocessable("Channel not in Stasis application"))
            let reply = try await bench.request(.put, holdPath)
            #expect(reply.status == 503)
            #expect(reply.body["error_id"] == "asterisk-ari-error")
            #expect(bench.store.rows.isEmpty)
            #expect(bench.events.count == before)
            #expect(!bench.asterisk.requests.contains { $0.hasPrefix("continue") })
        }
    }

    @Test("while the database is away nobody is moved")
    func databaseAway() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            _ = try await talking(bench)
            bench.store.setOutage(.unreachable("away"))
            let reply = try await bench.request(.put, holdPath)
            #expect(reply.status == 503)
            #expect(reply.body["error_id"] == "database-unreachable")
            #expect(bench.asterisk.members(of: SwitchboardBench.waitingRoom) == [])
            bench.store.setOutage(nil)
            await bench.settle()
            let again = try await bench.request(.put, holdPath)
            #expect(again.status == 204)
        }
    }

    @Test("after a restart held callers are there: those of rows, and one whom only Asterisk knows")
    func restart() async throws {
        let first = SwitchboardBench()
        try await first.run {
            _ = try await talking(first)
            _ = try await first.request(.put, holdPath)
        }
        let stray = ChannelID("5.5")
        first.asterisk.put(
            Channel(
                id: stray,
                variables: [
                    "WAZO_TENANT_UUID": SwitchboardBench.tenant.rawValue, "WAZO_SWITCHBOARD_HOLD": "s1",
                ],
                applicationName: "Stasis",
                applicationData: "callcontrol"
            )
        )
        try await first.asterisk.add(stray, to: SwitchboardBench.waitingRoom)
        let second = SwitchboardBench(store: first.store, asterisk: first.asterisk)
        try await second.run {
            try await second.recover()
            #expect(try await held(second) == ["1.1", "5.5"])
            #expect(second.events.contains("held [1.1,5.5]"))
            first.asterisk.restart()
            try await second.recover()
            #expect(try await held(second) == [])
            #expect(second.events.last == "held []")
            #expect(second.store.rows.isEmpty)
        }
    }

    /// A channel takes the caller's place, as an attended transfer inside Asterisk does.
    private func replace(_ bench: SwitchboardBench, by id: String) async throws {
        let heir = Channel(
            id: ChannelID(id),
            callerName: "Carol",
            callerNumber: "777",
            applicationName: "Stasis",
            applicationData: "callcontrol"
        )
        bench.asterisk.put(heir)
        try await bench.asterisk.add(heir.id, to: SwitchboardBench.queue)
        bench.asterisk.remove(caller)
        let head = EventHead(
            type: "StasisStart",
            application: "callcontrol",
            channel: heir.id,
            arguments: [],
            replaced: caller
        )
        #expect(bench.switchboards.wants(head))
        let kind = AsteriskEvent.Kind.stasisStart(heir, arguments: [], replaced: Channel(id: caller))
        await bench.switchboards.receive(
            AsteriskEvent(kind, application: "callcontrol", timestamp: bench.clock.now),
            head: head
        )
        await bench.hangUp(caller)
    }

    @Test("another channel takes the caller's place: same place, same deadline, its own identity")
    func replaced() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1", timeout: "20")
            bench.clock.advance(by: 1)
            await bench.arrive("1.2")
            try await replace(bench, by: "3.3")
            #expect(bench.events.suffix(1) == ["queued [3.3,1.2]"])
            #expect(bench.asterisk.requests.contains("set WAZO_SWITCHBOARD_QUEUE=s1 3.3"))
            #expect(bench.phase("1.1") == nil && bench.phase("3.3") == "waiting")
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 20)
            await bench.asterisk.waitForRequest("continue 3.3 switchboard,noanswer,1")
        }
    }

    @Test("a caller who is replaced while a phone rings: whoever answers talks with the new one")
    func replacedWhileRinging() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            let reply = try await bench.request(.put, "/switchboards/s1/calls/queued/1.1/answer")
            let leg = ChannelID(try #require(reply.body["call_id"]?.string))
            try await replace(bench, by: "3.3")
            #expect(bench.phase("3.3") == "ringing")
            await bench.operatorAnswers(leg, call: "1.1")
            #expect(bench.events == ["queued [1.1]", "queued []", "answered 3.3"])
            #expect(bench.store.rows.isEmpty)
        }
    }

    @Test("a changed music class is heard at once in the room where somebody waits, and only there")
    func music() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            bench.directory.change { world in
                for index in world.switchboards.indices { world.switchboards[index].queueMusic = "waltz" }
            }
            bench.switchboards.directoryChanged(.switchboard("s1"))
            bench.switchboards.directoryChanged(.user(nil))
            await bench.settle()
            bench.switchboards.directoryChanged(.everything)
            await bench.settle()
            #expect(
                bench.asterisk.requests.filter { $0.hasPrefix("startMusic") } == [
                    "startMusic switchboard-s1-queue jazz", "startMusic switchboard-s1-queue waltz",
                ]
            )
        }
    }

    @Test("what became of a held call")
    func history() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            _ = try await talking(bench)
            _ = try await bench.request(.put, holdPath)
            let history = try await bench.request(.get, "\(holdPath)/history")
            #expect(history.body["items"]?.array?.compactMap { $0["to"]?.string } == ["entering", "waiting"])
            let unknown = try await bench.request(.get, "/switchboards/s1/calls/held/8.8/history")
            #expect(unknown.status == 404)
        }
    }
}
