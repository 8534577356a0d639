import AMI
import Core
import Foundation
import TandemLab
import TandemTesting
import Telephony
import Testing

/// Star codes in the platform: Asterisk asks Tandem, and Tandem asks confd.
@Suite(
    "Star codes in the platform",
    .serialized,
    .timeLimit(.minutes(2)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct PlatformStarCodeTests {
    /// Number of Alice in sql/demo.
    private static let alice: JSONValue = 1

    @Test("a user's service and forward are changed in confd, once each, by a channel of a real Asterisk")
    func settings() async throws {
        try await Scene.play(.platform) { scene in
            let platform = try #require(scene.platform)
            platform.world.change { world in
                world["users"] = world["users"]?.map { user in
                    guard user["uuid"]?.string == Demo.alice, case .object(var members) = user else { return user }
                    members["id"] = Self.alice
                    return .object(members)
                }
            }
            try await setCaller("1", platform)
            do {
                for (script, request) in [
                    ("phone_set_feature,dnd", #"PUT /1.1/users/1/services/dnd {"enabled":true}"#),
                    (
                        "phone_set_feature,unc,1,1002",
                        #"PUT /1.1/users/1/forwards/unconditional {"destination":"1002","enabled":true}"#
                    ),
                    (
                        "fwdundoall",
                        "PUT /1.1/users/1/forwards "
                            + #"{"busy":{"enabled":false},"noanswer":{"enabled":false},"unconditional":{"enabled":false}}"#
                    ),
                ] {
                    try await run(script, scene, platform)
                    _ = try await eventually("confd is told: \(script)") {
                        changes(platform).contains(request) ? true : nil
                    }
                }
            } catch {
                try await setCaller("", platform)
                throw error
            }
            try await setCaller("", platform)
            #expect(changes(platform).count == 3)
        }
    }

    private func changes(_ platform: Platform) -> [String] {
        platform.confd.requests.filter { $0.method == "PUT" }.map { "\($0.method) \($0.path) \($0.json?.text ?? "")" }
    }

    /// Who dials: handlers read a global variable where the channel has none.
    private func setCaller(_ id: String, _ platform: Platform) async throws {
        _ = try await eventually("the manager interface answers") {
            try await platform.manager.send(ManagerAction("Setvar", ["Variable": "WAZO_USERID", "Value": id]))
        }
    }

    private func run(_ script: String, _ scene: Scene, _ platform: Platform) async throws {
        _ = try await platform.manager.send(
            ManagerAction(
                "Originate",
                [
                    "Channel": "Local/402@lab", "Application": "AGI",
                    "Data": "agi://127.0.0.1:\(scene.lab.agiPort)/\(script)", "Async": "true",
                ]
            )
        )
    }
}
