import CallControl
import Core
import Events
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Calls

@Suite("Calls: events of the registry", .timeLimit(.minutes(1)))
struct CallEventTests {
    @Test("a call's story, in order, to its tenant and user")
    func story() async throws {
        let bench = CallBench()
        try await bench.run {
            let ringing = CallBench.bobs("1", state: "Ring")
            await bench.put(ringing)
            await bench.happen(.channelConnectedLine(ringing), "ChannelConnectedLine", ringing.id)
            let up = CallBench.bobs("1")
            await bench.happen(.channelStateChange(up), "ChannelStateChange", up.id)
            await bench.put(CallBench.bobs("2"))
            try await bench.bridge("b", up, CallBench.bobs("2"))
            await bench.hangUp(up, cause: 17)
            try await bench.story(
                "1",
                becomes: ["created", "updated", "updated", "answered", "updated", "ended"]
            )
            let answered = try #require(bench.journal.events.first { $0.name == "call_answered" })
            #expect(answered.audience == .user(CallBench.tenant, CallBench.bob))
            #expect(answered.routingKey == "calls.call.answered")
            #expect(answered.requiredACL == "events.calls.\(CallBench.bob)")
            #expect(answered.data["answer_time"]?.string?.hasSuffix(":00") == true)
            let ended = try #require(bench.journal.events.last { $0.name == "call_ended" })
            #expect(ended.data["reason_code"] == 17)
            #expect(ended.data["answer_time"] == answered.data["answer_time"])
            try await eventually { bench.asterisk.requests.contains { $0.hasPrefix("setAny WAZO_ANSWER_TIME=") } }
        }
    }

    @Test("a new call is told of when its variables have come: with user, number and direction")
    func settling() async throws {
        let bench = CallBench()
        try await bench.run {
            let channel = CallBench.channel("1", state: "Up")
            await bench.put(channel)
            await bench.set("__WAZO_TENANT_UUID", CallBench.tenant.rawValue, channel)
            await bench.set("WAZO_USERUUID", CallBench.bob.rawValue, channel)
            await bench.set("__WAZO_CALL_DIRECTION", "inbound", channel)
            await bench.set("__WAZO_ENTRY_EXTEN", "5003", channel)
            try await bench.story("1", becomes: ["created"])
            let created = bench.journal.events[0]
            #expect(created.audience == .user(CallBench.tenant, CallBench.bob))
            #expect(created.data["direction"] == "inbound" && created.data["dialed_extension"] == "5003")
        }
    }

    @Test("nothing is told of a channel without a tenant; once it has one, its beginning comes first")
    func lateTenant() async throws {
        let bench = CallBench()
        try await bench.run {
            let channel = CallBench.channel("1", state: "Ring")
            await bench.put(channel)
            await bench.happen(.channelConnectedLine(channel), "ChannelConnectedLine", channel.id)
            #expect(bench.story("1").isEmpty)
            let owned = CallBench.bobs("1", state: "Ringing")
            await bench.happen(.channelStateChange(owned), "ChannelStateChange", owned.id)
            try await bench.story("1", becomes: ["created", "updated"])
            let short = CallBench.channel("2")
            await bench.put(short)
            await bench.hangUp(CallBench.bobs("2"))
            let never = CallBench.channel("3")
            await bench.put(never)
            await bench.hangUp(never)
            await bench.put(CallBench.bobs("4"))
            await bench.hangUp(CallBench.bobs("4"))
            try await bench.story("4", becomes: ["created", "ended"])
            #expect(bench.story("3").isEmpty)
        }
    }

    @Test("Local channels and phones that are provisioned have no events, but are counted")
    func silent() async throws {
        let bench = CallBench()
        try await bench.run {
            var local = CallBench.bobs("1")
            local.name = "Local/x@y-1;1"
            var phone = CallBench.bobs("2")
            phone.place = DialplanPlace(context: "xivo-provisioning", exten: "s")
            for channel in [local, phone] {
                await bench.put(channel)
                await bench.happen(.channelStateChange(channel), "ChannelStateChange", channel.id)
                await bench.hangUp(channel)
            }
            await bench.put(CallBench.bobs("3"))
            await bench.hangUp(CallBench.bobs("3"))
            try await bench.story("3", becomes: ["created", "ended"])
            #expect(bench.story("1").isEmpty && bench.story("2").isEmpty)
            #expect(bench.journal.measurements.filter { $0 == "channels-global created" }.count == 3)
            #expect(bench.journal.measurements.filter { $0 == "channels-global ended" }.count == 3)
            #expect(bench.registry?.count == 0)
        }
    }

    @Test("all who are in a bridge share one direction, which is kept in their channels")
    func directions() async throws {
        let bench = CallBench()
        try await bench.run {
            let caller = CallBench.bobs("1", ["WAZO_CALL_DIRECTION": "inbound"])
            let callee = CallBench.bobs("2")
            await bench.put(caller)
            await bench.put(callee)
            try await bench.bridge("b", caller, callee)
            try await eventually { bench.journal.events.filter { $0.name == "call_updated" }.count == 2 }
            #expect(bench.journal.events.suffix(2).allSatisfy { $0.data["direction"] == "inbound" })
            try await eventually {
                bench.asterisk.requests.contains("setAny WAZO_CONVERSATION_DIRECTION=inbound 2")
            }
            await bench.hangUp(caller)
            #expect(bench.registry?.call(callee.id)?.direction == .inbound)
        }
    }

    @Test("who comes into a holding bridge is told of, those who wait there are not: they talk with nobody")
    func holding() async throws {
        let bench = CallBench()
        try await bench.run {
            let callers = ["1", "2", "3"].map { CallBench.bobs($0) }
            for caller in callers { await bench.put(caller) }
            try await bench.bridge("queue", callers[0], callers[1], callers[2], kind: .holding)
            for caller in callers { await bench.hangUp(caller) }
            try await eventually { bench.journal.events.filter { $0.name == "call_ended" }.count == 3 }
            let updates = bench.journal.events.filter { $0.name == "call_updated" }
            #expect(updates.map { $0.data["call_id"]?.string } == ["2", "3"])
            #expect(updates.allSatisfy { $0.data["talking_to"] == [:] && $0.data["bridges"] == ["queue"] })
        }
    }

    @Test("hold, resume, digits and missed calls")
    func others() async throws {
        let bench = CallBench()
        try await bench.run {
            let channel = CallBench.bobs("1")
            await bench.put(channel)
            await bench.happen(.channelHold(channel, musicClass: nil), "ChannelHold", channel.id)
            #expect(try await bench.request(.get, "/calls/1").body["on_hold"] == true)
            await bench.happen(.channelUnhold(channel), "ChannelUnhold", channel.id)
            #expect(try await bench.request(.get, "/calls/1").body["on_hold"] == false)
            await bench.happen(
                .channelDTMFReceived(channel, digit: "5", milliseconds: 100),
                "ChannelDtmfReceived",
                channel.id
            )
            await bench.happen(
                .userEvent(
                    name: "user_missed_call",
                    channel,
                    nil,
                    fields: [
                        "destination_user_uuid": .string(CallBench.idle.rawValue), "caller_user_uuid": "",
                        "reason": "channel-unavailable", "hangup_cause": "3", "entry_exten": "1002",
                        "caller_id_name": "Al", "caller_id_number": "1", "conversation_id": "c",
                    ]
                ),
                "ChannelUserevent",
                channel.id
            )
            try await eventually { bench.journal.events.contains { $0.name == "user_missed_call" } }
            let events = bench.journal.events
            #expect(
                events.map(\.name)
                    == [
                        "call_created", "call_held", "call_resumed", "call_dtmf_created", "user_missed_call",
                    ].filter { name in events.contains { $0.name == name } }
            )
            let tone = try #require(events.first { $0.name == "call_dtmf_created" })
            #expect(tone.data == ["call_id": "1", "digit": "5", "user_uuid": .string(CallBench.bob.rawValue)])
            let missed = try #require(events.last)
            #expect(missed.audience == .user(CallBench.tenant, CallBench.idle))
            #expect(missed.data["reason"] == "phone-unreachable" && missed.data["caller_user_uuid"] == .null)
            #expect(missed.routingKey == "calls.missed")
        }
    }

    @Test("a call that is picked up tells its new user")
    func newUser() async throws {
        let bench = CallBench()
        try await bench.run {
            let channel = CallBench.bobs("1")
            await bench.put(channel)
            await bench.happen(.channelConnectedLine(channel), "ChannelConnectedLine", channel.id)
            await bench.set("WAZO_USERUUID", CallBench.idle.rawValue, channel)
            try await bench.story("1", becomes: ["created", "updated", "updated"])
            #expect(bench.journal.events.last?.audience == .user(CallBench.tenant, CallBench.idle))
        }
        let direct = CallBench()
        try await direct.run {
            await direct.tell(["Event": "Pickup", "Uniqueid": "1", "ChanVariable": "WAZO_USERUUID=u9"])
            try await eventually { direct.asterisk.requests.contains("setAny WAZO_USERUUID=u9 1") }
        }
    }

    @Test("calls that ended while nobody listened are told of as ended for no known reason")
    func vanished() async throws {
        let bench = CallBench()
        bench.asterisk.put(CallBench.bobs("1"))
        try await bench.run {
            await bench.calls.registryReceiver?.feedDisconnected()
            bench.asterisk.remove(ChannelID("1"))
            try await bench.connect()
            try await bench.story("1", becomes: ["ended"])
            #expect(bench.journal.events.last?.data["reason_code"] == 0)
        }
    }

    @Test("another feature has a call's update published, and sets what calls show")
    func seam() async throws {
        let bench = CallBench()
        try await bench.run {
            await bench.put(CallBench.bobs("1"))
            await bench.happen(.channelCallerID(CallBench.bobs("1")), "ChannelCallerId", ChannelID("1"))
            try await bench.calls.set(.isRecorded, to: "1", of: ChannelID("1"))
            try await bench.calls.publishUpdate(of: ChannelID("1"))
            try await bench.calls.publishUpdate(of: ChannelID("gone"))
            try await eventually { bench.journal.events.contains { $0.name == "call_updated" } }
            #expect(bench.journal.events.last?.data["record_state"] == "active")
            #expect(try await bench.calls.call(ChannelID("1"))?.record[.isRecorded] == "1")
        }
    }
}
