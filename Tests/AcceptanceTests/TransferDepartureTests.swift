import Core
import Foundation
import TandemLab
import Testing

/// Real transfers in which somebody hangs up, or Tandem dies, in the middle.
@Suite(
    "Real transfers that are cut short",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct TransferDepartureTests {
    /// A transfer of Kim to Frank, by Erin.
    private func transfer(
        answered: Bool,
        _ body: @escaping @Sendable (Scene, Scene.OfficeTalk, SIPpPhone, SIPpRun, String) async throws -> Void
    ) async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let frank = try await scene.frank()
            let ringing = try answered ? frank.answer() : frank.answer(afterRinging: .seconds(3))
            let id = try await scene.transfer(talk.erinsChannel, to: "1102", by: try await scene.rest(as: .erin))
            try await ringing.rings()
            try await scene.transfer(id, becomes: answered ? "answered" : "ringback")
            try await body(scene, talk, frank, ringing, id)
            try await scene.becomesSilent()
            ringing.stop()
            try await talk.close()
            try await scene.leave(frank)
        }
    }

    @Test("Erin hangs up while it rings: Kim hears ringing, then Frank")
    func initiatorWhileRinging() async throws {
        try await transfer(answered: false) { scene, talk, frank, ringing, id in
            try await talk.erinsCall.hangUp()
            try await scene.transfer(id, becomes: "blind_transferred")
            try await ringing.answered(within: .seconds(15))
            #expect(await scene.areTalking(talk.kim, recipient: frank))
            try await scene.told(
                id,
                [
                    "created starting", "updated starting", "completed ringback", "answered blind_transferred",
                    "ended ended",
                ]
            )
            try await talk.kim.hangUp()
            try await ringing.hungUpByPeer()
        }
    }

    @Test("Erin hangs up while she talks with Frank: Kim and Frank talk")
    func initiatorWhileTalking() async throws {
        try await transfer(answered: true) { scene, talk, frank, ringing, id in
            try await talk.erinsCall.hangUp()
            #expect(await scene.areTalking(talk.kim, recipient: frank))
            try await scene.told(
                id,
                ["created starting", "updated starting", "answered answered", "completed answered", "ended ended"]
            )
            try await ringing.hangUp()
            try await talk.kim.hungUpByPeer()
        }
    }

    @Test("Kim hangs up while it rings: abandoned, Erin and Frank talk, the end comes with Erin's hang-up")
    func transferredWhileRinging() async throws {
        try await transfer(answered: false) { scene, talk, frank, ringing, id in
            try await talk.kim.hangUp()
            try await scene.transfer(id, becomes: "abandoned")
            let refused = try await scene.rest.put("/transfers/\(id)/complete")
            #expect(refused.status == 400)
            #expect(refused.body?["error_id"] == "transfer-completion-error", "\(refused.text)")
            try await ringing.answered(within: .seconds(15))
            #expect(await scene.areTalking(talk.erin, Scene.operatorsTone, frank, Scene.recipientsTone))
            try await talk.erinsCall.hangUp()
            try await ringing.hungUpByPeer()
            try await scene.told(id, ["created starting", "updated starting", "abandoned ringback", "ended ended"])
        }
    }

    @Test("Kim hangs up while the others talk: they talk on")
    func transferredWhileTalking() async throws {
        try await transfer(answered: true) { scene, talk, frank, ringing, id in
            try await talk.kim.hangUp()
            try await scene.transfer(id, becomes: "abandoned")
            #expect(await scene.areTalking(talk.erin, Scene.operatorsTone, frank, Scene.recipientsTone))
            try await ringing.hangUp()
            try await talk.erinsCall.hungUpByPeer()
            try await scene.told(
                id,
                [
                    "created starting", "updated starting", "answered answered", "abandoned answered", "ended ended",
                ]
            )
        }
    }

    @Test("Frank hangs up while he talks with Erin: Kim and Erin talk again")
    func recipientWhileTalking() async throws {
        try await transfer(answered: true) { scene, talk, _, ringing, id in
            try await ringing.hangUp()
            #expect(await scene.areTalking(talk.kim, talk.erin))
            try await scene.told(
                id,
                [
                    "created starting", "updated starting", "answered answered", "cancelled answered", "ended ended",
                ]
            )
            try await talk.kim.hangUp()
            try await talk.erinsCall.hungUpByPeer()
        }
    }

    @Test("Tandem is killed while it rings: after the restart Frank answers, talks with Erin, and gets Kim")
    func killedWhileRinging() async throws {
        try await transfer(answered: false) { scene, talk, frank, ringing, id in
            await scene.tandem.kill()
            try await scene.tandem.start()
            try await scene.transfer(id, becomes: "answered")
            #expect(await scene.areTalking(talk.erin, Scene.operatorsTone, frank, Scene.recipientsTone))
            #expect(try await scene.rest.put("/transfers/\(id)/complete").status == 204)
            try await talk.erinsCall.hungUpByPeer()
            #expect(await scene.areTalking(talk.kim, recipient: frank))
            try await talk.kim.hangUp()
            try await ringing.hungUpByPeer()
        }
    }

    @Test("Frank answers while Tandem is dead: he hears music; after the restart he talks with Erin, and gets Kim")
    func answeredWhileDead() async throws {
        try await transfer(answered: false) { scene, talk, frank, ringing, id in
            await scene.tandem.kill()
            try await ringing.answered()
            #expect(await frank.audio.hearsSound(), "the dialplan keeps him with music")
            try await scene.tandem.start()
            try await scene.transfer(id, becomes: "answered")
            #expect(await scene.areTalking(talk.erin, Scene.operatorsTone, frank, Scene.recipientsTone))
            #expect(try await scene.rest.put("/transfers/\(id)/complete").status == 204)
            try await talk.erinsCall.hungUpByPeer()
            #expect(await scene.areTalking(talk.kim, recipient: frank))
            try await scene.told(
                id,
                ["created starting", "updated starting", "answered answered", "completed answered", "ended ended"]
            )
            try await talk.kim.hangUp()
            try await ringing.hungUpByPeer()
        }
    }

    @Test("Frank answers while Tandem is dead, and hangs up before it is back: Kim and Erin talk again")
    func answeredAndLeftWhileDead() async throws {
        try await transfer(answered: false) { scene, talk, frank, ringing, id in
            await scene.tandem.kill()
            try await ringing.answered()
            try await ringing.hangUp()
            try await scene.tandem.start()
            try await scene.becomesReady()
            try await scene.told(id, ["created starting", "updated starting", "cancelled ringback", "ended ended"])
            #expect(await scene.areTalking(talk.kim, talk.erin))
            try await talk.kim.hangUp()
            try await talk.erinsCall.hungUpByPeer()
        }
    }

    @Test("in the platform the application stays: Carol, who answers while Tandem is dead, talks with Bob afterwards")
    func answeredWhileDeadInPlatform() async throws {
        try await Scene.play(.platform) { scene in
            let talk = try await scene.switchboardTalk()
            let carol = try await scene.carol()
            let ringing = try carol.answer(afterRinging: .seconds(2))
            let id = try await scene.transfer(talk.bobsChannel, to: "1003", by: scene.rest)
            try await ringing.rings()
            await scene.tandem.kill()
            try await ringing.answered()
            try await scene.tandem.start()
            try await scene.transfer(id, becomes: "answered")
            #expect(await scene.areTalking(talk.bob, Scene.operatorsTone, carol, Scene.recipientsTone))
            try await talk.bobsCall.hangUp()
            #expect(await scene.areTalking(talk.caller, recipient: carol))
            try await talk.caller.hangUp()
            try await ringing.hungUpByPeer()
            try await scene.becomesSilent()
            await talk.close()
            try await scene.leave(carol)
        }
    }

    @Test("Tandem is killed while they talk, and Erin hangs up meanwhile: after the restart Kim and Frank talk")
    func killedWhileTalking() async throws {
        try await transfer(answered: true) { scene, talk, frank, ringing, id in
            await scene.tandem.kill()
            try await talk.erinsCall.hangUp()
            try await scene.tandem.start()
            try await scene.becomesReady()
            #expect(await scene.areTalking(talk.kim, recipient: frank))
            try await scene.told(
                id,
                ["created starting", "updated starting", "answered answered", "completed answered", "ended ended"]
            )
            try await talk.kim.hangUp()
            try await ringing.hungUpByPeer()
        }
    }

    @Test("Tandem is killed, and everybody hangs up meanwhile: the transfer ends, told once")
    func everybodyMeanwhile() async throws {
        try await transfer(answered: true) { scene, talk, _, ringing, id in
            await scene.tandem.kill()
            try await talk.kim.hangUp()
            try await talk.erinsCall.hangUp()
            try await ringing.hangUp()
            try await scene.tandem.start()
            try await scene.becomesReady()
            try await scene.told(
                id,
                [
                    "created starting", "updated starting", "answered answered", "abandoned answered", "ended ended",
                ]
            )
            try await scene.noCallIsStored()
        }
    }
}
