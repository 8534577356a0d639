import Core
import Foundation
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Switchboards

@Suite("Switchboard: faults and recovery", .timeLimit(.minutes(1)))
struct SwitchboardFaultTests {
    private let answerPath = "/switchboards/s1/calls/queued/1.1/answer"

    @Test(
        "errors come in the contract's order",
        arguments: [
            ("/switchboards/s9/calls/queued/1.1/answer", "alice", 404, "no-such-switchboard"),
            ("/switchboards/s1/calls/queued/9.9/answer", "alice", 404, "no-such-call"),
            ("/switchboards/s1/calls/queued/1.1/answer", "nobody", 400, "no-such-confd-user"),
            ("/switchboards/s1/calls/queued/1.1/answer?line_id=7", "alice", 400, "invalid-user-line"),
            ("/switchboards/s1/calls/queued/1.1/answer", "idle", 400, "user-missing-main-line"),
            ("/switchboards/s1/calls/queued/1.1/answer?line_id=x", "alice", 400, "invalid-data"),
            ("/switchboards/s1/calls/queued/1.1/answer?colour=red", "alice", 400, "invalid-data"),
            ("/switchboards/s1/calls/queued/1.1/answer", "foreign", 404, "no-such-switchboard"),
            ("/switchboards/s1/calls/queued/1.1/answer", "powerless", 401, "unauthorized"),
            ("/switchboards/s1/calls/queued/1.1/answer", "unknown", 401, "unauthorized"),
        ]
    )
    func errors(_ path: String, _ token: String, _ status: Int, _ errorID: String) async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            let reply = try await bench.request(.put, path, token: token)
            #expect(reply.status == status)
            #expect(reply.body["error_id"]?.string == errorID)
            #expect(reply.body["timestamp"] != nil && reply.body["message"] != nil && reply.body["details"] != nil)
        }
    }

    @Test("line_id picks the line; 0 is the main line")
    func lines() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            await bench.arrive("1.2")
            let reply1 = try await bench.request(.put, answerPath + "?line_id=%2002")
            #expect(reply1.status == 200)
            let reply2 = try await bench.request(.put, "/switchboards/s1/calls/queued/1.2/answer?line_id=0")
            #expect(reply2.status == 200)
            #expect(
                bench.asterisk.requests.filter { $0.hasPrefix("originate") }
                    == ["originate sccp/desk/autoanswer", "originate PJSIP/alice"]
            )
        }
    }

    @Test("the database goes away during an answer: 503, no phone rings, the call stays")
    func databaseAway() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            bench.store.setOutage(.unreachable("down"))
            let reply = try await bench.request(.put, answerPath)
            #expect(reply.status == 503)
            #expect(reply.body["error_id"] == "database-unreachable")
            bench.store.setOutage(nil)
            await bench.settle()
            #expect(!bench.asterisk.requests.contains { $0.hasPrefix("originate") })
            let reply3 = try await bench.request(.put, answerPath)
            #expect(reply3.status == 200)
        }
    }

    @Test("a commit whose answer is lost is put right: the list says again what is true")
    func lostAnswer() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            bench.store.loseNextAnswer()
            let reply4 = try await bench.request(.put, answerPath)
            #expect(reply4.status == 503)
            await bench.settle()
            #expect(bench.phase("1.1") == "waiting")
            #expect(bench.queueEvents.last == "queued [1.1]")
            let reply5 = try await bench.request(.put, answerPath)
            #expect(reply5.status == 200)
        }
    }

    @Test("the directory is away when the first caller comes: queued with default music")
    func noDirectory() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            bench.directory.setOutage(.unreachable("down"))
            await bench.arrive("1.1")
            #expect(bench.asterisk.requests.contains("startMusic switchboard-s1-queue default"))
            #expect(bench.phase("1.1") == "waiting")
        }
    }

    @Test("after a crash a waiting caller is listed again and his deadline holds")
    func crash() async throws {
        let first = SwitchboardBench()
        try await first.run { await first.arrive("1.1", timeout: "20") }
        let second = SwitchboardBench(store: first.store, asterisk: first.asterisk)
        try await second.run {
            try await second.recover()
            let list = try await second.request(.get, "/switchboards/s1/calls/queued")
            #expect(list.body["items"]?.array?.count == 1)
            await second.clock.waitForSleepers()
            second.clock.advance(by: 20)
            await second.asterisk.waitForRequest("continue 1.1 switchboard,noanswer,1")
        }
    }

    @Test("after a crash each phase is resumed, finished or ended")
    func crashWhileRinging() async throws {
        let first = SwitchboardBench()
        let leg = ChannelID("leg")
        try await first.run {
            await first.arrive("1.1")
            await first.arrive("1.2")
            _ = try await first.request(.put, answerPath)
        }
        // The operator of 1.1 hung up and 1.2 hung up while nobody looked; 1.3 arrived.
        let operatorLeg = try #require(
            first.store.rows["switchboard_queued_call/1.1"]?.body["operator"]?["channel"]?.string
        )
        first.asterisk.remove(ChannelID(operatorLeg))
        first.asterisk.remove(ChannelID("1.2"))
        let arguments = ["switchboard", "switchboard_queue", SwitchboardBench.tenant.rawValue, "s1"]
        for (id, app) in [
            ("1.3", arguments), (leg.rawValue, ["switchboard", "switchboard_answer", arguments[2], "s1", "1.2"]),
        ] {
            first.asterisk.put(
                Channel(
                    id: ChannelID(id),
                    applicationName: "Stasis",
                    applicationData: (["callcontrol"] + app).joined(separator: ",")
                )
            )
        }
        let second = SwitchboardBench(store: first.store, asterisk: first.asterisk)
        try await second.run {
            try await second.recover()
            #expect(second.phase("1.1") == "waiting")
            #expect(second.phase("1.2") == nil)
            #expect(second.phase("1.3") == "waiting")
            let present = try await second.asterisk.channel(leg)
            #expect(present == nil, "a leg nobody waits for is hung up")
            #expect(second.queueEvents.contains("queued [1.1,1.3]"))
        }
    }

    @Test("a caller who talks is no newcomer, though his arguments still say queue")
    func talkingIsNotNew() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            let body = try await bench.request(.put, answerPath).body
            await bench.operatorAnswers(ChannelID(try #require(body["call_id"]?.string)), call: "1.1")
            try await bench.recover()
            #expect(bench.store.rows.isEmpty)
            #expect(bench.queueEvents.last == "queued []", "only the list is published")
        }
    }

    @Test("after a restart of Asterisk every call is ended and told")
    func asteriskRestart() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            bench.asterisk.restart()
            try await bench.recover()
            #expect(bench.store.rows.isEmpty)
            #expect(bench.queueEvents.last == "queued []")
            await bench.arrive("2.1")
            #expect(bench.asterisk.members(of: SwitchboardBench.queue) == [ChannelID("2.1")], "the bridge is made anew")
        }
    }

    @Test("Asterisk does not answer when a caller arrives: he is queued a little later, without a reconnection")
    func delayedArrival() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            bench.asterisk.fail("variable", with: .unreachable("timeout"))
            await bench.arrive("1.1")
            #expect(bench.phase("1.1") == nil)
            bench.asterisk.fail("variable", with: nil)
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 2)
            await bench.asterisk.waitForRequest("add 1.1 switchboard-s1-queue")
            await bench.settle()
            #expect(bench.phase("1.1") == "waiting")
        }
    }

    @Test("a caller whose row PostgreSQL refuses goes on in the dialplan, and the next one is served")
    func refusedRow() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            bench.store.setOutage(.refused(sqlState: "22P05", message: "no such character"))
            await bench.arrive("1.1")
            #expect(bench.asterisk.requests.contains("continue 1.1 next"))
            bench.store.setOutage(nil)
            await bench.arrive("1.2")
            #expect(bench.phase("1.2") == "waiting")
        }
    }

    @Test("Asterisk is away while a caller enters: he is queued when it is back")
    func asteriskAway() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            bench.asterisk.fail("answer", with: .unreachable("reset"))
            await bench.arrive("1.1")
            #expect(bench.phase("1.1") == "entering")
            bench.asterisk.fail("answer", with: nil)
            try await bench.recover()
            #expect(bench.phase("1.1") == "waiting")
        }
    }
}
