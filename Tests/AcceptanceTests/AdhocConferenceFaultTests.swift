import Bus
import Core
import Events
import Foundation
import TandemLab
import Testing

/// Ad hoc conferences of calls that are in Stasis already, and through the server's death.
@Suite(
    "Real ad hoc conferences: from Stasis, and through faults",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct AdhocConferenceFaultTests {
    @Test("two switchboard calls of an operator: both are moved, none is hung up on the way", arguments: Way.allCases)
    func fromStasis(way: Way) async throws {
        try await Scene.play(way) { scene in
            let bob = try await scene.bob()
            let phone = try bob.answer(calls: 2)
            let (first, firstCall) = try await scene.waitingCaller()
            let host = try #require(try await scene.take(firstCall).body?["call_id"]?.string)
            _ = try await eventually("the first conversation") {
                try await scene.ari.conversation(of: [firstCall, host])
            }
            let (second, secondCall) = try await scene.waitingCaller()
            let other = try #require(try await scene.take(secondCall).body?["call_id"]?.string)
            _ = try await eventually("the second conversation") {
                try await scene.ari.conversation(of: [secondCall, other])
            }
            let answer = try await scene.rest.post(
                "/users/me/conferences/adhoc",
                ["host_call_id": .string(host), "participant_call_ids": [.string(secondCall)]]
            )
            #expect(answer.status == 201, "\(answer.text)")
            let id = try #require(answer.body?["conference_id"]?.string)
            try await scene.conference(id, has: [host, firstCall, secondCall])
            try await scene.channelIsGone(other)  // The operator's second leg is dropped.
            _ = try await eventually("the bridges of before are gone") {
                let bridges = try await scene.ari.bridges().filter { $0["bridge_type"] == "mixing" }
                return bridges.compactMap { $0["id"]?.string } == [id] ? true : nil
            }
            try await scene.ari.hangUp(host)
            try await first.hungUpByPeer()
            try await second.hungUpByPeer()
            try await scene.conferenceIsOver(id)
            phone.stop()
            for caller in [first, second] { await caller.close() }
            await bob.close()
        }
    }

    @Test("a switchboard call and one of the dialplan meet: moved and redirected")
    func mixed() async throws {
        try await Scene.inOffice { scene in
            let bob = try await scene.bob()
            let phone = try bob.answer()
            let (caller, call) = try await scene.waitingCaller()
            let host = try #require(try await scene.take(call).body?["call_id"]?.string)
            _ = try await eventually("the conversation") { try await scene.ari.conversation(of: [call, host]) }
            let frank = try await scene.phone(.frank)
            let ringing = try frank.answer()
            let dialled = try await SIPpCaller(dialling: "1102", as: "bob", in: scene.lab)
            try await dialled.answered()
            // Bob's other leg is in Stasis, so the pair is found by Frank's bridge.
            let (_, franks) = try await scene.pair("bob", "frank")
            let answer = try await scene.rest.post(
                "/users/me/conferences/adhoc",
                ["host_call_id": .string(host), "participant_call_ids": [.string(franks)]]
            )
            #expect(answer.status == 201, "\(answer.text)")
            let id = try #require(answer.body?["conference_id"]?.string)
            try await scene.conference(id, has: [host, call, franks])
            try await dialled.hungUpByPeer()
            #expect(await caller.audio.hears(Scene.operatorsTone))
            try await caller.hangUp()
            try await scene.conference(id, has: [host, franks])
            try await ringing.hangUp()
            try await phone.hungUpByPeer()
            try await scene.conferenceIsOver(id)
            for one in [caller, dialled] { await one.close() }
            await bob.close()
            try await scene.leave(frank)
        }
    }

    @Test("kill -9 while it runs: who left meanwhile is told of, the others go on, and it can be ended")
    func killedWhileRunning() async throws {
        try await Scene.inOffice { scene in
            let calls = try await HostWithTwoCalls(in: scene)
            let id = try await calls.merge(host: calls.out, [calls.kim])
            try await scene.conference(id, has: [calls.out, calls.frank, calls.kim])
            await scene.tandem.kill()
            try await calls.franksRun.hangUp()
            try await scene.conference(id, has: [calls.out, calls.kim])
            try await scene.tandem.start()
            try await scene.becomesReady()
            try await scene.bus.expect("conference_adhoc_participant_left") {
                $0.data?["call_id"]?.string == calls.frank
            }
            #expect(await calls.kimsCall.audio.hears(Scene.callersTone), "they talk on")
            try await calls.kimsCall.hangUp()
            try await calls.dialling.hungUpByPeer()
            try await scene.conferenceIsOver(id)
            await calls.close()
        }
    }

    @Test("the host hangs up while the server is away: the others are hung up as soon as it is back")
    func hostLeavesMeanwhile() async throws {
        try await Scene.inOffice { scene in
            let calls = try await HostWithTwoCalls(in: scene)
            let id = try await calls.merge(host: calls.out, [calls.kim])
            try await scene.conference(id, has: [calls.out, calls.frank, calls.kim])
            await scene.tandem.kill()
            try await calls.dialling.hangUp()
            try await scene.conference(id, has: [calls.frank, calls.kim])
            try await scene.tandem.start()
            try await calls.franksRun.hungUpByPeer()
            try await calls.kimsCall.hungUpByPeer()
            try await scene.conferenceIsOver(id)
            await calls.close()
        }
    }

    @Test("Asterisk dies: the conference's end is told when it is back, and new ones work")
    func asteriskDies() async throws {
        try await Scene.inOffice { scene in
            let calls = try await HostWithTwoCalls(in: scene)
            let id = try await calls.merge(host: calls.out, [calls.kim])
            try await scene.conference(id, has: [calls.out, calls.frank, calls.kim])
            try await scene.servers.kill(.asterisk)
            try await scene.statusBecomes { $0["ari"]?["status"] == "fail" }
            try await scene.servers.start(.asterisk)
            try await scene.statusBecomes { $0["ari"]?["status"] == "ok" }
            try await scene.conferenceIsOver(id)
            #expect(await scene.heard("conference_adhoc_participant_left", by: .erin).count == 3)
            await calls.close()
            let again = try await HostWithTwoCalls(in: scene)
            let second = try await again.merge(host: again.out, [again.kim])
            try await scene.conference(second, has: [again.out, again.frank, again.kim])
            await again.close()
        }
    }

    @Test("PostgreSQL is away: a merge is 503 and touches nothing; a conference that runs goes on and ends afterwards")
    func databaseAway() async throws {
        try await Scene.inOffice { scene in
            let calls = try await HostWithTwoCalls(in: scene)
            let id = try await calls.merge(host: calls.out, [])
            try await scene.conference(id, has: [calls.out, calls.frank])
            let erin = try await scene.rest(as: .erin)
            try await scene.servers.stop(.postgres)
            let answer = try await erin.put("/users/me/conferences/adhoc/\(id)/participants/\(calls.kim)")
            #expect(answer.status == 503, "\(answer.text)")
            #expect(await calls.franksPhone.audio.hears(Scene.callersTone), "they talk on")
            try await calls.franksRun.hangUp()
            try await scene.servers.start(.postgres)
            try await calls.dialling.hungUpByPeer(within: .seconds(30))
            try await scene.bus.expect("conference_adhoc_deleted", within: .seconds(20))
            _ = try await eventually("the row is gone") { try await scene.conferenceRows().isEmpty ? true : nil }
            await calls.close()
        }
    }

    @Test("kill -9 at any moment of the beginning: a whole conference, or the calls as they were; nobody in limbo")
    func killedWhileAssembling() async throws {
        for delay in [1, 5, 10, 20, 40] {
            try await Scene.inOffice { scene in
                let calls = try await HostWithTwoCalls(in: scene)
                let erin = try await scene.rest(as: .erin)
                let request = Task {
                    try await erin.post(
                        "/users/me/conferences/adhoc",
                        ["host_call_id": .string(calls.out), "participant_call_ids": [.string(calls.kim)]]
                    )
                }
                try await Task.sleep(for: .milliseconds(delay))
                await scene.tandem.kill()
                _ = await request.result
                try await scene.tandem.start()
                try await scene.becomesReady()
                let outcome = try await eventually("everybody talks with somebody", within: .seconds(25)) {
                    try await scene.outcome()
                }
                print("killed after \(delay) ms: \(outcome)")
                try await scene.ari.hangUpAll()
                _ = try await eventually("the row is gone") { try await scene.conferenceRows().isEmpty ? true : nil }
                // The outbox publishes at least once: what was on its way when the process died comes twice.
                _ = try await eventually("each beginning has its end") {
                    let created = await scene.conferences(in: "conference_adhoc_created")
                    return await scene.conferences(in: "conference_adhoc_deleted") == created ? true : nil
                }
                await calls.close()
            }
        }
    }
}

extension Scene {
    /// Conferences that events of a name are about.
    fileprivate func conferences(in name: String) async -> Set<String> {
        Set(await bus.events(name).compactMap { $0.data?["conference_id"]?.string })
    }

    /// What has become of the calls once nothing is pending: `nil` while somebody stands alone.
    fileprivate func outcome() async throws -> String? {
        let rows = try await conferenceRows()
        guard rows.isEmpty || rows == ["running"] else { return nil }
        let channels = Set(try await ari.channels().compactMap { $0["id"]?.string })
        let talks = try await ari.bridges().filter { $0["bridge_type"] == "mixing" }
            .map { Set($0["channels"]?.array?.compactMap(\.string) ?? []) }.filter { $0.count > 1 }
        guard channels.isSubset(of: talks.reduce(into: []) { $0.formUnion($1) }) else { return nil }
        if rows == ["running"], !talks.contains(where: { $0.count == 3 }) { return nil }
        return rows.isEmpty ? "\(talks.count) calls as before" : "a conference"
    }
}
