import Core
import Events
import Foundation
import TandemLab
import Testing

/// Applications through kills, and servers that go away.
@Suite(
    "Faults while applications have calls",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ApplicationFaultTests {
    @Test("killed: calls stay where they are and are known again; who hung up meanwhile is told of, once")
    func killed() async throws {
        try await ApplicationScene.play { app in
            let (first, one) = try await app.answeredCaller()
            let (second, two) = try await app.answeredCaller(tone: 1_000)
            let (third, three) = try await app.answeredCaller(tone: 1_600)
            let made = try await app.does(
                .post,
                "nodes",
                ["calls": [["id": .string(one)], ["id": .string(two)]]],
                201
            )
            let node = try #require(made["uuid"]?.string)
            let snoop = try await app.does(
                .post,
                "calls/\(one)/snoops",
                ["snooping_call_id": .string(three)],
                201
            )
            try await app.does(.put, "calls/\(one)/mute/start", 204)
            await app.scene.tandem.kill()
            try await second.hangUp()
            try await app.scene.tandem.start()
            try await app.scene.becomesReady()
            try await app.hears("application_call_deleted") { $0["call"]?["id"]?.string == two }
            #expect(try await app.members(node) == [one])
            #expect(try await app.call(one)?["muted"] == true)
            #expect(try await app.call(one)?["node_uuid"]?.string == node)
            let id = try #require(snoop["uuid"]?.string)
            #expect(try await app.does(.get, "snoops/\(id)", 200)["snooped_call_id"]?.string == one)
            try await app.does(.put, "calls/\(one)/mute/stop", 204)
            let (fourth, four) = try await app.answeredCaller(tone: 2_000)
            try await app.does(.put, "nodes/\(node)/calls/\(four)", 204)
            #expect(await fourth.audio.hears(Scene.callersTone), "the node works on")
            await fourth.audio.press("7")
            try await app.hears("application_call_dtmf_received") { $0["call_id"]?.string == four }
            try await app.does(.delete, "snoops/\(id)", 204)
            try await app.does(.delete, "nodes/\(node)", 204)
            try await third.hangUp()
            try await app.scene.becomesSilent()
            for id in [one, three, four] {
                try await app.hears("application_call_deleted") { $0["call"]?["id"]?.string == id }
            }
            let ends = await app.told().filter { $0.hasPrefix("call_deleted") }
            #expect(ends.sorted() == [one, two, three, four].map { "call_deleted \($0)" }.sorted())
            for caller in [first, second, third, fourth] { await caller.close() }
        }
    }

    @Test("Asterisk dies: every call and node is told to be gone; the destination node is made again and takes calls")
    func asteriskDies() async throws {
        try await ApplicationScene.play(options: ["answer": true]) { app in
            let (caller, call) = try await app.caller()
            try await caller.answered()
            let (other, second) = try await app.caller()
            let made = try await app.does(.post, "nodes", ["calls": [["id": .string(second)]]], 201)
            let node = try #require(made["uuid"]?.string)
            let start = await app.scene.bus.deliveries.entries.count
            try await app.scene.servers.kill(.asterisk)
            try await app.scene.statusBecomes { $0["ari"]?["status"] == "fail" }
            try await app.isRefused(.get, "calls", 503, "asterisk-ari-unreachable")
            try await app.scene.servers.start(.asterisk)
            try await app.scene.becomesReady()
            for id in [call, second] {
                try await app.hears("application_call_deleted", from: start) { $0["call"]?["id"]?.string == id }
            }
            try await app.hears("application_node_deleted", from: start) { $0["node"]?["uuid"]?.string == node }
            try await app.hears("application_destination_node_created", from: start)
            #expect(try await app.does(.get, "calls", 200)["items"] == [])
            let (again, third) = try await app.caller()
            try await again.answered()
            _ = try await eventually("in the destination node") {
                try await app.members(app.id) == [third] ? true : nil
            }
            try await again.hangUp()
            for caller in [caller, other, again] { await caller.close() }
        }
    }

    @Test("PostgreSQL away: what must be stored is refused, calls go on, and what they did is told afterwards")
    func databaseAway() async throws {
        try await ApplicationScene.play { app in
            let (caller, call) = try await app.answeredCaller()
            try await app.scene.servers.stop(.postgres)
            let body: JSONValue = ["calls": [["id": .string(call)]]]
            let answer = try await app.rest.post("\(app.path)/nodes", body)
            #expect(answer.status == 503, "\(answer.text)")
            try await caller.hangUp()
            try await app.scene.servers.start(.postgres)
            try await app.hears("application_call_deleted", within: .seconds(30))
            try await app.scene.becomesReady()
            await caller.close()
        }
    }

    @Test("RabbitMQ away: commands work, and every event comes afterwards, in order")
    func brokerAway() async throws {
        try await ApplicationScene.play { app in
            let witness = await BusWitness.listen(app.scene.lab, durably: true)
            let (caller, call) = try await app.caller()
            try await app.scene.servers.stop(.rabbitmq)
            try await app.does(.put, "calls/\(call)/answer", 204)
            try await caller.answered()
            try await app.does(.put, "calls/\(call)/mute/start", 204)
            try await caller.hangUp()
            try await app.scene.servers.start(.rabbitmq)
            let last = try await witness.expect("application_call_deleted", within: .seconds(40))
            #expect(last.data?["call"]?["id"]?.string == call)
            let names = await witness.deliveries.entries.compactMap(\.name).filter { $0.hasPrefix("application_call") }
            let once = names.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
            #expect(
                once.suffix(3) == [
                    "application_call_answered", "application_call_updated", "application_call_deleted",
                ],
                "\(names)"
            )
            await witness.close()
            await caller.close()
        }
    }
}
