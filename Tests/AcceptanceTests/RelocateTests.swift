import Core
import Events
import Foundation
import TandemLab
import Testing

/// Real calls that a user takes to another of his phones.
@Suite(
    "Real calls relocated",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct RelocateTests {
    @Test(
        "a call to Frank, in the dialplan's hands: his second phone answers, and he talks there",
        arguments: Way.allCases
    )
    func called(way: Way) async throws {
        try await RelocateScene.play(way, line: .leo) { scene in
            let kim = try await scene.callFrank()
            let answering = try scene.second.answer()
            let relocate = try await scene.begin(["destination": "line", "location": ["line_id": 18]])
            try await answering.answered()
            try await scene.expects(["initiated", "answered", "completed", "ended"])
            try await scene.frankIsHungUp()
            #expect(await scene.areTalking(kim))
            #expect(try await scene.rest.get("\(scene.path)/\(relocate)").status == 404)
            #expect(try await scene.storedRelocates() == "0")
            try await kim.hangUp()
            try await answering.hungUpByPeer()
            try await scene.scene.becomesSilent()
            await kim.close()
        }
    }

    @Test("a call that Frank began: his second phone answers, he completes by request")
    func calling() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.scene.phone(.kim, tone: Scene.callersTone)
            let kimAnswers = try kim.answer()
            let frank = try await SIPpCaller(dialling: "1107", as: "frank", tone: 600, in: scene.scene.lab)
            try await frank.answered()
            try await kimAnswers.answered()
            let answering = try scene.second.answer()
            let relocate = try await scene.begin([
                "destination": "line", "location": ["line_id": 18], "completions": ["api"], "auto_answer": true,
            ])
            try await answering.answered()
            let invite = try await answering.expect("INVITE") { $0.isRequest("INVITE", .received) }
            #expect(invite.message.header("Answer-Mode") == "Auto")
            try await scene.expects(["initiated", "answered"])
            #expect(await kim.audio.hears(600), "they talk on")
            let done = try await scene.rest.put("\(scene.path)/\(relocate)/complete")
            #expect(done.status == 204, "\(done.text)")
            try await scene.expects(["initiated", "answered", "completed", "ended"])
            try await frank.hungUpByPeer()
            async let kimHears = kim.audio.hears(Scene.operatorsTone)
            async let secondHears = scene.second.audio.hears(Scene.callersTone)
            #expect(await kimHears)
            #expect(await secondHears)
            try await answering.hangUp()
            try await kimAnswers.hungUpByPeer()
            try await scene.scene.becomesSilent()
            await frank.close()
            try await scene.scene.leave(kim)
        }
    }

    @Test("a call in Stasis, from a switchboard: nobody is redirected")
    func inStasis() async throws {
        try await RelocateScene.play(line: .leo, owner: 2) { scene in
            let bob = try await scene.scene.bob()
            let phone = try bob.answer()
            let (caller, call) = try await scene.scene.waitingCaller()
            let taken = try await scene.scene.take(call)
            let leg = try #require(taken.body?["call_id"]?.string)
            try await phone.answered()
            _ = try await eventually("a conversation") { try await scene.scene.ari.conversation(of: [call, leg]) }
            let answering = try scene.second.answer()
            let reply = try await scene.scene.rest.post(
                scene.path,
                ["initiator_call": .string(leg), "destination": "line", "location": ["line_id": 18]]
            )
            #expect(reply.status == 201, "\(reply.text)")
            #expect(reply.body?["relocated_call"]?.string == call)
            let recipient = try #require(reply.body?["recipient_call"]?.string)
            try await answering.answered()
            try await phone.hungUpByPeer()
            try await scene.expects(["initiated", "answered", "completed", "ended"])
            #expect(try await scene.scene.ari.conversation(of: [call, recipient]) != nil)
            #expect(await scene.areTalking(caller))
            try await caller.hangUp()
            try await answering.hungUpByPeer()
            try await scene.scene.becomesSilent()
            await caller.close()
            await bob.close()
        }
    }

    @Test("to his mobile, through the dialplan of his main line; and on from there to a phone")
    func mobile() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            _ = try await scene.scene.database.rows("UPDATE userfeatures SET mobilephonenumber = '1109' WHERE id = 12")
            let mia = try await scene.scene.phone(.mia, tone: 700)
            let mobile = try mia.answer()
            let kim = try await scene.callFrank()
            let relocate = try await scene.begin(["destination": "mobile"])
            try await mobile.answered(within: .seconds(15))
            try await scene.expects(["initiated", "answered", "completed", "ended"])
            try await scene.frankIsHungUp()
            #expect(await kim.audio.hears(700))
            #expect(await mia.audio.hears(Scene.callersTone))
            // The leg to the mobile counts as Frank's: he takes the call on to a phone.
            let answering = try scene.second.answer()
            let reply = try await scene.rest.post(
                scene.path,
                [
                    "initiator_call": .string("relocate-recipient-\(relocate)"), "destination": "line",
                    "location": ["line_id": 18],
                ]
            )
            #expect(reply.status == 201, "\(reply.text)")
            try await answering.answered()
            try await mobile.hungUpByPeer()
            #expect(await scene.areTalking(kim))
            try await kim.hangUp()
            try await answering.hungUpByPeer()
            try await scene.scene.becomesSilent()
            await kim.close()
            try await scene.scene.leave(mia)
        }
    }

    @Test("cancelled while the second phone rings: it stops, and the call goes on")
    func cancelled() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let ringing = try scene.second.ring()
            let nobody = try await scene.request(["destination": "line", "location": ["line_id": 18, "contact": "le"]])
            #expect(nobody.status == 400, "a part of a contact is none: \(nobody.text)")
            // The device that has registered as leo@….
            let relocate = try await scene.begin([
                "destination": "line", "location": ["line_id": 18, "contact": "leo"],
            ])
            try await ringing.rings()
            let tooEarly = try await scene.rest.put("\(scene.path)/\(relocate)/complete")
            #expect(tooEarly.status == 400, "\(tooEarly.text)")
            let reply = try await scene.rest.put("\(scene.path)/\(relocate)/cancel")
            #expect(reply.status == 204, "\(reply.text)")
            try await ringing.cancelled()
            try await scene.expects(["initiated", "ended"])
            #expect(await kim.audio.hears(600), "Frank is still there")
            await kim.close()
        }
    }

    @Test("Kim hangs up while the second phone rings: it stops; one end", arguments: [true, false])
    func hangsUp(isKim: Bool) async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let ringing = try scene.second.ring()
            _ = try await scene.begin(["destination": "line", "location": ["line_id": 18]])
            try await ringing.rings()
            if isKim { try await kim.hangUp() } else { try await scene.frankHangsUp() }
            try await ringing.cancelled()
            try await scene.expects(["initiated", "ended"])
            try await scene.scene.becomesSilent()
            await kim.close()
        }
    }

    @Test("the second phone is busy, or not registered: the call goes on, and the next attempt is free")
    func notReached() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let busy = try scene.second.refuse()
            _ = try await scene.begin(["destination": "line", "location": ["line_id": 18]])
            try await busy.rings()
            try await scene.expects(["initiated", "ended"])
            try await scene.second.unregister()
            let reply = try await scene.request(["destination": "line", "location": ["line_id": 18]])
            #expect(reply.status == 400, "\(reply.text)")
            #expect(reply.body?["error_id"] == "relocate-creation-error")
            try await scene.expects(["initiated", "ended", "ended"])
            #expect(await kim.audio.hears(600), "Frank is still there")
            await kim.close()
        }
    }

    @Test("nobody answers within the timeout: the second phone stops, the call goes on")
    func notAnswered() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let ringing = try scene.second.ring()
            _ = try await scene.begin(["destination": "line", "location": ["line_id": 18], "timeout": 2])
            try await ringing.cancelled()
            try await scene.expects(["initiated", "ended"])
            #expect(await kim.audio.hears(600), "Frank is still there")
            await kim.close()
        }
    }
}
