import Core
import Events
import Foundation
import TandemLab
import Testing

/// The connections between Tandem and Asterisk's ARI break in the middle of things, and somebody hangs up or answers
/// before they are back; RabbitMQ is away during a transfer. What is true in Asterisk becomes true here, and is told.
@Suite(
    "Cut sockets",
    .serialized,
    .timeLimit(.minutes(5)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct CutSocketTests {
    @Test("a queued caller hangs up in the gap; another one's operator answers in it, and they talk after it")
    func switchboard() async throws {
        try await Scene.play { scene in
            let relay = try await scene.putBehindRelay()
            let bob = try await scene.bob()
            let phone = try bob.answer(afterRinging: .seconds(2))
            let (leaving, gone) = try await scene.waitingCaller()
            let (staying, call) = try await scene.waitingCaller()
            let answer = try await scene.take(call)
            #expect(answer.status == 200, "\(answer.text)")
            try await phone.rings()
            await relay.stop()
            try await leaving.hangUp()
            // Stock Asterisk takes nobody into an application whose socket is away: the operator waits in the dialplan.
            try await phone.answered()
            #expect(await bob.audio.hearsSound(), "music")
            try await scene.comesBack(relay)
            let answered = try await scene.bus.expect("switchboard_queued_call_answered")
            #expect(answered.data?["queued_call_id"]?.string == call && gone != call)
            #expect(await scene.areTalking(staying, bob))
            #expect(try await scene.queued() == [], "only who is there is known")
            try await staying.hangUp()
            try await phone.hungUpByPeer()
            try await scene.becomesSilent()
            phone.stop()
            for caller in [leaving, staying] { await caller.close() }
            await bob.close()
        }
    }

    @Test("a transfer's initiator hangs up in the gap while he talks with the recipient: completed")
    func transfer() async throws {
        try await Scene.inOffice { scene in
            let relay = try await scene.putBehindRelay()
            let talk = try await scene.officeTalk()
            let frank = try await scene.frank()
            let ringing = try frank.answer()
            let id = try await scene.transfer(talk.erinsChannel, to: "1102", by: try await scene.rest(as: .erin))
            try await scene.transfer(id, becomes: "answered")
            await relay.stop()
            try await talk.erinsCall.hangUp()
            try await scene.comesBack(relay)
            try await scene.told(
                id,
                ["created starting", "updated starting", "answered answered", "completed answered", "ended ended"]
            )
            #expect(await scene.areTalking(talk.kim, recipient: frank))
            try await talk.kim.hangUp()
            try await ringing.hungUpByPeer()
            try await scene.becomesSilent()
            ringing.stop()
            try await talk.close()
            try await scene.leave(frank)
        }
    }

    @Test("the second phone of a relocate answers in the gap: it waits with music, and has the call after it")
    func relocate() async throws {
        try await RelocateScene.play(line: .leo) { scene in
            let relay = try await scene.scene.putBehindRelay()
            let kim = try await scene.callFrank()
            let answering = try scene.second.answer(afterRinging: .seconds(2))
            _ = try await scene.begin(["destination": "line", "location": ["line_id": 18]])
            try await answering.rings()
            await relay.stop()
            try await answering.answered()
            #expect(await scene.second.audio.hearsSound(), "music")
            try await scene.scene.comesBack(relay)
            try await scene.expects(["initiated", "answered", "completed", "ended"])
            try await scene.frankIsHungUp()
            #expect(await scene.areTalking(kim))
            try await kim.hangUp()
            try await answering.hungUpByPeer()
            try await scene.scene.becomesSilent()
            answering.stop()
            await kim.close()
        }
    }

    @Test("a participant leaves a conference in the gap, and its host in the next one")
    func conference() async throws {
        try await Scene.inOffice { scene in
            let first = try await scene.putBehindRelay()
            let calls = try await HostWithTwoCalls(in: scene)
            let id = try await calls.merge(host: calls.out, [calls.kim])
            try await scene.conference(id, has: [calls.out, calls.frank, calls.kim])
            await first.stop()
            try await calls.kimsCall.hangUp()
            let second = try await scene.comesBack(first)
            _ = try await eventually("Kim's leaving is told") {
                await scene.heard("conference_adhoc_participant_left", by: .erin).count == 1 ? true : nil
            }
            await second.stop()
            try await calls.dialling.hangUp()
            try await scene.comesBack(second)
            try await scene.conferenceIsOver(id)
            try await scene.becomesSilent()
            await calls.close()
        }
    }

    @Test("an application in the gap, when nobody serves it: the caller is told, not left in silence")
    func application() async throws {
        try await Scene.inOffice { scene in
            let relay = try await scene.putBehindRelay()
            await relay.stop()
            try await scene.statusBecomes { $0["ari"]?["status"] == "fail" }
            let caller = try await scene.dialFromOutside("5007")
            try await caller.answered()
            #expect(await caller.audio.hearsSound())
            try await caller.hungUpByPeer(within: .seconds(20))
            await caller.close()
        }
    }

    @Test("RabbitMQ is away during a whole transfer: it goes its way, and is told in order afterwards")
    func brokerAway() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let frank = try await scene.frank()
            let ringing = try frank.answer()
            let witness = await BusWitness.listen(scene.lab, durably: true)
            try await scene.servers.stop(.rabbitmq)
            let id = try await scene.transfer(talk.erinsChannel, to: "1102", by: try await scene.rest(as: .erin))
            try await scene.transfer(id, becomes: "answered")
            try await talk.erinsCall.hangUp()
            #expect(await scene.areTalking(talk.kim, recipient: frank))
            try await scene.servers.start(.rabbitmq)
            try await witness.expect("transfer_ended", within: .seconds(40)) { $0.data?["id"]?.string == id }
            var bodies: Set<JSONValue> = []
            let names = await witness.deliveries.entries.filter { event in
                event.name?.hasPrefix("transfer_") == true && event.data?["id"]?.string == id
                    && bodies.insert(event.body).inserted
            }.compactMap(\.name)
            #expect(
                names == [
                    "transfer_created", "transfer_updated", "transfer_answered", "transfer_completed", "transfer_ended",
                ]
            )
            try await talk.kim.hangUp()
            try await scene.becomesSilent()
            ringing.stop()
            await witness.close()
            try await talk.close()
            try await scene.leave(frank)
        }
    }
}

extension Scene {
    /// Starts Tandem anew with a relay between it and ARI.
    fileprivate func putBehindRelay() async throws -> TCPRelay {
        await tandem.terminate()
        let relay = try await TCPRelay.start(to: lab.httpPort)
        await tandem.set(
            "ari",
            [
                "connection": [
                    "base_url": .string("http://127.0.0.1:\(relay.port)"), "username": "tandem", "password": "tandem",
                ]
            ]
        )
        try await tandem.start()
        try await becomesReady()
        return relay
    }

    /// The relay listens again, at the same port.
    @discardableResult
    fileprivate func comesBack(_ relay: TCPRelay) async throws -> TCPRelay {
        try await statusBecomes { $0["ari"]?["status"] == "fail" }
        let next = try await TCPRelay.start(to: lab.httpPort, at: relay.port)
        try await statusBecomes { $0["ari"]?["status"] == "ok" }
        return next
    }
}
