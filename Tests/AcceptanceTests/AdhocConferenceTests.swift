import Bus
import Core
import Events
import Foundation
import TandemLab
import Testing

/// Real SIP calls that their host merges.
@Suite(
    "Real ad hoc conferences",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct AdhocConferenceTests {
    @Test("plain calls: all hear the host; one leaves, the others go on; the last one ends it")
    func plainCalls() async throws {
        try await Scene.inOffice { scene in
            let calls = try await HostWithTwoCalls(in: scene)
            let id = try await calls.merge(host: calls.out, [calls.frank, calls.kim])
            try await scene.conference(id, has: [calls.out, calls.frank, calls.kim])
            try await calls.answering.hungUpByPeer()
            async let frankHears = calls.franksPhone.audio.hears(Scene.callersTone)
            async let kimHears = calls.kimsCall.audio.hears(Scene.callersTone)
            #expect(await frankHears)
            #expect(await kimHears)
            #expect(try await scene.conferenceRows() == ["running"])
            let joined = try await eventually("the host hears four times of joins") {
                let heard = await scene.heard("conference_adhoc_participant_joined", by: .erin)
                return heard.count >= 4 ? heard : nil
            }
            #expect(joined.filter { $0 == calls.out }.count == 2, "twice of himself")
            #expect(Set(joined) == [calls.out, calls.frank, calls.kim])
            try await calls.franksRun.hangUp()
            try await scene.bus.expect("conference_adhoc_participant_left") {
                $0.data?["call_id"]?.string == calls.frank
                    && $0.headers["user_uuid:\(Demo.Office.Phone.kim.uuid)"] == true
            }
            try await scene.conference(id, has: [calls.out, calls.kim])
            #expect(await calls.kimsCall.audio.hears(Scene.callersTone))
            try await calls.kimsCall.hangUp()
            try await calls.dialling.hungUpByPeer()
            try await scene.conferenceIsOver(id)
            await calls.close()
        }
    }

    @Test("the host is the called one: his other leg is dropped; he hangs up, and all are hung up")
    func calledHost() async throws {
        try await Scene.inOffice { scene in
            let calls = try await HostWithTwoCalls(franksTone: Scene.operatorsTone, erinsTone: 0, in: scene)
            let id = try await calls.merge(host: calls.in, [calls.frank])
            try await scene.conference(id, has: [calls.in, calls.frank, calls.kim])
            try await calls.dialling.hungUpByPeer()
            async let erinHears = calls.erinsPhone.audio.hears(Scene.operatorsTone)
            async let kimHears = calls.kimsCall.audio.hears(Scene.operatorsTone)
            #expect(await erinHears)
            #expect(await kimHears)
            try await calls.answering.hangUp()
            try await calls.franksRun.hungUpByPeer()
            try await calls.kimsCall.hungUpByPeer()
            try await scene.conferenceIsOver(id)
            await calls.close()
        }
    }

    @Test("a call is added, one is removed, the rest is deleted; each with its events")
    func addRemoveDelete() async throws {
        try await Scene.inOffice { scene in
            let calls = try await HostWithTwoCalls(in: scene)
            let id = try await calls.merge(host: calls.out, [])
            try await scene.conference(id, has: [calls.out, calls.frank])
            let erin = try await scene.rest(as: .erin)
            let path = "/users/me/conferences/adhoc/\(id)"
            #expect(try await erin.put("\(path)/participants/\(calls.kim)").status == 204)
            try await scene.conference(id, has: [calls.out, calls.frank, calls.kim])
            let twice = try await erin.put("\(path)/participants/\(calls.kim)")
            #expect(twice.status == 409 && twice.body?["error_id"] == "participant-already-in-conference")
            let shown = try await erin.get(path)
            #expect(shown.status == 200 && shown.body?["status"] == "running", "\(shown.text)")
            #expect(try await scene.rest(as: .frank).get(path).status == 404)
            #expect(try await scene.rest(as: .frank).delete(path).status == 404)
            #expect(try await erin.delete("\(path)/participants/\(calls.frank)").status == 204)
            try await calls.franksRun.hungUpByPeer()
            try await scene.conference(id, has: [calls.out, calls.kim])
            #expect(try await erin.delete(path).status == 204)
            try await calls.kimsCall.hungUpByPeer()
            try await calls.dialling.hungUpByPeer()
            try await scene.conferenceIsOver(id)
            let left = await scene.heard("conference_adhoc_participant_left", by: .erin)
            #expect(Set(left) == [calls.frank, calls.kim, calls.out] && left.count == 3, "\(left)")
            #expect(try await erin.delete(path).status == 404)
            await calls.close()
        }
    }

    @Test("calls of others, and calls that do not exist, are answered alike; nothing is touched")
    func refusals() async throws {
        try await Scene.inOffice { scene in
            let calls = try await HostWithTwoCalls(in: scene)
            let path = "/users/me/conferences/adhoc"
            func outcome(_ phone: Demo.Office.Phone, _ host: String, _ others: [String]) async throws -> String {
                let answer = try await scene.rest(as: phone).post(
                    path,
                    ["host_call_id": .string(host), "participant_call_ids": .array(others.map(JSONValue.string))]
                )
                return "\(answer.status) \(answer.body?["error_id"]?.string ?? "")"
            }
            #expect(try await outcome(.kim, calls.out, [calls.frank]) == "400 host-call-not-found")
            #expect(try await outcome(.erin, "1.1", []) == "400 host-call-not-found")
            #expect(try await outcome(.erin, calls.out, ["1.1"]) == "400 participant-call-not-found")
            #expect(try await outcome(.kim, calls.kim, [calls.frank]) == "400 participant-call-not-found")
            #expect(try await scene.conferenceRows() == [])
            #expect(await calls.franksPhone.audio.hears(Scene.callersTone), "they talk on")
            #expect(await scene.bus.events("conference_adhoc_created").isEmpty)
            await calls.close()
        }
    }
}
