import Core
import Events
import Foundation
import TandemLab
import Testing

/// Calls over REST and on the bus (contract 10), with real calls.
@Suite("Calls", .serialized, .timeLimit(.minutes(10)))
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
            #expect(created.data?["dialed_extension"] == "5003")
            #expect(created.data?["direction"] == "inbound")
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
