import Core
import Events
import Foundation
import TandemLab
import Testing

/// Real calls in nodes and snoops.
@Suite(
    "Nodes and snoops of applications",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ApplicationNodeTests {
    static let other = 1_000.0

    /// Two callers in a node.
    private func pair(_ app: ApplicationScene) async throws -> (
        first: SIPpCaller, one: String, second: SIPpCaller, two: String, node: String
    ) {
        let (first, one) = try await app.answeredCaller()
        let (second, two) = try await app.answeredCaller(tone: Self.other)
        let made = try await app.does(
            .post,
            "nodes",
            ["calls": [["id": .string(one)], ["id": .string(two)]]],
            201
        )
        #expect(Set(made["calls"]?.array?.compactMap { $0["id"]?.string } ?? []) == [one, two])
        return (first, one, second, two, try #require(made["uuid"]?.string))
    }

    @Test("a node of two calls: they hear each other, are told of in order, and cannot be put into another one")
    func node() async throws {
        try await ApplicationScene.play { app in
            let (first, one, second, two, node) = try await pair(app)
            #expect(try await app.call(one)?["node_uuid"]?.string == node)
            async let hearsSecond = first.audio.hears(Self.other)
            async let hearsFirst = second.audio.hears(Scene.callersTone)
            let heard = await (hearsSecond, hearsFirst)
            #expect(heard.0 && heard.1)
            try await app.tells(
                [
                    "node_created \(node)", "node_updated \(node)", "call_updated \(one)", "node_updated \(node)",
                    "call_updated \(two)",
                ],
                about: [one, two, node]
            )
            #expect(try await app.does(.get, "nodes", 200)["items"]?.array?.count == 1)
            let again: JSONValue = ["calls": [["id": .string(one)]]]
            try await app.isRefused(.post, "nodes", again, 400, "call-already-in-node")
            try await app.isRefused(.put, "nodes/\(node)/calls/\(one)", 400, "call-already-in-node")
            try await first.hangUp()
            try await second.hangUp()
            await first.close()
            await second.close()
        }
    }

    @Test("a call leaves a node and comes back; the node is deleted with its calls, told last")
    func membership() async throws {
        try await ApplicationScene.play { app in
            let (first, one, second, two, node) = try await pair(app)
            try await app.does(.delete, "nodes/\(node)/calls/\(two)", 204)
            #expect(try await app.members(node) == [one])
            #expect(try await app.call(two)?["node_uuid"] == .null)
            #expect(await second.audio.hears(Scene.callersTone, within: .seconds(1)) == false)
            try await app.isRefused(.delete, "nodes/\(node)/calls/\(two)", 404, "no-such-call")
            try await app.does(.put, "nodes/\(node)/calls/\(two)", 204)
            #expect(try await app.members(node).map(Set.init) == [one, two])

            try await app.does(.delete, "nodes/\(node)", 204)
            try await first.hungUpByPeer()
            try await second.hungUpByPeer()
            try await app.hears("application_node_deleted")
            let told = await app.told(about: [one, two, node])
            #expect(told.last == "node_deleted \(node)")
            #expect(told.filter { $0.hasPrefix("call_deleted") }.count == 2)
            try await app.isRefused(.get, "nodes/\(node)", 404, "no-such-node")
            await first.close()
            await second.close()
        }
    }

    @Test("one who is left alone in a node stays: nobody hangs him up")
    func alone() async throws {
        try await ApplicationScene.play { app in
            let (first, one) = try await app.answeredCaller()
            let (second, two) = try await app.answeredCaller(tone: Self.other)
            let made = try await app.does(
                .post,
                "nodes",
                ["calls": [["id": .string(one)], ["id": .string(two)]]],
                201
            )
            let node = try #require(made["uuid"]?.string)
            try await second.hangUp()
            try await app.tells(
                ["node_updated \(node)", "call_updated \(two)", "call_deleted \(two)"],
                about: [two, node]
            )
            let (third, three) = try await app.answeredCaller(tone: 1_600)
            try await app.does(.put, "nodes/\(node)/calls/\(three)", 204)
            #expect(await first.audio.hears(1_600), "he is still there")
            try await first.hangUp()
            try await third.hangUp()
            for caller in [first, second, third] { await caller.close() }
        }
    }

    @Test("destination node: callers are answered, wait there with music, and are taken out of it into a node")
    func destination() async throws {
        try await ApplicationScene.play(options: ["type": "holding", "music_on_hold": "default", "answer": true]) {
            app in
            try await app.hears("application_destination_node_created")
            #expect(try await app.does(.get, "", 200)["destination_node_uuid"]?.string == app.id)
            #expect(try await app.members(app.id) == [])
            let (caller, call) = try await app.caller()
            try await caller.answered()
            _ = try await eventually("in the destination node") {
                try await app.members(app.id) == [call] ? true : nil
            }
            #expect(await caller.audio.hearsSound(), "music")
            try await app.tells(
                ["call_entered \(call)", "call_answered \(call)", "node_updated \(app.id)", "call_updated \(call)"],
                about: [call, app.id]
            )
            try await app.isRefused(.delete, "nodes/\(app.id)", 400, "delete-destination-node")
            let made = try await app.does(.post, "nodes", ["calls": [["id": .string(call)]]], 201)
            let node = try #require(made["uuid"]?.string)
            try await app.tells(
                [
                    "node_created \(node)", "node_updated \(app.id)", "call_updated \(call)", "node_updated \(node)",
                    "call_updated \(call)",
                ],
                about: [call, app.id, node]
            )
            _ = try await eventually("it has left the destination node") {
                try await app.members(app.id) == [] ? true : nil
            }
            try await caller.hangUp()
            try await app.does(.delete, "nodes/\(node)", 204)
            await caller.close()

            let gone = try await app.rest.put(app.path, ["name": "Without"])
            #expect(gone.status == 204, "\(gone.text)")
            try await app.hears("application_node_deleted") { $0["node"]?["uuid"]?.string == app.id }
            #expect(try await app.does(.get, "", 200)["destination_node_uuid"] == .null)
        }
    }

    @Test("into a node: all phones of a user are dialled; who answers hears the caller; users that cannot be")
    func userDialledIntoNode() async throws {
        try await ApplicationScene.play { app in
            let (caller, call) = try await app.answeredCaller()
            let made = try await app.does(.post, "nodes", ["calls": [["id": .string(call)]]], 201)
            let node = try #require(made["uuid"]?.string)
            let frank = try await app.scene.frank()
            let franks = try frank.answer()
            let path = "nodes/\(node)/calls/user"
            let user: JSONValue = ["user_uuid": .string(Demo.Office.Phone.frank.uuid), "autoanswer": true]
            let leg = try #require(try await app.does(.post, path, user, 201)["id"]?.string)
            try await franks.answered()
            #expect(await frank.audio.hears(Scene.callersTone))
            try await app.tells(
                ["call_initiated \(leg)", "node_updated \(node)", "call_updated \(leg)"],
                about: [leg, node]
            )
            for (user, error) in [(Demo.dave, "user-missing-main-line"), (Demo.tenant, "invalid-user")] {
                try await app.isRefused(.post, path, ["user_uuid": .string(user)], 400, error)
            }
            try await app.does(.delete, "nodes/\(node)", 204)
            try await caller.hungUpByPeer()
            try await franks.hungUpByPeer()
            try await app.scene.leave(frank)
            await caller.close()
        }
    }

    @Test("snoop: the supervisor hears both, whispers to one, then to both; its end leaves the calls alone")
    func snoop() async throws {
        try await ApplicationScene.play { app in
            let (first, one, second, _, _) = try await pair(app)
            let (boss, three) = try await app.answeredCaller(tone: 1_600)
            let made = try await app.does(
                .post,
                "calls/\(one)/snoops",
                ["snooping_call_id": .string(three), "whisper_mode": "out"],
                201
            )
            let id = try #require(made["uuid"]?.string)
            #expect(made["snooped_call_id"]?.string == one)
            #expect(made["snooping_call_id"]?.string == three)
            #expect(made["whisper_mode"] == "out")
            try await app.hears("application_snoop_created") { $0["snoop"]?["uuid"]?.string == id }
            #expect(await boss.audio.hears(Scene.callersTone, within: .seconds(8)))
            #expect(await first.audio.hears(1_600, within: .seconds(8)), "the supervisor whispers to the first")
            #expect(await second.audio.hears(1_600, within: .seconds(1)) == false)
            let roles = try #require(try await app.call(one)?["snoops"])
            #expect(roles[id]?["role"] == "snooped")
            #expect(try await app.call(three)?["snoops"]?[id]?["role"] == "snooper")
            #expect(try await app.does(.get, "calls", 200)["items"]?.array?.count == 3, "the snoop is no call")
            #expect(try await app.does(.get, "snoops", 200)["items"]?.array?.count == 1)
            #expect(try await app.does(.get, "snoops/\(id)", 200)["whisper_mode"] == "out")

            try await app.does(.put, "snoops/\(id)", ["whisper_mode": "in"], 204)
            try await app.hears("application_snoop_updated") { $0["snoop"]?["whisper_mode"] == "in" }
            #expect(await second.audio.hears(1_600, within: .seconds(8)), "now the other party hears the supervisor")

            try await app.does(.delete, "snoops/\(id)", 204)
            try await app.hears("application_snoop_deleted") { $0["snoop"] == ["uuid": .string(id)] }
            try await app.isRefused(.get, "snoops/\(id)", 404, "no-such-snoop")
            #expect(await boss.audio.hears(Scene.callersTone, within: .seconds(1)) == false)
            #expect(try await app.call(three) != nil, "the supervisor stays in the application")

            for caller in [first, second, boss] {
                try await caller.hangUp()
                await caller.close()
            }
        }
    }

    @Test("a snoop ends with the supervisor; its channel is no call of the application")
    func supervisorGone() async throws {
        try await ApplicationScene.play { app in
            let (first, one, second, _, _) = try await pair(app)
            let (boss, three) = try await app.answeredCaller(tone: 1_600)
            try await app.does(.post, "calls/\(one)/snoops", ["snooping_call_id": .string(three)], 201)
            try await boss.hangUp()
            _ = try await eventually("the snoop ends with the supervisor") {
                try await app.does(.get, "snoops", 200)["items"] == [] ? true : nil
            }
            let told = await app.told()
            #expect(!told.contains { $0.hasPrefix("user_outgoing") }, "the snoop channel is no call: \(told)")
            try await first.hangUp()
            try await second.hangUp()
            for caller in [first, second, boss] { await caller.close() }
        }
    }

    @Test("what snoops refuse")
    func snoopErrors() async throws {
        try await ApplicationScene.play { app in
            let (caller, call) = try await app.answeredCaller()
            let path = "calls/\(call)/snoops"
            try await app.isRefused(.post, path, ["snooping_call_id": "12.3"], 400, "no-such-call")
            try await app.isRefused(
                .post,
                "calls/12.3/snoops",
                ["snooping_call_id": .string(call)],
                404,
                "no-such-call"
            )
            try await app.isRefused(.post, path, [:], 400, "invalid-data")
            for mode: JSONValue in ["IN", .null, "all"] {
                let body: JSONValue = ["snooping_call_id": .string(call), "whisper_mode": mode]
                try await app.isRefused(.post, path, body, 400, "invalid-data")
            }
            let other = "70000000-0000-4000-8000-000000000001"
            try await app.isRefused(.get, "snoops/\(other)", 404, "no-such-snoop")
            try await app.isRefused(.put, "snoops/\(other)", ["whisper_mode": "in"], 404, "no-such-snoop")
            try await app.isRefused(.delete, "snoops/\(other)", 404, "no-such-snoop")
            try await caller.hangUp()
            await caller.close()
        }
    }
}
