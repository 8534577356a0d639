import Core
import FastAGI
import Testing

@testable import Agid

@Suite("get_user_interfaces")
struct UserInterfaceTests {
    private let hint = "HINT(u-7@usersharedlines)"
    private let web = "PJSIP_ENDPOINT(abc,webrtc)"

    private func interfaces(
        _ variables: [String: String],
        mobiles: FixedMobiles = FixedMobiles()
    ) async throws -> [String] {
        try await runUserCall(
            "get_user_interfaces",
            arguments: ["u-7"],
            mobiles: mobiles,
            on: AGITranscript(variables: variables)
        )
    }

    @Test("each phone of the hint becomes an interface; presence states do not")
    func phones() async throws {
        let commands = try await interfaces([
            hint: "PJSIP/abc&SCCP/x&Custom:u-7-mobile&Local/3@y",
            "PJSIP_DIAL_CONTACTS(abc)": "PJSIP/abc/sip:1&PJSIP/abc/sip:2",
        ])
        #expect(
            commands == [
                get(hint), get(web), get("PJSIP_DIAL_CONTACTS(abc)"),
                set("WAZO_USER_INTERFACES", "PJSIP/abc/sip:1&PJSIP/abc/sip:2&SCCP/x&Local/3@y"),
            ]
        )
    }

    @Test("a hint without phones leaves nobody to ring")
    func nobody() async throws {
        #expect(try await interfaces([hint: "Custom:x"]) == [get(hint), set("WAZO_USER_INTERFACES", "")])
    }

    @Test("an unknown user, or none, is a fault", arguments: [["u-7"], [""], []])
    func unknown(arguments: [String]) async throws {
        await #expect(throws: HandlerFault.self) {
            try await runUserCall("get_user_interfaces", arguments: arguments)
        }
    }

    private let wake = [
        set("WAZO_MOBILE_CONNECTION", "True"), set("WAZO_WAIT_FOR_MOBILE", "1"),
        set("WAZO_USER_INTERFACES", "Local/abc@wazo_wait_for_registration"),
    ]

    @Test("a sleeping mobile application is waited for")
    func sleeping() async throws {
        let commands = try await interfaces(
            [
                hint: "PJSIP/abc", web: "yes", "PJSIP_AOR(abc,contact)": "c1,c2",
                "PJSIP_CONTACT(c1,mobility)": "mobile", "PJSIP_CONTACT(c1,status)": "Unreachable",
            ],
            mobiles: FixedMobiles(users: [UserID("u-7")])
        )
        #expect(
            commands == [
                get(hint), get(web), get("PJSIP_AOR(abc,contact)"), get("PJSIP_CONTACT(c1,mobility)"),
                get("PJSIP_CONTACT(c1,status)"), get("PJSIP_CONTACT(c2,mobility)"),
            ] + wake
        )
    }

    @Test("one that is reachable is rung as any phone")
    func reachable() async throws {
        let commands = try await interfaces(
            [
                hint: "PJSIP/abc", web: "yes", "PJSIP_AOR(abc,contact)": "c1,c2",
                "PJSIP_CONTACT(c1,mobility)": "mobile", "PJSIP_CONTACT(c1,status)": "Reachable",
            ],
            mobiles: FixedMobiles(users: [UserID("u-7")])
        )
        #expect(commands.suffix(2) == [get("PJSIP_DIAL_CONTACTS(abc)"), set("WAZO_USER_INTERFACES", "PJSIP/abc")])
        #expect(!commands.contains(get("PJSIP_CONTACT(c2,mobility)")))
    }

    @Test("without a session, or without auth, nobody waits", arguments: [false, true])
    func noSession(isAway: Bool) async throws {
        let commands = try await interfaces([hint: "PJSIP/abc", web: "yes"], mobiles: FixedMobiles(isAway: isAway))
        #expect(commands.last == set("WAZO_USER_INTERFACES", "PJSIP/abc"))
        #expect(commands.contains { $0.hasPrefix("VERBOSE") } == isAway)
    }
}
