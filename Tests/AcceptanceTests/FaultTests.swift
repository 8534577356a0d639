import Core
import Events
import Foundation
import TandemLab
import Testing

/// Servers that go away and come back, and a Tandem that dies, under real calls.
@Suite(
    "Faults under real calls",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct FaultTests {
    @Test(
        "Tandem is killed while a caller waits: after the restart he is queued, listed and answerable",
        arguments: Way.allCases
    )
    func killed(way: Way) async throws {
        try await Scene.play(way) { scene in
            let bob = try await scene.bob()
            let phone = try bob.answer()
            let (caller, call) = try await scene.waitingCaller()
            await scene.tandem.kill()
            #expect(await caller.audio.hearsSound(), "he waits with music in the meantime")
            try await scene.tandem.start()
            try await scene.becomesReady()
            let list = try await eventually("he is listed again") {
                let list = try await scene.queued()
                return list.isEmpty ? nil : list
            }
            #expect(list == [call])
            let reply = try await scene.take(call)
            #expect(reply.status == 200, "\(reply.text)")
            try await phone.answered()
            try await scene.bus.expect("switchboard_queued_call_answered")
            #expect(await caller.audio.hears(1_000))
            try await caller.hangUp()
            try await phone.hungUpByPeer()
            await caller.close()
            await bob.close()
        }
    }

    @Test("the operator answers while Tandem is dead: after the restart they talk")
    func answeredWhileDead() async throws {
        try await Scene.play { scene in
            let bob = try await scene.bob()
            let phone = try bob.answer(afterRinging: .seconds(2))
            let (caller, call) = try await scene.waitingCaller()
            #expect(try await scene.take(call).status == 200)
            try await phone.rings()
            await scene.tandem.kill()
            try await phone.answered()
            #expect(await bob.audio.hearsSound(), "the dialplan keeps him with music")
            try await scene.tandem.start()
            try await scene.bus.expect("switchboard_queued_call_answered")
            async let operatorHears = bob.audio.hears(Scene.callersTone)
            async let callerHears = caller.audio.hears(Scene.operatorsTone)
            #expect(await operatorHears)
            #expect(await callerHears)
            try await caller.hangUp()
            try await phone.hungUpByPeer()
            try await scene.becomesSilent()
            await caller.close()
            await bob.close()
        }
    }

    @Test("Tandem starts while Asterisk is away: what is stored is shown, what needs Asterisk is 503, nothing is 404")
    func startWithoutAsterisk() async throws {
        try await Scene.play { scene in
            let (caller, call) = try await scene.waitingCaller()
            await scene.tandem.kill()
            try await scene.servers.stop(.asterisk)
            try await scene.tandem.start()
            _ = try await eventually("the stored caller is listed") {
                try await scene.queued() == [call] ? true : nil
            }
            let path = "/switchboards/\(Demo.switchboardA)/calls"
            #expect(try await scene.rest.put("\(path)/queued/\(call)/answer").status == 503)
            #expect(try await scene.rest.put("\(path)/held/\(call)").status == 503)
            #expect(try await scene.rest.put("/transfers/not-known-yet/complete").status == 503)
            try await scene.servers.start(.asterisk)
            try await scene.becomesReady()
            _ = try await eventually("he went with Asterisk") { try await scene.queued().isEmpty ? true : nil }
            await caller.close()
        }
    }

    @Test("the no-answer deadline holds through a kill, also when it passes meanwhile")
    func deadline() async throws {
        try await Scene.play { scene in
            let (caller, call) = try await scene.waitingCaller(
                dialling: Demo.didOfSwitchboardB,
                switchboard: Demo.switchboardB
            )
            await scene.tandem.kill()
            // Time is the subject here: the deadline is 4 s after the entry.
            try await Task.sleep(for: .seconds(5))
            #expect(try await scene.ari.channel(call) != nil, "nobody sends him on while Tandem is dead")
            try await scene.tandem.start()
            try await scene.publishedListsEnd(with: [[]], of: Demo.switchboardB)
            try await caller.hungUpByPeer(within: .seconds(20))
            await caller.close()
        }
    }

    @Test("a caller who hung up while Tandem was dead is gone after the restart")
    func hungUpMeanwhile() async throws {
        try await Scene.play { scene in
            let (caller, call) = try await scene.waitingCaller()
            await scene.tandem.kill()
            try await caller.hangUp()
            try await scene.tandem.start()
            try await scene.becomesReady()
            // Once for the hang-up that was missed, once for the start (contract 20 §5.8).
            try await scene.publishedListsEnd(with: [[call], [], []])
            #expect(try await scene.queued() == [])
            await caller.close()
        }
    }

    @Test("a caller whose arrival was never read is found after the restart")
    func missedArrival() async throws {
        try await Scene.play { scene in
            await scene.tandem.pause()
            let arguments = "switchboard,switchboard_queue,\(Demo.tenant),\(Demo.switchboardA)"
            let call = "missed-\(UUID().uuidString)"
            try await scene.ari.originate("Local/401@lab", channel: call, into: "callcontrol", arguments)
            _ = try await eventually("the channel is in Stasis") {
                try await scene.ari.channel(call)?["dialplan"]?["app_name"] == "Stasis" ? true : nil
            }
            await scene.tandem.kill()
            try await scene.tandem.start()
            try await scene.becomesReady()
            try await scene.publishedListsEnd(with: [[call]])
            #expect(try await scene.queued() == [call])
        }
    }

    @Test("in the platform Stasis events need RabbitMQ: a caller who hung up while it was away is gone afterwards")
    func brokerOfThePlatform() async throws {
        try await Scene.play(.platform) { scene in
            let witness = await BusWitness.listen(scene.lab, durably: true)
            let (first, firstCall) = try await scene.waitingCaller()
            let (second, secondCall) = try await scene.waitingCaller()
            #expect(try await scene.queued() == [firstCall, secondCall])
            try await scene.servers.stop(.rabbitmq)
            try await scene.statusBecomes { status in
                ["ari", "bus_consumer", "bus_publisher"].allSatisfy { status[$0]?["status"] == "fail" }
            }
            try await first.hangUp()
            #expect(await second.audio.hearsSound(), "the other waits on with music")
            try await scene.servers.start(.rabbitmq)
            try await scene.becomesReady()
            _ = try await eventually("only the second is listed") {
                try await scene.queued() == [secondCall] ? true : nil
            }
            _ = try await eventually("the list is published") {
                let lists = await Scene.lists(of: Demo.switchboardA, heardBy: witness)
                return lists.last == [secondCall] ? true : nil
            }
            await witness.close()
            await first.close()
            await second.close()
        }
    }

    @Test("RabbitMQ is away and comes back: REST is untouched, no event is lost, none out of order")
    func broker() async throws {
        try await Scene.play { scene in
            let witness = await BusWitness.listen(scene.lab, durably: true)
            try await scene.servers.stop(.rabbitmq)
            try await scene.statusBecomes { $0["bus_publisher"]?["status"] == "fail" }
            let (first, firstCall) = try await scene.waitingCaller()
            let (second, secondCall) = try await scene.waitingCaller()
            try await first.hangUp()
            _ = try await eventually("the first is gone") {
                try await scene.queued() == [secondCall] ? true : nil
            }
            try await scene.statusBecomes { ($0["bus_publisher"]?["outbox"]?["pending"]?.integer ?? 0) >= 3 }
            try await scene.servers.start(.rabbitmq)
            try await scene.nothingIsPending()
            let expected = [[firstCall], [firstCall, secondCall], [secondCall]]
            let heard = try await eventually("the last list is heard") {
                let lists = await Scene.lists(of: Demo.switchboardA, heardBy: witness)
                return lists.last == [secondCall] ? lists : nil
            }
            // At least once: a list may come twice, but none is missing and none comes late.
            let distinct = heard.reduce(into: [[String]]()) { if $0.last != $1 { $0.append($1) } }
            #expect(Array(distinct.suffix(3)) == expected, "\(heard)")
            await first.close()
            await second.close()
            await witness.close()
        }
    }

    @Test(
        "PostgreSQL is away in the middle of a call: talk goes on, REST says 503, everything resumes",
        arguments: Way.allCases
    )
    func database(way: Way) async throws {
        try await Scene.play(way) { scene in
            let (caller, call) = try await scene.waitingCaller()
            try await scene.servers.stop(.postgres)
            try await scene.statusBecomes { $0["database"]?["status"] == "fail" }
            let list = try await scene.rest.get(scene.queue())
            // In the platform tokens and switchboards are not looked up there.
            #expect(list.status == (way == .standalone ? 503 : 200))
            if way == .standalone { #expect(list.body?["error_id"] == "database-unreachable") }
            #expect(await caller.audio.hearsSound(), "music goes on")
            try await scene.servers.start(.postgres)
            try await scene.statusBecomes { $0["database"]?["status"] == "ok" }
            #expect(try await scene.queued() == [call])
            try await caller.hangUp()
            try await scene.publishedListsEnd(with: [[call], []])
            await caller.close()
        }
    }

    @Test(
        "Asterisk is away: the status says so, its calls end with their event, new calls work",
        arguments: Way.allCases
    )
    func asterisk(way: Way) async throws {
        try await Scene.play(way) { scene in
            let (caller, call) = try await scene.waitingCaller()
            try await scene.servers.kill(.asterisk)
            try await scene.statusBecomes { $0["ari"]?["status"] == "fail" }
            let reply = try await scene.take(call)
            #expect(reply.status == 503, "\(reply.text)")
            #expect(reply.body?["error_id"] == "asterisk-ari-unreachable")
            try await scene.servers.start(.asterisk)
            try await scene.statusBecomes { $0["ari"]?["status"] == "ok" }
            try await scene.publishedListsEnd(with: [[]])
            await caller.close()
            let (again, _) = try await scene.waitingCaller()
            try await again.hangUp()
            await again.close()
        }
    }

    @Test("peers that say nothing, nonsense or far too much lose their FastAGI session; the next call is served")
    func hostilePeers() async throws {
        try await Scene.play { scene in
            let port = scene.lab.agiPort
            async let silence = TCPPeer.say("", toPort: port)
            async let flood = TCPPeer.say(String(repeating: "agi_arg_1: x\n", count: 300), toPort: port)
            async let endless = TCPPeer.say(String(repeating: "x", count: 100_000), toPort: port)
            try await TCPPeer.say("agi_network: yes\nagi_netw", toPort: port, hangsUp: true)
            let unknown = try await TCPPeer.say(
                "no colon\nagi_network_script: no_such_handler\n\n",
                toPort: port,
                answering: "200 result=1\n"
            )
            #expect(unknown.hasPrefix("VERBOSE "), "\(unknown)")
            #expect(unknown.contains("agi_fail") && unknown.hasSuffix("failure to have pure code\n"), "\(unknown)")
            for heard in [try await silence, try await flood, try await endless] {
                #expect(!heard.contains("VERBOSE"), "\(heard)")
            }
            let (caller, _) = try await scene.waitingCaller()
            try await caller.hangUp()
            await caller.close()
        }
    }

    @Test("every server is down at the start: REST answers, and all of it comes up by itself")
    func allDown() async throws {
        let lab = try LabEnvironment()
        let servers = LabServers(lab)
        for server in LabServers.Server.allCases { try await servers.stop(server) }
        let tandem = try TandemProcess(lab)
        do {
            try await tandem.start()
            let answer = try await tandem.rest.with(token: "unknown").get("/status")
            #expect(answer.status == 503)
            #expect(answer.body?["error_id"] == "database-unreachable")
        } catch {
            Issue.record("\(error)\n\(tandem.logTail())")
        }
        for server in LabServers.Server.allCases { try await servers.start(server) }
        let token = try await tandem.createToken(tenant: Demo.tenant, acl: ["calld.status.read"])
        let rest = tandem.rest.with(token: token)
        let status = try await eventually("every component is ok", within: .seconds(30)) {
            let body = try await rest.get("/status").body
            return ["ari", "database", "bus_publisher"].allSatisfy { body?[$0]?["status"] == "ok" } ? body : nil
        }
        #expect(status["service_token"]?["status"] == "ok")
        await tandem.terminate()
    }
}
