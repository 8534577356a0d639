import Core
import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("Function keys")
struct FunctionKeyTests {
    private let read = get("WAZO_USERID")
    private let features: FixedFeatures = {
        var features = FixedFeatures()
        features.codes = ["*31": "agentstaticlogin", "*90": "enablevm"]
        features.prefixes = ["enablevm": FunctionKeyPrefix(prefix: "_*735.", feature: "*90")]
        features.prefixes["groupmembertoggle"] = FunctionKeyPrefix(prefix: "*735", feature: "_*50.")
        features.users.users = [
            DialplanUser(id: 12, uuid: UserID("u-12"), tenant: TenantID("t"), name: "Cy")
        ]
        return features
    }()

    private func channel(_ user: String = "12") -> AGITranscript { AGITranscript(variables: ["WAZO_USERID": user]) }

    // MARK: phone_progfunckey

    @Test(
        "a key asks for a feature with what belongs to it",
        arguments: [
            ("12***231*dest", "*31dest", "agentstaticlogin"), ("12***290", "*90", "enablevm"),
            ("12***231***35", "*31*5", "agentstaticlogin"),
        ]
    )
    func known(key: String, number: String, feature: String) async throws {
        let commands = try await runFeature("phone_progfunckey", [key], features, on: channel())
        #expect(
            commands == [
                read, set("WAZO_PHONE_PROGFUNCKEY", number), set("WAZO_PHONE_PROGFUNCKEY_FEATURE", feature),
            ]
        )
    }

    @Test("a code of no feature is told", arguments: [("12*7\"7", #"7\"7"#), ("12", ""), ("12*", "")])
    func unknownCode(key: String, number: String) async throws {
        let commands = try await runFeature("phone_progfunckey", [key], features, on: channel())
        #expect(
            commands == [
                read, verbose("No feature has the code '\(number)'"), set("WAZO_PHONE_PROGFUNCKEY", number),
                set("WAZO_PHONE_PROGFUNCKEY_FEATURE", ""),
            ]
        )
    }

    @Test(
        "a key that is none, or another's, breaks the dialplan",
        arguments: [[], ["12***290", "x"], ["12**"], ["13***290"], [""], ["**"]]
    )
    func breaks(arguments: [String]) async throws {
        let transcript = channel()
        await #expect(throws: DialplanBreak.self) {
            try await runFeature("phone_progfunckey", arguments, features, on: transcript)
        }
        #expect(!transcript.commands.contains { $0.hasPrefix("SET") })
    }

    @Test("a database that is away is an error")
    func away() async throws {
        var features = features
        features.isAway = true
        await #expect(throws: DatabaseFailure.self) {
            try await runFeature("phone_progfunckey", ["12***290"], features, on: channel())
        }
    }

    // MARK: phone_progfunckey_devstate

    @Test(
        "lamps show what was switched",
        arguments: [
            (["enablevm", "INUSE"], "*73512***290", "INUSE"),
            (["groupmembertoggle", "NOT_INUSE", "7"], "*73512***250*7", "NOT_INUSE"),
            (["groupmembertoggle", "UNKNOWN", "*5#"], "*73512***250***35#", "UNKNOWN"),
        ]
    )
    func lamps(arguments: [String], key: String, state: String) async throws {
        let commands = try await runFeature("phone_progfunckey_devstate", arguments, features, on: channel())
        #expect(commands == [read, set("DEVICE_STATE(Custom:\(key))", state)])
    }

    @Test("confd's own lamps are left alone", arguments: ["fwdbusy", "fwdrna", "fwdunc", "incallfilter", "enablednd"])
    func confd(feature: String) async throws {
        let arguments = [feature, "INUSE", "9"]
        #expect(try await runFeature("phone_progfunckey_devstate", arguments, features, on: channel()) == [read])
    }

    @Test(
        "a feature without keys, and a destination that would be something else, are told",
        arguments: [
            ["recsnd", "INUSE"], ["groupmembertoggle", "INUSE", "7),x"], ["groupmembertoggle", "BUSY", "é\"$"],
        ]
    )
    func told(arguments: [String]) async throws {
        let commands = try await runFeature("phone_progfunckey_devstate", arguments, features, on: channel())
        #expect(commands.count == 2 && commands[1].hasPrefix("VERBOSE"))
    }

    @Test(
        "wrong arguments and unknown users break the dialplan",
        arguments: [([], "12"), (["enablevm"], "12"), (["enablevm", "ON"], "12"), (["enablevm", "inuse"], "12")]
            + [(["enablevm", "INUSE"], "13"), (["fwdunc", "INUSE"], ""), (["fwdunc", "INUSE"], "x")]
            as [([String], String)]
    )
    func stateBreaks(arguments: [String], user: String) async throws {
        await #expect(throws: DialplanBreak.self) {
            try await runFeature("phone_progfunckey_devstate", arguments, features, on: channel(user))
        }
    }

    @Test("a database that is away costs no call", arguments: [true, false])
    func stateAway(usersToo: Bool) async throws {
        var features = features
        features.isAway = true
        features.users.isAway = usersToo
        let commands = try await runFeature(
            "phone_progfunckey_devstate",
            ["enablevm", "BUSY"],
            features,
            on: channel()
        )
        #expect(commands.count == 2 && commands[1].hasPrefix("VERBOSE"))
    }
}
