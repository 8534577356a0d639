import Core
import Events
import Foundation
import TandemLab
import Testing

/// Phones that a program dials into a node, and phones whose line is in an application.
@Suite(
    "Phones of applications",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ApplicationPhoneTests {
    /// A caller alone in a node.
    private func node(_ app: ApplicationScene) async throws -> (caller: SIPpCaller, call: String, node: String) {
        let (caller, call) = try await app.answeredCaller()
        let made = try await app.does(.post, "nodes", ["calls": [["id": .string(call)]]], 201)
        return (caller, call, try #require(made["uuid"]?.string))
    }

    @Test("dialled into a node: the phone rings, answers, both hear each other, it hangs up; each is told in order")
    func answers() async throws {
        try await ApplicationScene.play { app in
            let (caller, call, node) = try await node(app)
            let erin = try await app.scene.phone(.erin)
            let erins = try erin.answer(afterRinging: .seconds(1))
            let placed = try await app.does(
                .post,
                "nodes/\(node)/calls",
                [
                    "exten": "1101", "context": "default", "variables": ["X_WAZO_TASK": "7"],
                    "displayed_caller_id_number": "4242",
                ],
                201
            )
            let leg = try #require(placed["id"]?.string)
            #expect(placed["node_uuid"]?.string == node)
            #expect(placed["variables"] == ["TASK": "7"])
            let invite = try await erins.expect("INVITE") { $0.isRequest("INVITE", .received) }
            #expect(invite.message.header("From")?.contains("4242") == true)
            #expect(await app.told(about: [leg]).isEmpty, "nothing is told while it rings")
            #expect(try await app.members(node) == [call])
            try await erins.answered()
            let initiated = try await app.hears("application_call_initiated")
            let shown = try #require(initiated.data?["call"])
            #expect(shown["id"]?.string == leg && shown["status"] == "Up" && shown["node_uuid"] == .null)
            #expect(shown["variables"]?["TASK"] == "7")
            try await app.tells(
                ["call_initiated \(leg)", "node_updated \(node)", "call_updated \(leg)"],
                about: [leg, node]
            )
            #expect(try await app.call(leg)?["node_uuid"]?.string == node)
            // In Asterisk's order, which is nobody's.
            #expect(try await app.members(node).map(Set.init) == [call, leg])
            #expect(await app.scene.areTalking(caller, erin))
            try await erins.hangUp()
            try await app.tells(
                ["node_updated \(node)", "call_updated \(leg)", "call_deleted \(leg)"],
                about: [leg, node]
            )
            #expect(try await app.members(node) == [call], "the caller stays")
            try await caller.hangUp()
            try await app.scene.leave(erin)
            await caller.close()
        }
    }

    @Test("a user's phone declines: nothing is told of the leg, it is forgotten, and nobody enters the node")
    func declines() async throws {
        try await ApplicationScene.play { app in
            let (caller, call, node) = try await node(app)
            let erin = try await app.scene.phone(.erin)
            let refusing = try erin.refuse(status: 603, reason: "Decline")
            let body: JSONValue = ["user_uuid": .string(Demo.Office.Phone.erin.uuid)]
            let placed = try await app.does(.post, "nodes/\(node)/calls/user", body, 201)
            let leg = try #require(placed["id"]?.string)
            try await refusing.expect("ACK of the refusal") { $0.isRequest("ACK", .received) }
            _ = try await eventually("it is forgotten") { try await app.call(leg) == nil ? true : nil }
            #expect(try await app.members(node) == [call])
            // What is told of an application is told in order: nothing comes after this.
            try await caller.hangUp()
            try await app.hears("application_call_deleted") { $0["call"]?["id"]?.string == call }
            #expect(await app.told(about: [leg]).isEmpty)
            try await app.scene.leave(erin)
            await caller.close()
        }
    }

    @Test("an extension whose phone declines: the dialplan answers for it, and the node hears its announcement")
    func declinedExtension() async throws {
        try await ApplicationScene.play { app in
            let (caller, call, node) = try await node(app)
            let erin = try await app.scene.phone(.erin)
            let refusing = try erin.refuse(status: 603, reason: "Decline")
            let body: JSONValue = ["exten": "1101", "context": "default"]
            let placed = try await app.does(.post, "nodes/\(node)/calls", body, 201)
            let leg = try #require(placed["id"]?.string)
            try await refusing.expect("ACK of the refusal") { $0.isRequest("ACK", .received) }
            try await app.hears("application_call_initiated") { $0["call"]?["id"]?.string == leg }
            #expect(await caller.audio.hearsSound(), "the announcement")
            try await app.hears("application_call_deleted", within: .seconds(20)) { $0["call"]?["id"]?.string == leg }
            #expect(
                await app.told(about: [leg]) == [
                    "call_initiated \(leg)", "call_updated \(leg)", "call_updated \(leg)", "call_deleted \(leg)",
                ]
            )
            #expect(try await app.members(node) == [call])
            try await caller.hangUp()
            try await app.scene.leave(erin)
            await caller.close()
        }
    }

    @Test("a phone whose line is in the application dials: told as outgoing, answered or refused by the program")
    func outgoing() async throws {
        try await ApplicationScene.play { app in
            let file = app.scene.lab.state.appendingPathComponent("etc/extensions_extra.conf")
            // What Asterisk makes of such a line: its context is that of the Stasis application.
            try "[default]\nexten => _876X,1,Goto(stasis-wazo-app-\(app.id),${EXTEN},1)\n"
                .write(to: file, atomically: true, encoding: .utf8)
            try await app.scene.reloadDialplan()
            let answered = try await app.scene.dial("8765", as: .erin)
            let created = try await app.hears("application_user_outgoing_call_created")
            let shown = try #require(created.data?["call"])
            let call = try #require(shown["id"]?.string)
            #expect(shown["is_caller"] == true && shown["status"] == "Ring")
            #expect(shown["dialed_extension"] == "8765")
            try await app.does(.put, "calls/\(call)/answer", 204)
            try await answered.answered()
            try await app.does(.post, "calls/\(call)/playbacks", ["uri": "tone:1600"], 200)
            #expect(await answered.audio.hears(1_600))
            try await answered.hangUp()
            try await app.hears("application_call_deleted") { $0["call"]?["id"]?.string == call }
            let told = await app.told(about: [call]).filter { !$0.hasPrefix("playback") }
            #expect(
                told == ["user_outgoing_call_created \(call)", "call_answered \(call)", "call_deleted \(call)"]
            )

            let start = await app.scene.bus.deliveries.entries.count
            let refused = try await app.scene.dial("8766", as: .erin)
            let second = try await app.hears("application_user_outgoing_call_created", from: start)
            let other = try #require(second.data?["call"]?["id"]?.string)
            try await app.does(.delete, "calls/\(other)", 204)
            #expect(try await refused.refused() >= 400)
            try await app.hears("application_call_deleted") { $0["call"]?["id"]?.string == other }
            try? FileManager.default.removeItem(at: file)
            try await app.scene.reloadDialplan()
            await answered.close()
            await refused.close()
        }
    }
}
