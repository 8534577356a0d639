import Core
import Foundation
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Switchboards

@Suite("Switchboard: a call's journey", .timeLimit(.minutes(1)))
struct SwitchboardJourneyTests {
    private let answerPath = "/switchboards/s1/calls/queued/1.1/answer"

    private func leg(_ body: JSONValue) throws -> ChannelID {
        ChannelID(try #require(body["call_id"]?.string))
    }

    @Test("a caller is answered, queued with music and listed; the second starts no music")
    func enter() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            bench.clock.advance(by: 1)
            await bench.arrive("1.2")
            #expect(bench.asterisk.members(of: SwitchboardBench.queue) == [ChannelID("1.1"), ChannelID("1.2")])
            #expect(
                bench.asterisk.requests.filter { $0.hasPrefix("startMusic") } == [
                    "startMusic switchboard-s1-queue jazz"
                ]
            )
            #expect(bench.asterisk.requests.contains("set WAZO_SWITCHBOARD_QUEUE=s1 1.1"))
            #expect(bench.events == ["queued [1.1]", "queued [1.1,1.2]"])
            let list = try await bench.request(.get, "/switchboards/s1/calls/queued")
            #expect(list.status == 200)
            #expect(
                list.body["items"]?.array?.first == [
                    "id": "1.1", "caller_id_name": "Caller 1.1", "caller_id_number": "555",
                ]
            )
        }
    }

    @Test("the row is stored before Asterisk is asked to answer")
    func storedFirst() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            bench.store.setOutage(.unreachable("down"))
            let arguments = ["switchboard", "switchboard_queue", SwitchboardBench.tenant.rawValue, "s1"]
            let channel = Channel(id: ChannelID("1.1"), applicationName: "Stasis", applicationData: "callcontrol")
            bench.asterisk.put(channel)
            await bench.send(
                .stasisStart(channel, arguments: arguments, replaced: nil),
                type: "StasisStart",
                channel: channel.id,
                arguments: arguments
            )
            await bench.asterisk.waitForRequest("variable WAZO_SWITCHBOARD_FALLBACK_NOANSWER_ACTION 1.1")
            #expect(!bench.asterisk.requests.contains("answer 1.1"))
            bench.store.setOutage(nil)
            await bench.settle()
            #expect(bench.asterisk.requests.contains("answer 1.1"))
            #expect(bench.phase("1.1") == "waiting")
        }
    }

    @Test("an operator answers: the two are bridged, the row ends, one answered event")
    func answered() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            let reply = try await bench.request(.put, answerPath)
            #expect(reply.status == 200)
            let leg = try leg(reply.body)
            let reply1 = try await bench.request(.get, "/switchboards/s1/calls/queued")
            #expect(reply1.body["items"] == [])
            #expect(
                bench.asterisk.members(of: SwitchboardBench.queue) == [ChannelID("1.1")],
                "he keeps place and music"
            )
            await bench.operatorAnswers(leg, call: "1.1")
            #expect(bench.asterisk.members(of: SwitchboardBench.queue) == [])
            #expect(bench.asterisk.requests.contains("set CALLERID(all)=\"Alice\" <1001> \(leg)"))
            #expect(bench.events == ["queued [1.1]", "queued []", "answered 1.1"])
            #expect(bench.store.rows.isEmpty)
            #expect(
                bench.store.history.map(\.to) == ["entering", "waiting", "calling", "ringing", "connecting", "ended"]
            )
            #expect(await bench.hangUp(ChannelID("1.1")) == false, "the queue is done with him")
        }
    }

    @Test("the operator's phone is not answered: back at the same place")
    func notAnswered() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            bench.clock.advance(by: 1)
            await bench.arrive("1.2")
            let leg = try leg(try await bench.request(.put, answerPath).body)
            await bench.hangUp(leg)
            #expect(bench.events.suffix(2) == ["queued [1.2]", "queued [1.1,1.2]"])
            let again = try await bench.request(.put, answerPath)
            #expect(again.status == 200, "he can be taken again")
        }
    }

    @Test("the operator's phone cannot be called: 503, no event, still waiting")
    func unregistered() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            bench.asterisk.fail("originate", with: .internalError("Allocation failed"))
            let reply = try await bench.request(.put, answerPath)
            #expect(reply.status == 503)
            #expect(reply.body["error_id"] == "asterisk-ari-error")
            #expect(reply.body["details"]?["original_error"] == "500: Allocation failed")
            await bench.settle()
            #expect(bench.events == ["queued [1.1]"])
            #expect(bench.phase("1.1") == "waiting")
        }
    }

    @Test("the caller hangs up while the phone rings: the phone is hung up, nothing is published")
    func abandonedWhileRinging() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            let leg = try leg(try await bench.request(.put, answerPath).body)
            await bench.hangUp(ChannelID("1.1"))
            #expect(bench.asterisk.requests.contains("hangUp \(leg)"))
            #expect(bench.events == ["queued [1.1]", "queued []"])
            #expect(bench.store.rows.isEmpty)
        }
    }

    @Test("an operator who answers when the caller is gone is hung up at once")
    func lateOperator() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            let leg = try leg(try await bench.request(.put, answerPath).body)
            bench.asterisk.fail("hangUp", with: .internalError("busy"))
            await bench.hangUp(ChannelID("1.1"))
            bench.asterisk.fail("hangUp", with: nil)
            await bench.operatorAnswers(leg, call: "1.1")
            let present = try await bench.asterisk.channel(leg)
            #expect(present == nil)
        }
    }

    @Test("the deadline sends the caller to the dialplan's fallback, once")
    func deadline() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1", timeout: "20")
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 20)
            await bench.asterisk.waitForRequest("continue 1.1 switchboard,noanswer,1")
            await bench.settle()
            #expect(bench.events == ["queued [1.1]", "queued []"])
            #expect(bench.store.rows.isEmpty)
        }
    }

    @Test("a deadline that passes while a phone rings waits for the phone")
    func deadlineWhileRinging() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1", timeout: "20")
            await bench.clock.waitForSleepers()
            let leg = try leg(try await bench.request(.put, answerPath).body)
            bench.clock.advance(by: 25)
            await bench.settle()
            #expect(bench.phase("1.1") == "ringing")
            await bench.hangUp(leg)
            await bench.asterisk.waitForRequest("continue 1.1 switchboard,noanswer,1")
        }
    }

    @Test("two operators at once: one gets the call, the other 404")
    func twoOperators() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            async let first = bench.request(.put, answerPath)
            async let second = bench.request(.put, answerPath)
            let statuses = try await [first.status, second.status].sorted()
            #expect(statuses == [200, 404])
            #expect(bench.asterisk.requests.filter { $0.hasPrefix("originate") }.count == 1)
        }
    }

    @Test("a caller who cannot be queued goes on in the dialplan")
    func refused() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            bench.asterisk.fail("add 1.1", with: .unprocessable("no"))
            await bench.arrive("1.1")
            #expect(bench.asterisk.requests.contains("continue 1.1 next"))
            #expect(bench.events == [])
            #expect(bench.store.rows.isEmpty)
        }
    }
}
