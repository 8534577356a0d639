import Core
import Events
import Foundation
import TandemLab
import TandemTesting
import Testing

/// What clients do with calls (contract 10 §2), with real phones.
@Suite(
    "Calls: actions",
    .serialized,
    .timeLimit(.minutes(10)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct CallActionTests {
    @Test("click to call: the user's phone rings, then the number is dialled, and both are his tenant's calls")
    func originate() async throws {
        try await Scene.inOffice { scene in
            let erin = try await scene.phone(.erin)
            let frank = try await scene.phone(.frank, tone: Scene.recipientsTone)
            let own = try erin.answer()
            let other = try frank.answer()
            let rest = try await scene.rest(as: .erin)
            let answer = try await rest.post(
                "/users/me/calls",
                ["extension": "11 02", "auto_answer_caller": true, "variables": ["CALLERID(name)": "Clicked"]]
            )
            #expect(answer.status == 201, "\(answer.text)")
            let id = answer.body?["call_id"]?.string ?? ""
            #expect(answer.body?["dialed_extension"] == "1102" && answer.body?["is_caller"] == true)
            #expect(answer.body?["user_uuid"]?.string == Demo.Office.Phone.erin.uuid)
            let invite = try await own.expect("INVITE") { $0.isRequest("INVITE", .received) }
            #expect(invite.message.header("Answer-Mode") == "Auto")
            try await other.answered(within: .seconds(15))
            #expect(await scene.areTalking(erin, Scene.operatorsTone, frank, Scene.recipientsTone))
            let franks = try await scene.channel(of: "frank")
            let callee = try await scene.call(franks)
            #expect(callee["peer_caller_id_number"] == "1101")
            try await scene.begins(id, isCaller: true, "internal", dialled: "1102", "Ringing")
            try await scene.begins(franks, isCaller: false, "internal", dialled: "1102", "Ringing")
            let deleted = try await rest.delete("/users/me/calls/\(franks)")
            #expect(deleted.status == 403, "\(deleted.text)")
            #expect(try await rest.delete("/users/me/calls/\(id)").status == 204)
            try await scene.becomesSilent()
            try await scene.story(of: id, becomes: ["created", "updated", "answered", "updated", "ended"])
            #expect(try await rest.delete("/users/me/calls/\(id)").status == 404)
            try await scene.leave(erin, frank)
        }
    }

    @Test("a call from a mobile phone: the carrier's channel is the call, then the number is dialled")
    func fromMobile() async throws {
        try await Scene.inOffice { scene in
            _ = try await scene.database.rows(
                "UPDATE userfeatures SET mobilephonenumber = '0612345678' WHERE id = 11"
            )
            let carrier = try await SIPpPhone.carrier(in: scene.lab)
            let line = try carrier.answer()
            let frank = try await scene.phone(.frank, tone: Scene.recipientsTone)
            let ringing = try frank.answer()
            let rest = try await scene.rest(as: .erin)
            let answer = try await rest.post("/users/me/calls", ["extension": "1102", "from_mobile": true])
            #expect(answer.status == 201, "\(answer.text)")
            let id = answer.body?["call_id"]?.string ?? ""
            let name = try await scene.ari.channel(id)?["name"]?.string ?? ""
            #expect(name.hasPrefix("PJSIP/demo-carrier-"), "\(name)")
            try await line.answered()
            try await ringing.answered(within: .seconds(15))
            #expect(await scene.areTalking(carrier, Scene.operatorsTone, frank, Scene.recipientsTone))
            try await scene.listsWhatAsteriskHas()
            try await ringing.hangUp()
            try await scene.becomesSilent()
            await carrier.close()
            try await scene.leave(frank)
            let missing = try await scene.rest(as: .kim).post(
                "/users/me/calls",
                ["extension": "1102", "from_mobile": true]
            )
            #expect(missing.status == 400 && missing.body?["message"] == "User has no mobile phone number")
        }
    }

    @Test("what cannot be rung or dialled is refused, and leaves no channel")
    func refusals() async throws {
        try await Scene.inOffice { scene in
            let rest = try await scene.rest(as: .erin)
            let offline = try await rest.post("/users/me/calls", ["extension": "1102"])
            #expect(offline.status == 400 && offline.body?["error_id"] == "call-origin-unavailable", "\(offline.text)")
            for exten in ["7999", "1102,1\\", "${SHELL(id)}", "1102&PJSIP/x"] {
                let answer = try await rest.post("/users/me/calls", ["extension": .string(exten)])
                #expect(answer.status == 400, "\(exten): \(answer.text)")
            }
            let hostile = try await rest.post(
                "/users/me/calls",
                ["extension": "1102", "variables": ["SHELL(touch /tmp/tandem-was-here)": "x"]]
            )
            #expect(hostile.body?["error_id"] == "invalid-data")
            #expect(try await scene.ari.channels().isEmpty)
            #expect(try await scene.calls().isEmpty)
        }
    }

    @Test("mute, digits, hold: heard, told and shown")
    func actions() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            #expect(await scene.areTalking(talk.kim, talk.erin))
            let kims = try await scene.rest(as: .kim)
            #expect(try await kims.put("/users/me/calls/\(talk.kimsChannel)/mute/start").status == 204)
            #expect(try await scene.call(talk.kimsChannel)["muted"] == true)
            _ = try await scene.bus.expect("call_updated") { $0.data?["muted"] == true }
            #expect(await !talk.erin.audio.hears(Scene.callersTone))
            #expect(try await scene.ari.variable("WAZO_CALL_MUTED", of: talk.kimsChannel) == "1")
            #expect(try await kims.put("/users/me/calls/\(talk.kimsChannel)/mute/stop").status == 204)
            #expect(await talk.erin.audio.hears(Scene.callersTone))
            #expect(try await scene.call(talk.kimsChannel)["muted"] == false)

            #expect(try await scene.rest.put("/calls/\(talk.erinsChannel)/dtmf?digits=1*%23").status == 204)
            for digit in ["1", "*", "#"] {
                _ = try await scene.bus.expect("call_dtmf_created") { event in
                    event.data?["call_id"]?.string == talk.erinsChannel && event.data?["digit"]?.string == digit
                }
            }
            #expect(try await scene.rest.put("/calls/\(talk.erinsChannel)/hold/start").status == 204)
            let notify = try await talk.erinsCall.expect("NOTIFY") { $0.isRequest("NOTIFY", .received) }
            #expect(notify.message.header("Event") == "hold")
            try await talk.kim.hangUp()
            try await scene.becomesSilent()
            #expect(try await scene.rest.put("/calls/\(talk.kimsChannel)/mute/start").status == 404)
            try await talk.close()
        }
    }

    @Test("a call of an application is connected to a user; who hangs up ends it for both")
    func connect() async throws {
        try await Scene.inOffice { scene in
            let erin = try await scene.phone(.erin)
            let frank = try await scene.phone(.frank, tone: Scene.recipientsTone)
            let erins = try erin.answer()
            try await scene.ari.originate("PJSIP/erin", channel: "in-app", into: "callcontrol", "blue")
            try await erins.answered()
            let path = "/calls/in-app/user/\(Demo.Office.Phone.frank.uuid)"
            _ = try await eventually("the application has the call") {
                let listed = try await scene.calls("?application=callcontrol&application_instance=blue")
                return listed.count == 1 ? true : nil
            }
            let franks = try frank.answer()
            let answer = try await scene.rest.put(path, ["timeout": 10])
            #expect(answer.status == 200, "\(answer.text)")
            let callee = answer.body?["call_id"]?.string ?? ""
            try await franks.answered()
            _ = try await eventually("they are bridged") { try await scene.ari.conversation(of: ["in-app", callee]) }
            #expect(await scene.areTalking(erin, Scene.operatorsTone, frank, Scene.recipientsTone))
            try await scene.listsWhatAsteriskHas()
            try await franks.hangUp()
            try await erins.hungUpByPeer()
            try await scene.becomesSilent()
            // The bridge goes after the last channel.
            _ = try await eventually("their bridge is destroyed") {
                try await scene.ari.bridges().contains { $0["bridge_class"] == "stasis" } ? nil : true
            }
            try await scene.leave(erin, frank)
        }
    }

    @Test("a caller who hangs up while the user is rung stops the ringing; a user who refuses leaves him alone")
    func connectEnds() async throws {
        try await Scene.inOffice { scene in
            let erin = try await scene.phone(.erin)
            let frank = try await scene.phone(.frank)
            let erins = try erin.answer()
            try await scene.ari.originate("PJSIP/erin", channel: "in-app", into: "callcontrol", "blue")
            try await erins.answered()
            let path = "/calls/in-app/user/\(Demo.Office.Phone.frank.uuid)"
            let refusing = try frank.refuse()
            _ = try await eventually("the application has the call") {
                try await scene.rest.put(path).status == 200 ? true : nil
            }
            _ = try await eventually("Frank's call is over") { try await scene.ari.channels().count == 1 ? true : nil }
            #expect(try await scene.ari.channel("in-app") != nil)
            refusing.stop()
            let ringing = try frank.ring()
            #expect(try await scene.rest.put(path, ["timeout": nil]).status == 200)
            try await ringing.rings()
            try await erins.hangUp()
            try await ringing.cancelled()
            try await scene.becomesSilent()
            ringing.stop()
            try await scene.leave(erin, frank)
        }
    }

    @Test("on the platform, a call's story comes from manager events, and a phone is told by phoned")
    func platform() async throws {
        try await Scene.play(.platform) { scene in
            let bob = try await scene.bob()
            let answering = try bob.answer()
            let (caller, call) = try await scene.waitingCaller()
            _ = try await scene.take(call)
            try await answering.answered()
            let bobs = try await scene.channel(of: "bob")
            _ = try await eventually("they talk") { try await scene.ari.conversation(of: [call, bobs]) }
            let listed = try await scene.calls()
            #expect(Set(listed.compactMap { $0["call_id"]?.string }) == [call, bobs])
            #expect(try await scene.call(bobs)["talking_to"]?.object?.keys.first == call)
            let held = try await scene.rest.put("/calls/\(bobs)/hold/start")
            #expect(held.status == 503 && held.body?["error_id"] == "phoned-error", "\(held.text)")
            #expect(try await scene.rest.put("/calls/\(bobs)/mute/start").status == 204)
            _ = try await scene.bus.expect("call_updated") { $0.data?["muted"] == true }
            try await caller.hangUp()
            try await scene.becomesSilent()
            _ = try await scene.bus.expect("call_ended") { $0.data?["call_id"]?.string == bobs }
            let story = await scene.story(of: bobs)
            #expect(story.first == "created" && story.contains("answered") && story.last == "ended", "\(story)")
            await caller.close()
            await bob.close()
        }
    }
}
