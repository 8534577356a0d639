import Core
import Directory
import FastAGI
import Logging
import Synchronization
import Testing

@testable import Agid

/// Switches and settings of user 3 in memory; confd's part may be away.
private final class MemoryStores: UserSettingStoring, UserSwitchStoring {
    let changes = Mutex<[String]>([])
    let isAway: Bool
    let password: String?

    init(isAway: Bool = false, password: String? = "42") {
        self.isAway = isAway
        self.password = password
    }

    private func note(_ change: String) throws {
        if isAway { throw Unreachable() }
        changes.withLock { $0.append(change) }
    }

    func forwards(of user: Int) async throws -> [ForwardKind: ForwardSetting] {
        try note("forwards \(user)")
        return [
            .busy: ForwardSetting(isEnabled: true, destination: "1\"1"), .noAnswer: ForwardSetting(isEnabled: false),
        ]
    }

    func setForward(_ kind: ForwardKind, to setting: ForwardSetting, of user: Int) async throws {
        try note("\(kind.rawValue) \(setting.isEnabled) \(setting.destination ?? "-") \(user)")
    }

    func disableForwards(of user: Int) async throws { try note("none \(user)") }

    func isEnabled(_ service: UserService, of user: Int) async throws -> Bool {
        try note("\(service.rawValue)? \(user)")
        return service == .doNotDisturb
    }

    func setService(_ service: UserService, isEnabled: Bool, of user: Int) async throws {
        try note("\(service.rawValue) \(isEnabled) \(user)")
    }

    func toggleRecording(of user: Int) async throws -> Bool? { true }

    func voicemailPassword(of user: Int) async throws -> String? { password }

    func toggleVoicemail(of user: Int) async throws -> Bool? {
        try note("vm \(user)")
        return false
    }

    func toggleCallFilter(member: Int, by user: Int) async throws -> Bool? {
        member == 8 && user == 3 ? true : nil
    }
}

@Suite("Feature codes")
struct FeatureCodeTests {
    private func user(_ id: Int, _ uuid: String) -> DialplanUser {
        DialplanUser(id: id, uuid: UserID(uuid), tenant: TenantID("t"), name: "Cy")
    }

    private func code(
        _ script: String,
        _ arguments: [String] = [],
        stores: MemoryStores = MemoryStores(),
        on transcript: AGITranscript = AGITranscript(variables: ["WAZO_USERID": "3"])
    ) async throws -> [String] {
        let users = FixedUsers(users: [user(3, "u-3"), user(4, "u-104@inside")])
        let calls = UserCalls(
            directory: users,
            ringTones: RingToneFile(path: "/nonexistent", logger: .silent),
            settings: stores,
            switches: stores
        )
        guard let handler = calls.handlers.first(where: { $0.name == script }) else {
            throw HandlerFault("no handler \(script)")
        }
        var environment: [String: String] = [:]
        for (index, argument) in arguments.enumerated() { environment["agi_arg_\(index + 1)"] = argument }
        let session = AGISession(
            environment: AGIEnvironment(environment),
            transport: transcript,
            logger: .silent
        )
        try await handler.run(session)
        return transcript.commands
    }

    private let read = get("WAZO_USERID")
    private let owner = set("WAZO_USERID_OWNER", "3")

    @Test("what is switched on is written; without confd all forwards are off", arguments: [false, true])
    func features(isAway: Bool) async throws {
        let commands = try await code("phone_get_features", stores: MemoryStores(isAway: isAway))
        #expect(
            commands == [
                read, set("WAZO_ENABLEBUSY", isAway ? "0" : "1"), set("WAZO_DESTBUSY", isAway ? "" : #"1\"1"#),
                set("WAZO_ENABLERNA", "0"), set("WAZO_DESTRNA", ""), set("WAZO_ENABLEUNC", "0"),
                set("WAZO_DESTUNC", ""), set("WAZO_ENABLEVOICEMAIL", "0"), set("WAZO_CALLRECORD", "0"),
                set("WAZO_INCALLFILTER", "0"), set("WAZO_ENABLEDND", "0"),
            ]
        )
    }

    @Test(
        "each feature is switched and told",
        arguments: [
            (["callrecord"], [], [set("WAZO_CALLRECORDENABLED", "1"), set("WAZO_USERID_OWNER", "3")]),
            (["dnd"], ["dnd? 3", "dnd false 3"], [set("WAZO_DNDENABLED", "0"), set("WAZO_USERID_OWNER", "3")]),
            (
                ["incallfilter"], ["incallfilter? 3", "incallfilter true 3"],
                [set("WAZO_INCALLFILTERENABLED", "1"), set("WAZO_USERID_OWNER", "3")]
            ),
            (["vm", ""], ["vm 3"], [set("WAZO_VMENABLED", "0"), set("WAZO_USERID_OWNER", "3")]),
            (
                ["unc", "1", "12'3"], ["unconditional true 12'3 3"],
                [set("WAZO_USERID_OWNER", "3"), set("WAZO_UNCENABLED", "1")]
            ),
            (["rna", "0", "9"], ["noanswer false - 3"], [set("WAZO_USERID_OWNER", "3"), set("WAZO_RNAENABLED", "0")]),
            (["busy", "0", ""], ["busy false - 3"], [set("WAZO_USERID_OWNER", "3"), set("WAZO_BUSYENABLED", "0")]),
        ] as [([String], [String], [String])]
    )
    func switched(arguments: [String], changes: [String], written: [String]) async throws {
        let stores = MemoryStores()
        #expect(try await code("phone_set_feature", arguments, stores: stores) == [read] + written)
        #expect(stores.changes.withLock { $0 } == changes)
    }

    @Test("what confd does not do is not told", arguments: ["dnd", "incallfilter", "unc", "rna", "busy"])
    func away(feature: String) async throws {
        #expect(try await code("phone_set_feature", [feature, "1", "2"], stores: MemoryStores(isAway: true)) == [read])
    }

    @Test(
        "an unknown user's services and forwards stay, and the call goes on",
        arguments: ["", "5", "x"],
        ["dnd", "incallfilter", "unc", "rna", "busy"]
    )
    func nobody(user: String, feature: String) async throws {
        let stores = MemoryStores()
        let transcript = AGITranscript(variables: ["WAZO_USERID": user])
        #expect(try await code("phone_set_feature", [feature, "1", "12"], stores: stores, on: transcript) == [read])
        #expect(stores.changes.withLock { $0.isEmpty })
    }

    @Test(
        "a forward whose destination is not named stays as it is",
        arguments: ["unc", "rna", "busy"],
        [["1"], ["0"], [], ["1", ""]]
    )
    func noDestination(feature: String, arguments: [String]) async throws {
        let stores = MemoryStores()
        #expect(try await code("phone_set_feature", [feature] + arguments, stores: stores) == [read])
        #expect(stores.changes.withLock { $0.isEmpty })
    }

    @Test("another's box is switched with its password only", arguments: ["0", "-1"])
    func othersBox(result: String) async throws {
        let stores = MemoryStores()
        let transcript = AGITranscript(
            variables: ["WAZO_USERID": "3", "WAZO_BASE_CONTEXT": "inside"],
            replies: [#"EXEC Authenticate "42""#: ["200 result=\(result)"]]
        )
        let head = [read, get("WAZO_BASE_CONTEXT"), #"EXEC Authenticate "42""#]
        if result == "0" {
            let commands = try await code("phone_set_feature", ["vm", "104"], stores: stores, on: transcript)
            #expect(commands == head + [set("WAZO_VMENABLED", "0"), set("WAZO_USERID_OWNER", "4")])
        } else {
            await #expect(throws: DialplanBreak.self) {
                try await code("phone_set_feature", ["vm", "104"], stores: stores, on: transcript)
            }
            #expect(transcript.commands == head)
            #expect(stores.changes.withLock { $0.isEmpty })
        }
    }

    @Test("a password that would be an option or a file is none", arguments: ["1,a", "/etc/passwd"])
    func hostilePassword(password: String) async throws {
        let transcript = AGITranscript(variables: ["WAZO_USERID": "3", "WAZO_BASE_CONTEXT": "inside"])
        await #expect(throws: DialplanBreak.self) {
            try await code(
                "phone_set_feature",
                ["vm", "104"],
                stores: MemoryStores(password: password),
                on: transcript
            )
        }
        #expect(!transcript.commands.contains { $0.hasPrefix("EXEC") })
    }

    @Test(
        "an unknown feature, user, extension or box breaks the dialplan",
        arguments: [["x"], [], ["vm", "105"], ["vm", "104"]]
    )
    func breaks(arguments: [String]) async throws {
        await #expect(throws: DialplanBreak.self) { try await code("phone_set_feature", arguments) }
        let nobody = AGITranscript(variables: ["WAZO_USERID": "5"])
        await #expect(throws: DialplanBreak.self) { try await code("phone_get_features", on: nobody) }
        for feature in ["callrecord", "vm"] {
            await #expect(throws: DialplanBreak.self) { try await code("phone_set_feature", [feature], on: nobody) }
        }
        await #expect(throws: DialplanBreak.self) {
            try await code("phone_set_feature", ["vm"], stores: MemoryStores(password: nil))
        }
    }

    @Test("all forwards are undone; a failure costs nothing")
    func undo() async throws {
        let stores = MemoryStores()
        #expect(try await code("fwdundoall", stores: stores) == [read])
        #expect(stores.changes.withLock { $0 } == ["none 3"])
        let failed = try await code("fwdundoall", stores: MemoryStores(isAway: true))
        #expect(failed.count == 2 && failed.last?.hasPrefix("VERBOSE") == true)
    }

    @Test("a member of one's own filter is switched, no other")
    func filter() async throws {
        #expect(try await code("callfilter", ["8"]) == [read, set("WAZO_BSFILTERENABLED", "1")])
        for argument in ["9", "x", "", "-8", "99999999999999999999"] {
            await #expect(throws: DialplanBreak.self) { try await code("callfilter", [argument]) }
        }
    }
}
