import Core
import Events
import Foundation
import TandemLab
import Testing

/// Servers that go away under calls (contract 10, issue 6).
@Suite(
    "Calls: faults",
    .serialized,
    .timeLimit(.minutes(5)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct CallFaultTests {
    @Test("RabbitMQ is away during a whole call: its story is told when it is back, whole and in order")
    func brokerAway() async throws {
        try await Scene.inOffice { scene in
            let witness = await BusWitness.listen(scene.lab, durably: true)
            try await scene.servers.stop(.rabbitmq)
            let talk = try await scene.officeTalk()
            #expect(try await scene.call(talk.kimsChannel)["status"] == "Up", "calls and lists go on")
            try await talk.kim.hangUp()
            try await scene.becomesSilent()
            try await scene.servers.start(.rabbitmq)
            for id in [talk.kimsChannel, talk.erinsChannel] {
                _ = try await witness.expect("call_ended", within: .seconds(40)) { $0.data?["call_id"]?.string == id }
                let names = await witness.deliveries.entries.filter { $0.data?["call_id"]?.string == id }.compactMap(
                    \.name
                )
                #expect(names.first == "call_created" && names.last == "call_ended", "\(names)")
                #expect(names.filter { $0 == "call_answered" }.count == 1, "\(names)")
            }
            await witness.close()
            try await talk.close()
        }
    }

    @Test(
        "Asterisk is killed under a call: the call ends for no known reason, and the registry is empty and current again"
    )
    func asteriskKilled() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            try await scene.servers.kill(.asterisk)
            try await scene.servers.start(.asterisk)
            try await scene.becomesReady()
            for id in [talk.kimsChannel, talk.erinsChannel] {
                let ended = try await scene.bus.expect("call_ended", within: .seconds(30)) { event in
                    event.data?["call_id"]?.string == id
                }
                #expect(ended.data?["reason_code"] == 0)
            }
            _ = try await eventually("nothing is listed") { try await scene.calls().isEmpty ? true : nil }
            talk.erinsCall.stop()
            await talk.kim.close()
            await talk.erin.close()
            let again = try await scene.officeTalk()
            try await scene.listsWhatAsteriskHas()
            try await again.kim.hangUp()
            try await scene.becomesSilent()
            try await again.close()
        }
    }

    @Test("Asterisk tells of no channel any more: the self-check finds the call, and its end, and takes both over")
    func drift() async throws {
        try await Scene.inOffice { scene in
            await scene.tandem.terminate()
            await scene.tandem.set("calls", ["check_interval": 1])
            try await scene.tandem.start()
            try await scene.becomesReady()
            try await scene.ari.unsubscribe(
                "tandem-calls",
                from: "channel:__AST_CHANNEL_ALL_TOPIC,bridge:__AST_BRIDGE_ALL_TOPIC"
            )
            let talk = try await scene.officeTalk()
            let both: Set = [talk.kimsChannel, talk.erinsChannel]
            _ = try await eventually("what differs is counted", within: .seconds(20)) {
                try await scene.metric("tandem_call_registry_mended_total") ?? 0 >= 2 ? true : nil
            }
            try await scene.listsWhatAsteriskHas()
            #expect(Set(try await scene.calls().compactMap { $0["call_id"]?.string }) == both)
            let checks = try #require(try await scene.metric("tandem_call_registry_checks_total"))
            _ = try await eventually("once mended, nothing differs", within: .seconds(20)) {
                let isLater = try await scene.metric("tandem_call_registry_checks_total") ?? 0 > checks
                return try await scene.metric("tandem_call_registry_drift") == 0 && isLater ? true : nil
            }
            let mended = try #require(try await scene.metric("tandem_call_registry_mended_total"))
            #expect(await scene.bus.events("call_created").isEmpty, "nothing was heard")

            try await talk.kim.hangUp()
            for id in both {
                let ended = try await scene.bus.expect("call_ended", within: .seconds(20)) { event in
                    event.data?["call_id"]?.string == id
                }
                #expect(ended.data?["reason_code"] == 0)
            }
            #expect(try await scene.metric("tandem_call_registry_mended_total") == mended + 2)
            #expect(try await scene.calls().isEmpty)
            #expect(scene.tandem.logTail(200).contains("calls differ from Asterisk's"))
            try await talk.close()
        }
    }

    @Test("a call is hung up in the middle of everything that is done with it: each request has its documented answer")
    func inTheMiddle() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let id = talk.erinsChannel
            let verbs = ["mute/start", "mute/stop", "dtmf?digits=123", "hold/start", "answer", "mute/start"]
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for verb in verbs {
                    group.addTask { try await scene.rest.put("/calls/\(id)/\(verb)").status }
                }
                group.addTask { try await scene.rest.delete("/calls/\(id)").status }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 204 || $0 == 404 }, "\(statuses)")
            try await scene.becomesSilent()
            _ = try await eventually("nothing is listed") { try await scene.calls().isEmpty ? true : nil }
            #expect(try await scene.rest.delete("/calls/\(id)").status == 404)
            try await talk.close()
        }
    }
}
