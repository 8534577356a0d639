import Core
import Foundation
import TandemLab
import TandemTesting
import Telephony
import Testing

/// Channel variables that a client chose (docs/security.md, "Channel variables").
@Suite(
    "Security: channel variables",
    .serialized,
    .timeLimit(.minutes(5)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct HostileVariableTests {
    @Test("a call whose channel carries every global of ours as a variable goes where the globals say")
    func hiddenGlobals() async throws {
        try await CanaryScene.play { canaries in
            let scene = canaries.scene
            let erin = try await scene.phone(.erin)
            let frank = try await scene.phone(.frank, tone: Scene.recipientsTone)
            let own = try erin.answer()
            let other = try frank.answer()
            let poison = ReservedVariables.globals.map { ("__\($0)", canaries.poison(for: $0)) }
            // As Asterisk would get it from a client that our checks have missed.
            try await scene.ari.originate(
                "PJSIP/erin",
                channel: "hostile-\(UUID().uuidString)",
                to: "1102",
                in: "default",
                variables: Dictionary(uniqueKeysWithValues: poison)
            )
            try await own.answered(within: .seconds(15))
            try await other.answered(within: .seconds(15))
            #expect(await scene.areTalking(erin, Scene.operatorsTone, frank, Scene.recipientsTone))
            try await scene.ari.hangUpAll()
            try await scene.becomesSilent()
            try await scene.leave(erin, frank)
        }
    }

    @Test("no route that takes variables takes one that steers the call")
    func refused() async throws {
        try await CanaryScene.play { canaries in
            let scene = canaries.scene
            let erin = try await scene.phone(.erin)
            let application = try await scene.rest.post("/applications", ["name": "hostile"])
            let id = try #require(application.body?["uuid"]?.string, "\(application.text)")
            let names =
                ReservedVariables.globals.sorted() + [
                    "WAZO_USERID", "WAZO_FWD_ACTIONARG1", "WAZO_ORIGINATE_MOBILE_CONTEXT", "MONITOR_EXEC",
                    "TRANSFER_CONTEXT", "CHANNEL(hangup_handler_push)", "GLOBAL(\(CanaryScene.global))",
                    "SHELL(touch \(canaries.file.path))", "FILE(\(canaries.file.path))", "DB(a/b)",
                ]
            let users = try await scene.rest(as: .erin)
            for name in names {
                let variables: JSONValue = ["__\(name)": .string(canaries.poison(for: name))]
                let destination: JSONValue = ["context": "default", "extension": "1102", "priority": 1]
                let requests: [(RESTClient, String, JSONValue)] = [
                    (users, "/users/me/calls", ["extension": "1102", "variables": variables]),
                    (
                        scene.rest, "/calls",
                        [
                            "source": ["user": .string(Demo.Office.Phone.erin.uuid)], "destination": destination,
                            "variables": variables,
                        ]
                    ),
                    (
                        scene.rest, "/transfers",
                        [
                            "transferred_call": "1", "initiator_call": "2", "context": "default", "exten": "1102",
                            "variables": variables,
                        ]
                    ),
                    (
                        scene.rest, "/applications/\(id)/calls",
                        ["exten": "1102", "context": "default", "variables": variables]
                    ),
                ]
                for (client, path, body) in requests {
                    let answer = try await client.post(path, body)
                    #expect(answer.status == 400 && answer.body?["error_id"] == "invalid-data", "\(path) \(name)")
                }
            }
            #expect(try await scene.ari.channels().isEmpty)
            _ = try await scene.rest.delete("/applications/\(id)")
            try await scene.leave(erin)
        }
    }
}
