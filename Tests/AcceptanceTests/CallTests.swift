import Core
import Events
import Foundation
import TandemLab
import Testing

/// Calls over REST and on the bus (contract 10), with real calls.
@Suite("Calls", .serialized, .timeLimit(.minutes(10)), .disabled(if: LabEnvironment.isLeftOut, "needs the lab"))
struct CallTests {
    private static let fields: Set<String> = [
        "call_id", "conversation_id", "creation_time", "answer_time", "hangup_time", "status", "caller_id_name",
        "caller_id_number", "peer_caller_id_name", "peer_caller_id_number", "user_uuid", "on_hold", "muted", "parked",
        "record_state", "bridges", "talking_to", "is_caller", "is_video", "dialed_extension", "sip_call_id", "line_id",
        "direction",
    ]

    @Test("a SIP phone calls another: both are listed with every field, and their events tell it in order")
    func internalCall() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let caller = try await eventually("both are shown in their bridge") {
                let call = try await scene.call(talk.kimsChannel)
                return call["talking_to"]?.object?.count == 1 ? .some(call) : .none
            }
            let callee = try await scene.call(talk.erinsChannel)
            #expect(Set(caller.object?.keys.map { $0 } ?? []) == Self.fields)
            #expect(caller["talking_to"] == .object([talk.erinsChannel: .string(Demo.Office.Phone.erin.uuid)]))
            #expect(callee["talking_to"] == .object([talk.kimsChannel: .string(Demo.Office.Phone.kim.uuid)]))
            #expect(caller["user_uuid"]?.string == Demo.Office.Phone.kim.uuid)
            #expect(caller["line_id"] == .integer(Int64(Demo.Office.Phone.kim.id)))
            #expect(caller["is_caller"] == true && callee["is_caller"] == false)
            #expect(caller["status"] == "Up" && caller["dialed_extension"] == "1101")
            #expect(callee["dialed_extension"] == "1101" && callee["caller_id_number"] == "1101")
            #expect(callee["peer_caller_id_number"] == "1107")
            #expect(caller["direction"] == "internal" && caller["is_video"] == false)
            #expect(caller["conversation_id"]?.string == talk.kimsChannel)
            #expect(callee["conversation_id"]?.string == talk.kimsChannel)
            #expect(caller["answer_time"]?.string?.contains("T") == true)
            let invite = await talk.erinsCall.trace.entries.first { $0.isRequest("INVITE", .received) }
            #expect(callee["sip_call_id"]?.string == invite?.message.header("Call-ID"))
            let listed = try await scene.calls()
            #expect(Set(listed.compactMap { $0["call_id"]?.string }) == [talk.kimsChannel, talk.erinsChannel])
            #expect(listed.contains(caller) && listed.contains(callee))
            let shown = try await scene.ari.variable("WAZO_ANSWER_TIME", of: talk.kimsChannel)
            #expect(shown == caller["answer_time"]?.string, "a restart finds it in Asterisk")

            try await talk.kim.hangUp()
            try await scene.becomesSilent()
            try await scene.begins(talk.kimsChannel, isCaller: true, "internal", dialled: "1101", "Ring")
            try await scene.begins(talk.erinsChannel, isCaller: false, "internal", dialled: "1101", "Ringing")
            for id in [talk.kimsChannel, talk.erinsChannel] {
                try await scene.story(of: id, becomes: ["created", "updated", "answered", "updated", "ended"])
            }
            let ended = try await scene.bus.expect("call_ended") { $0.data?["call_id"]?.string == talk.erinsChannel }
            #expect(ended.data?["caller_id_number"] == "1107", "caller and peer are swapped there")
            #expect(ended.data?["peer_caller_id_number"] == "1101")
            #expect(ended.data?["reason_code"] == 16)
            #expect(ended.data?["answer_time"] == callee["answer_time"])
            #expect(ended.headers["user_uuid:\(Demo.Office.Phone.erin.uuid)"] == true)
            #expect(ended.headers["tenant_uuid"]?.string == Demo.tenant)
            #expect(ended.headers["required_acl"]?.string == "events.calls.\(Demo.Office.Phone.erin.uuid)")
            #expect(try await scene.calls().isEmpty)
            try await talk.close()
        }
    }

    @Test("a call from outside is inbound as soon as it is told of, with the DID that was dialled")
    func inbound() async throws {
        try await Scene.inOffice { scene in
            let frank = try await scene.phone(.frank)
            let answering = try frank.answer()
            let caller = try await scene.dialFromOutside("5003")
            try await caller.answered()
            try await answering.answered()
            let franks = try await scene.channel(of: "frank")
            let trunk = try await scene.channel(of: "demo-trunk")
            let created = try await scene.bus.expect("call_created") { $0.data?["call_id"]?.string == franks }
            try await scene.begins(franks, isCaller: false, "inbound", dialled: "5003", "Ringing")
            try await scene.begins(trunk, isCaller: true, "inbound", dialled: "5003", "Ring")
            #expect(created.data?["user_uuid"]?.string == Demo.Office.Phone.frank.uuid)
            #expect(created.data?["line_id"] == 12)
            #expect(created.headers["user_uuid:\(Demo.Office.Phone.frank.uuid)"] == true)
            let outside = try await scene.bus.expect("call_created") { $0.data?["call_id"]?.string == trunk }
            #expect(outside.data?["user_uuid"] == .null)
            #expect(outside.headers["required_acl"] == "events.calls.None")
            _ = try await eventually("the direction is kept") {
                try await scene.call(trunk)["direction"] == "inbound" ? true : nil
            }
            try await caller.hangUp()
            try await scene.becomesSilent()
            try await scene.story(of: franks, becomes: ["created", "updated", "answered", "updated", "ended"])
            await caller.close()
            try await scene.leave(frank)
        }
    }
}

/// The kinds of calls that the office makes.
@Suite("Calls: kinds", .serialized, .timeLimit(.minutes(10)), .disabled(if: LabEnvironment.isLeftOut, "needs the lab"))
struct CallKindTests {
    @Test("a group: all members ring as calls of their users, one answers, all end; Local legs are listed, not told of")
    func group() async throws {
        try await Scene.inOffice { scene in
            let erin = try await scene.phone(.erin)
            let frank = try await scene.phone(.frank)
            let answering = try erin.answer()
            let ringing = try frank.ring()
            let caller = try await scene.dial("2001", as: .kim)
            try await caller.answered()
            try await answering.answered(within: .seconds(15))
            let erins = try await scene.channel(of: "erin")
            let created = try await scene.bus.expect("call_created") { event in
                event.data?["user_uuid"]?.string == Demo.Office.Phone.frank.uuid
            }
            let franks = created.data?["call_id"]?.string ?? ""
            try await ringing.cancelled()
            let kims = try await scene.channel(of: "kim")
            try await scene.begins(kims, isCaller: true, "internal", dialled: "2001", "Ring")
            for id in [erins, franks] {
                try await scene.begins(id, isCaller: false, "internal", dialled: "2001", "Ringing")
            }
            try await scene.story(of: franks, becomes: ["created", "updated", "ended"])
            _ = try await eventually("Erin talks with somebody") {
                try await scene.call(erins)["talking_to"]?.object?.isEmpty == false ? true : nil
            }
            try await scene.listsWhatAsteriskHas()
            let locals = await scene.bus.deliveries.entries.filter { event in
                event.name?.hasPrefix("call_") == true
                    && event.data?["caller_id_name"] != nil && event.data?["call_id"]?.string == nil
            }
            #expect(locals.isEmpty)
            try await caller.hangUp()
            try await scene.becomesSilent()
            ringing.stop()
            await caller.close()
            try await scene.leave(erin, frank)
        }
    }

    @Test("a queue: its member's call is told of and shown")
    func queue() async throws {
        try await Scene.inOffice { scene in
            let frank = try await scene.phone(.frank)
            let answering = try frank.answer()
            let caller = try await scene.dialFromOutside("5005")
            try await caller.answered()
            try await answering.answered(within: .seconds(20))
            let franks = try await scene.channel(of: "frank")
            _ = try await eventually("Frank talks") {
                try await scene.call(franks)["talking_to"]?.object?.isEmpty == false ? true : nil
            }
            let call = try await scene.call(franks)
            #expect(call["direction"] == "inbound" && call["is_caller"] == false && call["status"] == "Up")
            try await scene.begins(franks, isCaller: false, "inbound", dialled: "5005", "Ringing")
            let trunk = try await scene.channel(of: "demo-trunk")
            try await scene.begins(trunk, isCaller: true, "inbound", dialled: "5005", "Ring")
            try await scene.listsWhatAsteriskHas()
            try await caller.hangUp()
            try await scene.becomesSilent()
            try await scene.story(of: franks, becomes: ["created", "updated", "answered", "updated", "ended"])
            await caller.close()
            try await scene.leave(frank)
        }
    }

    @Test("a forward: Gina's calls ring at Frank's, with the number that was dialled first")
    func forwarded() async throws {
        try await Scene.inOffice { scene in
            let frank = try await scene.phone(.frank)
            let answering = try frank.answer()
            let caller = try await scene.dial("1103", as: .kim)
            try await answering.answered(within: .seconds(15))
            let franks = try await scene.channel(of: "frank")
            #expect(try await scene.call(franks)["dialed_extension"] == "1103")
            try await caller.hangUp()
            try await scene.becomesSilent()
            await caller.close()
            try await scene.leave(frank)
        }
    }

    @Test("a call that nobody answers is missed by whom it was for")
    func missed() async throws {
        try await Scene.inOffice { scene in
            let frank = try await scene.phone(.frank)
            let ringing = try frank.ring()
            let caller = try await scene.dial("1102", as: .kim)
            let missed = try await scene.bus.expect("user_missed_call", within: .seconds(20)) { event in
                event.data?["user_uuid"]?.string == Demo.Office.Phone.frank.uuid
            }
            #expect(missed.data?["caller_user_uuid"]?.string == Demo.Office.Phone.kim.uuid)
            #expect(missed.data?["dialed_extension"] == "1102" && missed.data?["caller_id_number"] == "1107")
            #expect(missed.headers["user_uuid:\(Demo.Office.Phone.frank.uuid)"] == true)
            await caller.close()
            ringing.stop()
            try? await scene.ari.hangUpAll()
            try await scene.becomesSilent()
            try await scene.leave(frank)
        }
    }

    @Test("a pickup: the call that rang ends, Erin's is answered and talks with the caller")
    func pickedUp() async throws {
        try await Scene.inOffice { scene in
            let frank = try await scene.phone(.frank)
            let ringing = try frank.ring()
            let caller = try await scene.dialFromOutside("5003")
            try await ringing.rings()
            let erin = try await scene.dial("*81102", as: .erin)
            try await erin.answered()
            try await ringing.cancelled()
            let trunk = try await scene.channel(of: "demo-trunk")
            let other = try await eventually("the caller talks with Erin") {
                let peers = try await scene.call(trunk)["talking_to"]?.object ?? [:]
                return peers.values.contains(.string(Demo.Office.Phone.erin.uuid)) ? peers.keys.first : nil
            }
            #expect(try await scene.call(other)["user_uuid"]?.string == Demo.Office.Phone.erin.uuid)
            try await scene.listsWhatAsteriskHas()
            try await erin.hangUp()
            try await scene.becomesSilent()
            _ = try await scene.bus.expect("call_ended") { $0.data?["call_id"]?.string == other }
            for one in [caller, erin] { await one.close() }
            ringing.stop()
            try await scene.leave(frank)
        }
    }

    @Test("a transfer: the registry follows whom the recipient talks with, and is empty afterwards")
    func transferred() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let frank = try await scene.frank()
            let ringing = try frank.answer()
            let id = try await scene.transfer(
                talk.erinsChannel,
                to: "1102",
                by: try await scene.rest(as: .erin)
            )
            try await ringing.answered(within: .seconds(15))
            try await scene.transfer(id, becomes: "answered")
            try await scene.listsWhatAsteriskHas()
            _ = try await scene.rest(as: .erin).put("/users/me/transfers/\(id)/complete")
            try await talk.erinsCall.hungUpByPeer()
            _ = try await eventually("Kim talks with somebody who is not Erin") {
                let call = try await scene.call(talk.kimsChannel)
                return call["talking_to"]?.object?.isEmpty == false ? true : nil
            }
            try await scene.listsWhatAsteriskHas()
            try await talk.kim.hangUp()
            try await scene.becomesSilent()
            _ = try await eventually("no call is left") { try await scene.calls().isEmpty ? true : nil }
            try await talk.close()
            try await scene.leave(frank)
        }
    }

    @Test("an earlier process's calls are listed after a restart, with their times, and end with their events")
    func restart() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let before = try await scene.call(talk.kimsChannel)
            // It tells the answer's time a moment before Asterisk has it.
            _ = try await eventually("Asterisk has the time of the answer") {
                try await scene.ari.variable("WAZO_ANSWER_TIME", of: talk.kimsChannel)?.isEmpty == false ? true : nil
            }
            await scene.tandem.kill()
            try await scene.tandem.start()
            try await scene.becomesReady()
            #expect(try await scene.call(talk.kimsChannel) == before)
            try await talk.kim.hangUp()
            let ended = try await scene.bus.expect("call_ended") { $0.data?["call_id"]?.string == talk.kimsChannel }
            #expect(ended.data?["answer_time"] == before["answer_time"])
            try await scene.becomesSilent()
            try await talk.close()
        }
    }
}
