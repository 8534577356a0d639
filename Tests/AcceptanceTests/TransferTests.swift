import Core
import Foundation
import TandemLab
import Testing

/// Real calls that are transferred over REST: from the dialplan and from Stasis.
@Suite(
    "Real transfers",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct TransferTests {
    @Test("attended, by the callee of a dialplan call: talks with Frank, completes, Kim and Frank talk")
    func attended() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let frank = try await scene.frank()
            let ringing = try frank.answer(afterRinging: .seconds(1))
            let erin = try await scene.rest(as: .erin)
            let id = try await scene.transfer(talk.erinsChannel, to: "1102", by: erin)
            try await scene.transfer(id, becomes: "ringback")
            #expect(await talk.kim.audio.hearsSound(), "music on hold")
            let invite = try await ringing.expect("INVITE") { $0.isRequest("INVITE", .received) }
            #expect(invite.message.header("From")?.contains("1101") == true, "\(invite.message.header("From") ?? "")")
            let answered = try await scene.transfer(id, becomes: "answered")
            #expect(await scene.areTalking(talk.erin, Scene.operatorsTone, frank, Scene.recipientsTone))
            #expect(await talk.kim.audio.hears(Scene.operatorsTone) == false, "Kim is on hold")
            let reply = try await erin.put("/users/me/transfers/\(id)/complete")
            #expect(reply.status == 204, "\(reply.text)")
            try await talk.erinsCall.hungUpByPeer()
            #expect(await scene.areTalking(talk.kim, recipient: frank))
            try await scene.told(
                id,
                ["created starting", "updated starting", "answered answered", "completed answered", "ended ended"]
            )
            let recipient = try #require(answered["recipient_call"]?.string)
            for channel in [talk.kimsChannel, recipient] {
                let role = try await scene.ari.variable("XIVO_TRANSFER_ROLE", of: channel) ?? ""
                #expect(role == "", "\(channel)")
            }
            #expect(try await scene.rest.get("/transfers/\(id)").status == 404)
            try await scene.noCallIsStored()
            try await talk.kim.hangUp()
            try await ringing.hungUpByPeer()
            try await scene.becomesSilent()
            try await talk.close()
            try await scene.leave(frank)
        }
    }

    @Test("cancelled by the caller of a dialplan call while Frank's phone rings: Kim and Erin talk again")
    func cancelled() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let frank = try await scene.frank()
            let ringing = try frank.ring()
            let kim = try await scene.rest(as: .kim)
            let id = try await scene.transfer(talk.kimsChannel, to: "1102", by: kim)
            try await ringing.rings()
            #expect(await talk.kim.audio.hearsSound(), "ringing")
            let reply = try await kim.delete("/users/me/transfers/\(id)")
            #expect(reply.status == 204, "\(reply.text)")
            try await ringing.cancelled()
            #expect(await scene.areTalking(talk.kim, talk.erin))
            try await scene.told(id, ["created starting", "updated starting", "cancelled ringback", "ended ended"])
            for channel in [talk.kimsChannel, talk.erinsChannel] {
                let transfer = try await scene.ari.variable("XIVO_TRANSFER_ID", of: channel) ?? ""
                #expect(transfer == "", "\(channel)")
            }
            try await talk.kim.hangUp()
            try await talk.erinsCall.hungUpByPeer()
            try await scene.becomesSilent()
            ringing.stop()
            try await talk.close()
            try await scene.leave(frank)
        }
    }

    @Test("blind, of a dialplan call: Erin is hung up at once, Kim hears ringing, then Frank")
    func blind() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let frank = try await scene.frank()
            let ringing = try frank.answer(afterRinging: .seconds(3))
            let erin = try await scene.rest(as: .erin)
            let id = try await scene.transfer(talk.erinsChannel, to: "1102", flow: "blind", by: erin)
            try await scene.transfer(id, becomes: "blind_transferred")
            try await talk.erinsCall.hungUpByPeer()
            try await ringing.answered()
            #expect(await scene.areTalking(talk.kim, recipient: frank))
            try await scene.told(
                id,
                [
                    "created starting", "updated starting", "completed ringback", "answered blind_transferred",
                    "ended ended",
                ]
            )
            try await ringing.hangUp()
            try await talk.kim.hungUpByPeer()
            try await scene.becomesSilent()
            try await talk.close()
            try await scene.leave(frank)
        }
    }

    @Test(
        "attended, of a switchboard's call, which is in Stasis: updated comes before created",
        arguments: Way.allCases
    )
    func fromStasis(way: Way) async throws {
        try await Scene.play(way) { scene in
            let talk = try await scene.switchboardTalk()
            let carol = try await scene.carol()
            let ringing = try carol.answer()
            let id = try await scene.transfer(talk.bobsChannel, to: "1003", by: scene.rest)
            try await scene.transfer(id, becomes: "answered")
            #expect(await scene.areTalking(talk.bob, Scene.operatorsTone, carol, Scene.recipientsTone))
            #expect(try await scene.rest.put("/transfers/\(id)/complete").status == 204)
            try await talk.bobsCall.hungUpByPeer()
            #expect(await scene.areTalking(talk.caller, recipient: carol))
            try await scene.told(
                id,
                ["updated ready", "created ringback", "answered answered", "completed answered", "ended ended"]
            )
            try await talk.caller.hangUp()
            try await ringing.hungUpByPeer()
            try await scene.becomesSilent()
            await talk.close()
            try await scene.leave(carol)
        }
    }

    @Test("in the platform, through wazo-amid: a dialplan call between Alice and Bob, who transfers her to Carol")
    func platform() async throws {
        try await Scene.play(.platform) { scene in
            let bob = try await scene.bob()
            let answering = try bob.answer()
            let carol = try await scene.carol()
            let ringing = try carol.answer()
            let alice = try await SIPpCaller(dialling: "1002", as: "alice", tone: Scene.callersTone, in: scene.lab)
            try await alice.answered()
            try await answering.answered()
            let bobs = try await scene.channel(of: "bob")
            let id = try await scene.transfer(bobs, to: "1003", by: scene.rest)
            try await scene.transfer(id, becomes: "answered")
            #expect(await scene.areTalking(bob, Scene.operatorsTone, carol, Scene.recipientsTone))
            #expect(try await scene.rest.put("/users/me/transfers/\(id)/complete").status == 204)
            try await answering.hungUpByPeer()
            #expect(await scene.areTalking(alice, recipient: carol))
            try await scene.told(
                id,
                ["created starting", "updated starting", "answered answered", "completed answered", "ended ended"]
            )
            try await alice.hangUp()
            try await ringing.hungUpByPeer()
            try await scene.becomesSilent()
            await alice.close()
            await bob.close()
            try await scene.leave(carol)
        }
    }

    @Test("Frank does not answer in time: Kim and Erin talk again")
    func notAnswered() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let frank = try await scene.frank()
            let ringing = try frank.ring()
            let erin = try await scene.rest(as: .erin)
            let id = try await scene.transfer(talk.erinsChannel, to: "1102", timeout: 2, by: erin)
            try await ringing.cancelled()
            #expect(await scene.areTalking(talk.kim, talk.erin))
            try await scene.told(id, ["created starting", "updated starting", "cancelled ringback", "ended ended"])
            try await talk.kim.hangUp()
            try await scene.becomesSilent()
            ringing.stop()
            try await talk.close()
            try await scene.leave(frank)
        }
    }

    @Test("blind, from Stasis, and Frank does not answer in time: the caller is hung up")
    func blindNotAnswered() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.switchboardTalk()
            let frank = try await scene.frank()
            let ringing = try frank.ring()
            let id = try await scene.transfer(talk.bobsChannel, to: "1102", flow: "blind", timeout: 3, by: scene.rest)
            try await talk.bobsCall.hungUpByPeer()
            try await ringing.cancelled()
            try await talk.caller.hungUpByPeer()
            try await scene.told(
                id,
                [
                    "updated ready", "created ringback", "completed ringback", "cancelled blind_transferred",
                    "ended ended",
                ]
            )
            try await scene.becomesSilent()
            ringing.stop()
            await talk.close()
            try await scene.leave(frank)
        }
    }

    @Test("another tenant does not see the transfer, and cannot begin one with these channels")
    func tenants() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let frank = try await scene.frank()
            let ringing = try frank.ring()
            let id = try await scene.transfer(talk.erinsChannel, to: "1102", by: try await scene.rest(as: .erin))
            try await ringing.rings()
            let token = try await scene.tandem.createToken(tenant: Demo.otherTenant, acl: ["calld.#"])
            let foreign = scene.tandem.rest.with(token: token)
            #expect(try await foreign.get("/transfers/\(id)").status == 404)
            #expect(try await foreign.delete("/transfers/\(id)").status == 404)
            let order: JSONValue = [
                "transferred_call": .string(talk.kimsChannel), "initiator_call": .string(talk.erinsChannel),
                "context": "default", "exten": "1102",
            ]
            let refused = try await foreign.post("/transfers", order)
            #expect(refused.status == 400)
            #expect(refused.body?["details"]?["message"] == "channel not found", "\(refused.text)")
            let again = try await scene.rest.post("/transfers", order)
            #expect(again.status == 409, "\(again.text)")
            let nowhere = try await scene.rest.post(
                "/transfers",
                .object((order.object ?? [:]).merging(["context": "nowhere"]) { $1 })
            )
            #expect(nowhere.body?["error_id"] == "invalid-extension", "\(nowhere.text)")
            try await talk.kim.hangUp()
            try await talk.erinsCall.hangUp()
            try await scene.becomesSilent()
            ringing.stop()
            try await talk.close()
            try await scene.leave(frank)
        }
    }
}
