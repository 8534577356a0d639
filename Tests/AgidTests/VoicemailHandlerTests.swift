import Core
import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("Voicemail handlers")
struct VoicemailHandlerTests {
    private func box(password: String = "42", skips: Bool = false, language: String? = "de_DE") -> DialplanVoicemail {
        DialplanVoicemail(
            number: "104",
            context: "boxes",
            language: language,
            password: password,
            isPasswordSkipped: skips
        )
    }

    private func features(_ boxes: [String: DialplanVoicemail], language: String? = "fr_FR") -> FixedFeatures {
        var user = DialplanUser(id: 3, uuid: UserID("u-3"), tenant: TenantID("t"), name: "Cy")
        user.language = language
        return FixedFeatures(users: FixedUsers(users: [user]), boxes: boxes)
    }

    private func channel(_ more: [String: String] = [:]) -> AGITranscript {
        AGITranscript(variables: ["WAZO_USERID": "3", "WAZO_BASE_CONTEXT": "inside"].merging(more) { $1 })
    }

    private func written(_ options: String) -> [String] {
        [
            set("WAZO_VMMAIN_OPTIONS", options), set("WAZO_MAILBOX", "104"), set("WAZO_MAILBOX_CONTEXT", "boxes"),
        ]
    }

    // MARK: vmbox_get_info

    @Test("a box by its number has the caller's language", arguments: [("s", true), ("", false)])
    func byNumber(options: String, skips: Bool) async throws {
        let features = features(["104@inside": box(skips: skips)])
        let commands = try await runFeature("vmbox_get_info", ["104"], features, on: channel())
        #expect(
            commands == [get("WAZO_USERID"), get("WAZO_BASE_CONTEXT")] + written(options) + [
                set("WAZO_MAILBOX_LANGUAGE", "fr_FR")
            ]
        )
    }

    @Test(
        "a box by its id has its own language, whoever calls",
        arguments: [
            ("3", "es_ES", "de_DE", "de_DE"), ("3", nil, "de_DE", "de_DE"), ("", "fr_FR", "de_DE", "de_DE"),
            ("3", "fr_FR", nil, ""), ("x", "fr_FR", "it\"", #"it\""#),
        ] as [(String, String?, String?, String)]
    )
    func byID(user: String, callers: String?, boxes: String?, language: String) async throws {
        let features = features(["7": box(language: boxes)], language: callers)
        let transcript = channel(["WAZO_VMBOXID": "7", "WAZO_USERID": user])
        let commands = try await runFeature("vmbox_get_info", [], features, on: transcript)
        #expect(
            commands == [get("WAZO_VMBOXID")] + written("") + [
                set("WAZO_MAILBOX_LANGUAGE", language)
            ]
        )
    }

    @Test("a caller who cannot be looked up costs no message")
    func callerAway() async throws {
        var features = features(["104@inside": box()])
        features.users.isAway = true
        let commands = try await runFeature("vmbox_get_info", ["104"], features, on: channel())
        #expect(commands.last == set("WAZO_MAILBOX_LANGUAGE", "de_DE"))
        #expect(commands.contains { $0.hasPrefix("VERBOSE") })
    }

    @Test("no box breaks the dialplan", arguments: [["105"], []])
    func noBox(arguments: [String]) async throws {
        for more in [[:], ["WAZO_VMBOXID": "8"], ["WAZO_VMBOXID": "7'--"], ["WAZO_BASE_CONTEXT": ""]] {
            let transcript = channel(more)
            await #expect(throws: DialplanBreak.self) {
                try await runFeature("vmbox_get_info", arguments, features(["7": box()]), on: transcript)
            }
            #expect(!transcript.commands.contains { $0.hasPrefix("SET") })
        }
    }

    // MARK: user_get_vmbox

    @Test("a user's own box comes with its password, if it has one", arguments: [("4\"2", true), ("", false)])
    func own(password: String, skips: Bool) async throws {
        let features = features(["user 3": box(password: password, skips: skips)])
        let commands = try await runFeature("user_get_vmbox", [], features, on: channel())
        let secret = password.isEmpty ? [] : [set("WAZO_VM_PASSWORD", #"4\"2"#)]
        #expect(commands == [get("WAZO_USERID")] + written(skips ? "s" : "") + secret)
    }

    @Test("another's box is found by his extension")
    func others() async throws {
        let features = features(["of 1é04@inside": box()])
        let commands = try await runFeature("user_get_vmbox", ["1é04"], features, on: channel())
        #expect(commands == [get("WAZO_BASE_CONTEXT")] + written("") + [set("WAZO_VM_PASSWORD", "42")])
    }

    @Test("nobody's box breaks the dialplan", arguments: [[], ["105"], [""]])
    func nobody(arguments: [String]) async throws {
        for more in [[:], ["WAZO_USERID": "x", "WAZO_BASE_CONTEXT": ""]] {
            await #expect(throws: DialplanBreak.self) {
                try await runFeature("user_get_vmbox", arguments, features([:]), on: channel(more))
            }
        }
    }

    // MARK: check_vmbox_password

    @Test(
        "a password is asked for when there is one and it is not skipped",
        arguments: [("1", false, "True"), ("", false, "False"), ("1", true, "False")]
    )
    func hasPassword(password: String, skips: Bool, answer: String) async throws {
        let features = features(["104@inside": box(password: password, skips: skips)])
        let commands = try await runFeature("check_vmbox_password", ["104", "inside"], features)
        #expect(commands == [set("WAZO_VM_HAS_PASSWORD", answer)])
    }

    @Test(
        "missing arguments and unknown boxes break the dialplan",
        arguments: [[], ["104"], ["", "inside"], ["104", ""], ["104", "other"]]
    )
    func checkBreaks(arguments: [String]) async throws {
        await #expect(throws: DialplanBreak.self) {
            try await runFeature("check_vmbox_password", arguments, features(["104@inside": box()]))
        }
    }

    @Test(
        "a database that is away is an error",
        arguments: ["vmbox_get_info", "user_get_vmbox", "check_vmbox_password"]
    )
    func away(script: String) async throws {
        let features = FixedFeatures(isAway: true)
        await #expect(throws: DatabaseFailure.self) {
            try await runFeature(script, ["104", "inside"], features, on: channel())
        }
    }
}
