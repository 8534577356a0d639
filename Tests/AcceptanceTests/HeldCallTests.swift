import Bus
import Core
import Events
import Foundation
import TandemLab
import Testing

/// Real SIP calls that an operator puts on hold in the waiting room of a switchboard (contract 20 §5.4, §5.5).
@Suite(
    "Real calls on hold",
    .serialized,
    .timeLimit(.minutes(3)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct HeldCallTests {
    private static let held = "/switchboards/\(Demo.switchboardA)/calls/held"

    /// Ids of the waiting room's listed calls.
    private func held(_ scene: Scene) async throws -> [String] {
        let answer = try await scene.rest.get(Self.held)
        #expect(answer.status == 200, "\(answer.text)")
        return answer.body?["items"]?.array?.compactMap { $0["id"]?.string } ?? []
    }

    /// Published lists of the waiting room, the empty ones of the start included.
    private func published(_ scene: Scene) async -> [[String]] {
        await scene.bus.events("switchboard_held_calls_updated")
            .filter { $0.headers["switchboard_uuid"]?.string == Demo.switchboardA }
            .map { event in event.data?["items"]?.array?.compactMap { $0["id"]?.string } ?? [] }
    }

    private func publishedEnd(_ scene: Scene, with expected: [[String]]) async throws {
        _ = try await eventually("held lists \(expected)") {
            await published(scene).suffix(expected.count) == expected[...] ? true : nil
        }
    }

    /// Bob talks with a caller of the queue.
    private func talking(_ scene: Scene, _ phone: SIPpRun) async throws -> (caller: SIPpCaller, call: String) {
        let (caller, call) = try await scene.waitingCaller()
        let reply = try await scene.take(call)
        #expect(reply.status == 200, "\(reply.text)")
        try await phone.answered()
        try await scene.bus.expect("switchboard_queued_call_answered")
        return (caller, call)
    }

    @Test("held: the operator is hung up, the caller hears music; taken again: both hear each other")
    func holdAndAnswer() async throws {
        try await Scene.play { scene in
            let bob = try await scene.bob()
            let first = try bob.answer()
            let (caller, call) = try await talking(scene, first)
            let hold = try await scene.rest.put("\(Self.held)/\(call)")
            #expect(hold.status == 204, "\(hold.text)")
            try await first.hungUpByPeer()
            #expect(try await held(scene) == [call])
            #expect(await caller.audio.hearsSound(), "music in the waiting room")
            try await publishedEnd(scene, with: [[], [call]])
            #expect(try await scene.rest.put("\(Self.held)/\(call)").status == 404, "held already")
            try await scene.noConversationIsLeft()

            let second = try bob.answer()
            let answer = try await scene.rest.put("\(Self.held)/\(call)/answer")
            #expect(answer.status == 200, "\(answer.text)")
            let leg = try #require(answer.body?["call_id"]?.string)
            try await second.answered()
            try await scene.bus.expect("switchboard_held_call_answered") { event in
                event.data?["held_call_id"]?.string == call && event.data?["operator_call_id"]?.string == leg
            }
            try await publishedEnd(scene, with: [[call], []])
            #expect(await bob.audio.hears(Scene.callersTone))
            #expect(await caller.audio.hears(Scene.operatorsTone))
            try await caller.hangUp()
            try await second.hungUpByPeer()
            try await scene.becomesSilent()
            try await scene.noCallIsStored()
            await caller.close()
            await bob.close()
        }
    }

    @Test("Tandem is killed while a caller is held: he is listed and answerable after the restart, or gone")
    func killed() async throws {
        try await Scene.play { scene in
            let bob = try await scene.bob()
            let (caller, call) = try await talking(scene, try bob.answer())
            let (other, otherCall) = try await scene.waitingCaller()
            #expect(try await scene.rest.put("\(Self.held)/\(call)").status == 204)
            #expect(try await scene.rest.put("\(Self.held)/\(otherCall)").status == 204, "from the queue")
            #expect(try await scene.queued() == [])
            await scene.tandem.kill()
            try await other.hangUp()
            try await scene.tandem.start()
            try await scene.becomesReady()
            _ = try await eventually("he is listed again") { try await held(scene) == [call] ? true : nil }
            let phone = try bob.answer()
            #expect(try await scene.rest.put("\(Self.held)/\(call)/answer").status == 200)
            try await phone.answered()
            #expect(await caller.audio.hears(Scene.operatorsTone))
            try await caller.hangUp()
            await caller.close()
            await other.close()
            await bob.close()
        }
    }

    @Test("a music class that changes is heard by those who wait, at once")
    func music() async throws {
        try await Scene.play { scene in
            let (caller, _) = try await scene.waitingCaller()
            let music = "c0000000-0000-4000-8000-00000000c1a5"
            _ = try await scene.database.value(
                """
                insert into moh (uuid, tenant_uuid, name, label, mode)
                values ('\(music)', '\(Demo.tenant)', 'default', 'Default', 'files') returning 1
                """
            )
            _ = try await scene.database.value(
                "update switchboard set queue_moh_uuid = '\(music)' where uuid = '\(Demo.switchboardA)' returning 1"
            )
            _ = try await eventually("music began anew") {
                scene.tandem.logTail(200).contains("music class changed") ? true : nil
            }
            #expect(await caller.audio.hearsSound())
            _ = try await scene.database.value(
                "update switchboard set queue_moh_uuid = null where uuid = '\(Demo.switchboardA)' returning 1"
            )
            _ = try await scene.database.value("delete from moh where uuid = '\(music)' returning 1")
            try await caller.hangUp()
            await caller.close()
        }
    }
}
