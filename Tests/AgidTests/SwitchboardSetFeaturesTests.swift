import Core
import Directory
import FastAGI
import Testing

@Suite("switchboard_set_features")
struct SwitchboardSetFeaturesTests {
    private func directory(_ noAnswer: DialAction?, timeout: Int?) -> FixedDirectory {
        FixedDirectory(
            switchboard: SwitchboardFeatures(timeout: timeout, noAnswer: noAnswer, tenant: TenantID("t1"))
        )
    }

    private let prefix = "WAZO_SWITCHBOARD_FALLBACK_NOANSWER_"
    private var head: [String] {
        [get("WAZO_TENANT_UUID")] + ["ACTION", "ACTIONARG1", "ACTIONARG2"].map { set(prefix + $0, "") }
    }

    @Test("the fallback of an earlier switchboard is cleared, then ours and the timeout are written")
    func fallback() async throws {
        let action = DialAction(action: "user", argument1: "1|2", argument2: nil)
        let commands = try await run(
            "switchboard_set_features",
            directory(action, timeout: 30),
            environment: ["agi_arg_1": "sb-1"],
            on: AGITranscript(variables: ["WAZO_TENANT_UUID": "t1"])
        )
        #expect(
            commands == head + [
                set(prefix + "ACTION", "user"), set(prefix + "ACTIONARG1", "1|2"),
                set(prefix + "ACTIONARG2", ""),
                set("WAZO_SWITCHBOARD_TIMEOUT", "30"),
            ]
        )
    }

    @Test("without fallback and timeout all are empty, and a channel without tenant is served")
    func nothingConfigured() async throws {
        let commands = try await run(
            "switchboard_set_features",
            directory(nil, timeout: nil),
            environment: ["agi_arg_1": "sb-1"]
        )
        #expect(commands == head + [set("WAZO_SWITCHBOARD_TIMEOUT", "")])
    }

    @Test(
        "no argument, no such switchboard and another tenant's switchboard are a break",
        arguments: [(nil, "t1"), ("", "t1"), ("sb-2", "t1"), ("sb-1", "t2")]
    )
    func breaks(argument: String?, tenant: String) async throws {
        let transcript = AGITranscript(variables: ["WAZO_TENANT_UUID": tenant])
        await #expect(throws: DialplanBreak.self) {
            try await run(
                "switchboard_set_features",
                directory(nil, timeout: 1),
                environment: argument.map { ["agi_arg_1": $0] } ?? [:],
                on: transcript
            )
        }
        #expect(!transcript.commands.contains { $0.hasPrefix("SET") })
    }

    @Test("a database that is away is a fault: the call needs its switchboard")
    func databaseAway() async throws {
        await #expect(throws: DatabaseFailure.self) {
            try await run(
                "switchboard_set_features",
                FixedDirectory(isAway: true),
                environment: ["agi_arg_1": "sb-1"]
            )
        }
    }
}
