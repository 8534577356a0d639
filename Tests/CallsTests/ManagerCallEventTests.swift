import CallControl
import Core
import Events
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Calls

@Suite("Calls: manager events", .timeLimit(.minutes(1)))
struct ManagerCallEventTests {
    private func event(_ name: String, _ id: String, _ more: KeyValuePairs<String, String> = [:], _ bench: CallBench)
        async
    {
        var message = ManagerMessage()
        for (key, value) in [
            ("Event", name), ("Uniqueid", id), ("Linkedid", "1"), ("Channel", "PJSIP/\(id)-00000001"),
        ] { message.append(key, value) }
        for (key, value) in more { message.append(key, value) }
        guard let event = ManagerEvent(message), bench.calls.wants(name) else { return }
        await bench.calls.receive(event)
    }

    @Test("a call's story from manager events, each with Asterisk's answer")
    func story() async throws {
        let bench = CallBench(hasRegistry: false)
        try await bench.run {
            await bench.put(CallBench.bobs("1", state: "Ring"))
            await event("Newchannel", "1", [:], bench)
            await event("NewConnectedLine", "1", [:], bench)
            await event("Newstate", "1", ["ChannelStateDesc": "Up"], bench)
            await event("Hold", "1", [:], bench)
            await event("Unhold", "1", [:], bench)
            await event("DTMFEnd", "1", ["Direction": "Received", "Digit": "7"], bench)
            await event("DTMFEnd", "1", ["Direction": "Sent", "Digit": "8"], bench)
            try await eventually { bench.story("1").last == "dtmf_created" }
            await event("Hangup", "1", [:], bench)
            await bench.hangUp(CallBench.bobs("1"), cause: 21)
            try await bench.story(
                "1",
                becomes: [
                    "created", "updated", "updated", "answered", "held", "resumed", "dtmf_created", "ended",
                ]
            )
            #expect(bench.asterisk.requests.contains { $0.hasPrefix("setAny WAZO_ANSWER_TIME=") })
            #expect(bench.manager.lines.contains("Setvar Channel=1 Variable=XIVO_ON_HOLD Value=1"))
            #expect(bench.journal.measurements == ["channels-global created", "channels-global ended"])
            #expect(bench.journal.events.last?.data["reason_code"] == 21)
        }
    }

    @Test("bridges: a first channel and an empty bridge are ignored; all members are told of one direction")
    func bridges() async throws {
        let bench = CallBench(hasRegistry: false)
        try await bench.run {
            let caller = CallBench.bobs("1", ["WAZO_CALL_DIRECTION": "outbound"])
            await bench.put(caller)
            await bench.put(CallBench.bobs("2"))
            try await bench.bridge("b", caller, CallBench.bobs("2"))
            await event("BridgeEnter", "1", ["BridgeUniqueid": "b", "BridgeNumChannels": "1"], bench)
            await event("BridgeLeave", "1", ["BridgeUniqueid": "b", "BridgeNumChannels": "0"], bench)
            await event("BridgeEnter", "2", ["BridgeUniqueid": "b", "BridgeNumChannels": "2"], bench)
            await event("BridgeEnter", "2", ["BridgeUniqueid": "gone", "BridgeNumChannels": "2"], bench)
            try await eventually { bench.journal.events.count == 2 }
            #expect(bench.journal.events.allSatisfy { $0.name == "call_updated" && $0.data["direction"] == "outbound" })
            #expect(bench.asterisk.requests.contains("setAny WAZO_CONVERSATION_DIRECTION=outbound 2"))
        }
    }

    @Test("of a holding bridge only who comes is told of")
    func holding() async throws {
        let bench = CallBench(hasRegistry: false)
        try await bench.run {
            for id in ["1", "2"] { await bench.put(CallBench.bobs(id)) }
            try await bench.bridge("queue", CallBench.bobs("1"), CallBench.bobs("2"), kind: .holding)
            await event("BridgeEnter", "2", ["BridgeUniqueid": "queue", "BridgeNumChannels": "2"], bench)
            await event("BridgeLeave", "3", ["BridgeUniqueid": "queue", "BridgeNumChannels": "2"], bench)
            await event("Newstate", "1", ["ChannelStateDesc": "Ringing"], bench)
            try await eventually { bench.journal.events.contains { $0.data["call_id"] == "1" } }
            #expect(bench.journal.events.map { $0.data["call_id"]?.string } == ["2", "1"])
            #expect(bench.journal.events.allSatisfy { $0.data["talking_to"] == [:] })
        }
    }

    @Test("a channel that is gone, Local or being provisioned is not told of; a failing Asterisk stops nothing")
    func silent() async throws {
        let bench = CallBench(hasRegistry: false)
        try await bench.run {
            await event("Newchannel", "7", [:], bench)
            await event("Newstate", "7", ["ChannelStateDesc": "Up"], bench)
            var phone = CallBench.bobs("2")
            phone.place = DialplanPlace(context: "xivo-provisioning", exten: "s")
            await bench.put(phone)
            await event("Newchannel", "2", [:], bench)
            bench.asterisk.fail("channel 3", with: .internalError("broken"))
            await event("Newstate", "3", ["ChannelStateDesc": "Ringing"], bench)
            await bench.asterisk.waitForRequest("channel 3")
            bench.asterisk.fail("channel 3", with: nil)
            await bench.put(CallBench.bobs("3"))
            await event("Newstate", "3", ["ChannelStateDesc": "Ringing"], bench)
            try await bench.story("3", becomes: ["updated"])
            #expect(bench.journal.events.count == 1)
        }
    }

    @Test("missed calls and the queue members of who does not want to be disturbed")
    func others() async throws {
        let bench = CallBench(hasRegistry: false)
        try await bench.run {
            await event(
                "UserEvent",
                "1",
                [
                    "UserEvent": "user_missed_call", "destination_user_uuid": CallBench.idle.rawValue,
                    "caller_id_name": #"O\'Hara"#, "reason": "no-answer",
                    "ChanVariable": "WAZO_TENANT_UUID=\(CallBench.tenant)",
                ],
                bench
            )
            try await eventually { bench.journal.events.count == 1 }
            #expect(bench.journal.events[0].data["caller_id_name"] == "O'Hara")
            #expect(bench.journal.events[0].data["reason"] == "no-answer")
            bench.manager.fail("QueuePause", with: .refused(message: "Interface not found", action: "QueuePause"))
            await bench.calls.doNotDisturbChanged(of: CallBench.bob, isEnabled: true)
            #expect(
                bench.manager.lines.last == "QueuePause Interface=Local/\(CallBench.bob)@usersharedlines Paused=true"
            )
        }
    }

    @Test("beside a registry only what Stasis does not tell is read")
    func besideRegistry() {
        let bench = CallBench()
        #expect(bench.calls.wants("Pickup") && !bench.calls.wants("Newchannel") && !bench.calls.wants("UserEvent"))
    }
}
