import Core
import Events
import Foundation
import TandemLab
import Testing

/// Relocates through kills, and servers that go away.
@Suite(
    "Faults while real calls are relocated",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct RelocateFaultTests {
    // A phone that answers before the applications are registered again is hung up by Asterisk, so this one leaves a busy
    // machine the time for a restart.
    @Test("killed while the second phone rings; it answers when Tandem is back: completed after the restart")
    func killedWhileRinging() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let answering = try scene.second.answer(afterRinging: .seconds(3))
            _ = try await scene.begin(["destination": "line", "location": ["line_id": 18]])
            await scene.scene.tandem.kill()
            try await scene.scene.tandem.start()
            try await scene.expects(["initiated", "answered", "completed", "ended"])
            try await answering.answered()
            try await scene.frankIsHungUp()
            #expect(await scene.areTalking(kim))
            try await kim.hangUp()
            try await scene.scene.becomesSilent()
            await kim.close()
        }
    }

    @Test("killed before the user completes; he hangs up meanwhile: the second phone is hung up after the restart")
    func killedAndGone() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let answering = try scene.second.answer()
            _ = try await scene.begin(["destination": "line", "location": ["line_id": 18], "completions": ["api"]])
            try await scene.expects(["initiated", "answered"])
            await scene.scene.tandem.kill()
            try await kim.hangUp()
            try await scene.scene.tandem.start()
            try await answering.hungUpByPeer(within: .seconds(20))
            try await scene.expects(["initiated", "answered", "ended"])
            try await scene.scene.becomesSilent()
            await kim.close()
        }
    }

    @Test("killed before the user completes: he does so after the restart")
    func killedBeforeCompletion() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let answering = try scene.second.answer()
            let relocate = try await scene.begin([
                "destination": "line", "location": ["line_id": 18], "completions": ["api"],
            ])
            try await scene.expects(["initiated", "answered"])
            await scene.scene.tandem.kill()
            try await scene.scene.tandem.start()
            try await scene.scene.becomesReady()
            let reply = try await eventually("completed") {
                let reply = try await scene.rest.put("\(scene.path)/\(relocate)/complete")
                return reply.status == 204 ? reply : nil
            }
            #expect(reply.status == 204)
            try await scene.expects(["initiated", "answered", "completed", "ended"])
            #expect(await scene.areTalking(kim))
            try await kim.hangUp()
            try await answering.hungUpByPeer()
            try await scene.scene.becomesSilent()
            await kim.close()
        }
    }

    @Test("relocated, and back again; a restart of ours in between leaves who talks alone")
    func thereAndBack() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let answering = try scene.second.answer()
            let there = try await scene.begin(["destination": "line", "location": ["line_id": 18]])
            try await answering.answered()
            try await scene.frankIsHungUp()
            try await scene.expects(["initiated", "answered", "completed", "ended"])
            await scene.scene.tandem.kill()
            try await scene.scene.tandem.start()
            try await scene.scene.becomesReady()
            _ = await scene.answering.finished()
            let again = try scene.first.answer()
            let reply = try await scene.rest.post(
                scene.path,
                [
                    "initiator_call": .string("relocate-recipient-\(there)"), "destination": "line",
                    "location": ["line_id": 12],
                ]
            )
            #expect(reply.status == 201, "\(reply.text)")
            try await again.answered()
            try await answering.hungUpByPeer()
            #expect(await kim.audio.hears(600), "Frank is back")
            #expect(await scene.first.audio.hears(Scene.callersTone))
            try await again.hangUp()
            try await kim.hungUpByPeer()
            try await scene.scene.becomesSilent()
            await kim.close()
        }
    }

    @Test("Asterisk dies while the second phone rings: the relocate ends with its event")
    func asteriskDies() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let ringing = try scene.second.ring()
            _ = try await scene.begin(["destination": "line", "location": ["line_id": 18]])
            try await ringing.rings()
            try await scene.scene.servers.kill(.asterisk)
            try await scene.scene.statusBecomes { $0["ari"]?["status"] == "fail" }
            try await scene.scene.servers.start(.asterisk)
            try await scene.expects(["initiated", "ended"])
            #expect(try await scene.storedRelocates() == "0")
            ringing.stop()
            await kim.close()
        }
    }

    @Test("PostgreSQL is away when the second phone answers: completed as soon as it is back; they talk on until then")
    func databaseAway() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let answering = try scene.second.answer(afterRinging: .seconds(2))
            _ = try await scene.begin(["destination": "line", "location": ["line_id": 18]])
            try await answering.rings()
            try await scene.scene.servers.stop(.postgres)
            try await answering.answered()
            #expect(await kim.audio.hears(600), "Frank is still there")
            try await scene.scene.servers.start(.postgres)
            try await scene.expects(["initiated", "answered", "completed", "ended"])
            try await scene.frankIsHungUp()
            #expect(await scene.areTalking(kim))
            try await kim.hangUp()
            try await answering.hungUpByPeer()
            try await scene.scene.becomesSilent()
            await kim.close()
        }
    }

    @Test(
        "killed at any moment of the change: whoever is left talks with somebody, and it ends once",
        arguments: [0, 6, 12, 18, 24, 30, 40]
    )
    func killedInTheMiddle(milliseconds: Int) async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let kim = try await scene.callFrank()
            let answering = try scene.second.answer()
            _ = try await scene.begin(["destination": "line", "location": ["line_id": 18]])
            try await answering.answered()
            // Time is the subject here.
            try await Task.sleep(for: .milliseconds(milliseconds))
            await scene.scene.tandem.kill()
            try await scene.scene.tandem.start()
            try await scene.scene.becomesReady()
            try await scene.scene.bus.expect("relocate_ended", within: .seconds(20))
            _ = try await eventually("nobody is alone") { try await scene.hasNobodyAlone() ? true : nil }
            let events = await scene.heard().filter { $0 != "relocate_completed" }
            #expect(events == ["relocate_initiated", "relocate_answered", "relocate_ended"])
            #expect(try await scene.storedRelocates() == "0")
            try await scene.scene.ari.hangUpAll()
            try await scene.scene.becomesSilent()
            await kim.close()
        }
    }

    @Test("a leg of a relocate that nobody knows is hung up, also when it entered while Tandem was dead")
    func strays() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let ari = scene.scene.ari
            for isDead in [false, true] {
                if isDead { await scene.scene.tandem.pause() }
                let leg = "stray-\(UUID().uuidString)"
                try await ari.originate("Local/401@lab", channel: leg, into: "callcontrol", "relocate,gone,recipient")
                if isDead {
                    _ = try await eventually("the leg is in Stasis") {
                        try await ari.channel(leg)?["dialplan"]?["app_name"] == "Stasis" ? true : nil
                    }
                    await scene.scene.tandem.kill()
                    try await scene.scene.tandem.start()
                }
                try await scene.scene.becomesSilent()
            }
        }
    }
}
