import Core
import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("incoming_user_set_features")
struct IncomingUserSetFeaturesTests {
    private let script = "incoming_user_set_features"

    private func callee(_ change: (inout DialplanUser) -> Void = { _ in }) -> DialplanUser {
        var user = DialplanUser(id: 7, uuid: UserID("u-7"), tenant: TenantID("t"), name: "Ann Bee")
        user.simultaneousCalls = 5
        user.ringSeconds = 30
        change(&user)
        return user
    }

    private func directory(_ callee: DialplanUser, _ endpoints: [LineRecord.Endpoint] = []) -> FixedUsers {
        FixedUsers(
            users: [callee],
            callee: CalleeExtension(exten: "107", context: "inside", endpoints: endpoints)
        )
    }

    private let reads = [
        "WAZO_USERID", "WAZO_DSTID", "WAZO_DST_EXTEN_ID", "WAZO_CALLORIGIN", "WAZO_SRCNUM", "WAZO_DSTNUM",
        "WAZO_BASE_CONTEXT", "WAZO_USER_MOH_UUID", "WAZO_TENANT_UUID",
    ].map(get)

    private let plainIdentity = [
        set("WAZO_DST_USERNUM", "107"), set("WAZO_DST_USER_CONTEXT", "inside"), set("WAZO_DST_NAME", "Ann Bee"),
        set("WAZO_DST_REDIRECTING_NAME", "Ann Bee"), set("WAZO_DST_REDIRECTING_NUM", "107"),
        set("WAZO_DST_REDIRECTING_EXTERN_NAME", ""), set("WAZO_DST_REDIRECTING_EXTERN_NUM", ""),
        set("WAZO_DST_UUID", "u-7"), set("WAZO_DST_TENANT_UUID", "t"),
    ]

    @Test("a plain user is written in the contract's order")
    func plain() async throws {
        let commands = try await runUserCall(
            script,
            directory(callee()),
            on: AGITranscript(variables: ["WAZO_DSTID": "7", "WAZO_CALLORIGIN": "extern"])
        )
        let expected: [[String]] = [
            reads, plainIdentity,
            [
                set("WAZO_INTERFACE", ""), set("WAZO_CALLOPTIONS", ""), set("__WAZO_CALLEE_SIMULTCALLS", "5"),
                set("WAZO_RINGSECONDS", "30"), set("WAZO_ENABLEDND", "0"), set("WAZO_ENABLEVOICEMAIL", "0"),
                set("WAZO_MAILBOX", ""), set("WAZO_MAILBOX_CONTEXT", ""), set("WAZO_USEREMAIL", ""),
                set("WAZO_ENABLEUNC", "0"), set("WAZO_FWD_USER_UNC_ACTION", "none"),
                set("WAZO_FWD_USER_UNC_ACTIONARG1", ""), set("WAZO_FWD_USER_UNC_ACTIONARG2", ""),
            ],
            setAction("USER_BUSY", "none"), setAction("USER_NOANSWER", "none"),
            setAction("USER_CONGESTION", "none"), setAction("USER_CHANUNAVAIL", "none"),
            [
                get("WAZO_CALL_RECORD_ACTIVE"), get("WAZO_FROMGROUP"), set("WAZO_CALL_RECORD_SIDE", "caller"),
                set("WAZO_USERPREPROCESS_SUBROUTINE", ""), set("WAZO_MOBILEPHONENUMBER", ""),
                get("CHANNEL(videonativeformat)"), set("WAZO_VIDEO_ENABLED", "1"), get("WAZO_PATH"),
                set("WAZO_PATH", "user"), set("WAZO_PATH_ID", "7"),
            ],
        ]
        #expect(commands == expected.flatMap { $0 })
    }

    @Test("a user with everything: rights, forwards, box, recording, music, numbers")
    func everything() async throws {
        var caller = DialplanUser(id: 3, uuid: UserID("u-3"), tenant: TenantID("t"), name: "Cy")
        caller.simultaneousCalls = 2
        caller.language = "fr_FR"
        caller.rights.mayHangUp = true
        caller.rights.mayTransfer = true
        caller.rights.mayRecord = true
        let callee = callee {
            $0.callerID = "\"Sales \u{e9}\" <200>"
            $0.ringSeconds = 0
            $0.language = "de_DE"
            $0.music = "jazz"
            $0.preprocessSubroutine = "sub"
            $0.mobileNumber = "+331"
            $0.isDoNotDisturbEnabled = true
            $0.rights.mayHangUp = true
            $0.rights.mayTransfer = true
            $0.rights.mayRecord = true
            $0.rights.screensCallers = true
            $0.recording.isIncomingInternalEnabled = true
            $0.unconditional = .init(isEnabled: true, destination: "111")
            $0.busy = .init(isEnabled: true, destination: "222")
            $0.mailbox = .init(number: "107", context: "inside", email: "a@b", language: "en_US")
        }
        var users = directory(callee, [.sccp(name: "s"), .custom(interface: "Local/5@x/n"), .sip(name: "abc")])
        users.users.append(caller)
        users.numbers = [
            OutgoingNumber(kind: .main, number: "+1"), OutgoingNumber(kind: .shared, number: "+2"),
            OutgoingNumber(kind: .associated, number: "+3"),
        ]
        users.music = ["m-1": "class"]
        users.actions = [
            "user/7": [
                "noanswer": DialAction(action: "voicemail", argument1: "4|u"),
                "busy": DialAction(action: "user", argument1: "9"),
                "chanunavail": DialAction(action: "sound", argument1: "x", argument2: "y"),
            ]
        ]
        let commands = try await runUserCall(
            script,
            users,
            on: AGITranscript(
                variables: [
                    "WAZO_USERID": "3", "WAZO_DSTID": "7", "WAZO_DST_EXTEN_ID": "50", "WAZO_CALLORIGIN": "intern",
                    "WAZO_USER_MOH_UUID": "m-1", "WAZO_FROMGROUP": "1", "BLINDTRANSFER": "SIP/x",
                    "CHANNEL(videonativeformat)": "(nothing)", "WAZO_PATH": "incall",
                ]
            )
        )
        let expected: [[String]] = [
            reads,
            [
                set("__WAZO_CALLER_SIMULTCALLS", "2"), set("WAZO_DST_USERNUM", "107"),
                set("WAZO_DST_USER_CONTEXT", "inside"), set("WAZO_DST_NAME", "Ann Bee"),
                set("WAZO_DST_REDIRECTING_NAME", "Sales \u{e9}"), set("WAZO_DST_REDIRECTING_NUM", "200"),
                set("WAZO_DST_REDIRECTING_EXTERN_NAME", "+3"), set("WAZO_DST_REDIRECTING_EXTERN_NUM", "+3"),
                set("WAZO_DST_UUID", "u-7"), set("WAZO_DST_TENANT_UUID", "t"), get("PJSIP_ENDPOINT(abc,webrtc)"),
                get("PJSIP_DIAL_CONTACTS(abc)"), set("WAZO_INTERFACE", "SCCP/s&Local/5@x/n&PJSIP/abc"),
                set("WAZO_CALLOPTIONS", "hHtTxXpm(class)"), set("__WAZO_CALLEE_SIMULTCALLS", "5"),
                set("WAZO_RINGSECONDS", ""), set("WAZO_ENABLEDND", "1"), set("WAZO_ENABLEVOICEMAIL", "1"),
                set("WAZO_MAILBOX", "107"), set("WAZO_MAILBOX_CONTEXT", "inside"), set("WAZO_USEREMAIL", "a@b"),
                set("WAZO_ENABLEUNC", "1"), set("WAZO_FWD_USER_UNC_ACTION", "extension"),
                set("WAZO_FWD_USER_UNC_ACTIONARG1", "111"), set("WAZO_FWD_USER_UNC_ACTIONARG2", "inside"),
                set("WAZO_FWD_USER_BUSY_ACTION", "extension"), set("WAZO_FWD_USER_BUSY_ACTIONARG1", "222"),
                set("WAZO_FWD_USER_BUSY_ACTIONARG2", "inside"), set("WAZO_ENABLEBUSY", "True"),
            ],
            setAction("USER_NOANSWER", "voicemail", "4;u"), [set("WAZO_ENABLERNA", "True")],
            setAction("USER_CONGESTION", "none"), setAction("USER_CHANUNAVAIL", "sound", "x", "y"),
            [
                set("CHANNEL(musicclass)", "jazz"), get("WAZO_CALL_RECORD_ACTIVE"), get("WAZO_FROMGROUP"),
                get("BLINDTRANSFER"), set("__WAZO_PEER_CALL_RECORD_ENABLED", "1"),
                set("WAZO_CALL_RECORD_SIDE", "caller"), set("WAZO_USERPREPROCESS_SUBROUTINE", "sub"),
                set("WAZO_MOBILEPHONENUMBER", "+331"), set("WAZO_MAILBOX_LANGUAGE", "fr_FR"),
                get("CHANNEL(videonativeformat)"), set("WAZO_VIDEO_ENABLED", "0"), get("WAZO_PATH"),
            ],
        ]
        #expect(commands == expected.flatMap { $0 })
    }

    @Test(
        "a callee that is not there breaks the dialplan",
        arguments: [
            ["WAZO_DSTID": ""], ["WAZO_DSTID": "8"], ["WAZO_DSTID": "x\""],
            ["WAZO_DSTID": "7", "WAZO_DST_EXTEN_ID": "51"], ["WAZO_DSTID": "7", "WAZO_DST_EXTEN_ID": "x"],
        ]
    )
    func unknown(variables: [String: String]) async throws {
        let transcript = AGITranscript(variables: variables)
        await #expect(throws: DialplanBreak.self) {
            try await runUserCall(script, directory(callee()), on: transcript)
        }
        #expect(transcript.commands == reads)
    }

    @Test("without the database the call has no destination")
    func away() async throws {
        var users = directory(callee())
        users.isAway = true
        let transcript = AGITranscript(variables: ["WAZO_DSTID": "7"])
        await #expect(throws: DatabaseFailure.self) { try await runUserCall(script, users, on: transcript) }
    }

    @Test("a callee of another tenant than the channel's is unknown")
    func tenants() async throws {
        let other = AGITranscript(variables: ["WAZO_DSTID": "7", "WAZO_TENANT_UUID": "another"])
        await #expect(throws: DialplanBreak("Unknown user 7")) {
            try await runUserCall(script, directory(callee()), on: other)
        }
        let own = AGITranscript(variables: ["WAZO_DSTID": "7", "WAZO_TENANT_UUID": "t"])
        let commands = try await runUserCall(script, directory(callee()), on: own)
        #expect(commands.last == set("WAZO_PATH_ID", "7"))
    }

    @Test("what confd would tell, an unknown caller and an unknown music class cost nothing")
    func soft() async throws {
        var users = directory(callee())
        users.isConfdAway = true
        let commands = try await runUserCall(
            script,
            users,
            on: AGITranscript(
                variables: ["WAZO_DSTID": "7", "WAZO_USERID": "0x", "WAZO_USER_MOH_UUID": "m\n\"2"]
            )
        )
        #expect(commands.contains(set("WAZO_DST_REDIRECTING_EXTERN_NUM", "")))
        #expect(commands.contains(set("WAZO_CALLOPTIONS", "")))
        #expect(commands.contains { $0.hasPrefix("VERBOSE") && $0.contains("Unknown music on hold") })
        #expect(commands.last == set("WAZO_PATH_ID", "7"))
    }

    @Test(
        "recording follows the zone, and is the group's for calls of a group",
        arguments: [
            ("intern", "", "", "", true), ("extern", "", "", "", false), ("intern", "1", "", "", false),
            ("intern", "", "1", "", false), ("intern", "", "1", "SIP/x", true),
        ]
    )
    func recording(zone: String, active: String, group: String, transfer: String, isRecorded: Bool) async throws {
        let commands = try await runUserCall(
            script,
            directory(callee { $0.recording.isIncomingInternalEnabled = true }),
            on: AGITranscript(
                variables: [
                    "WAZO_DSTID": "7", "WAZO_CALLORIGIN": zone, "WAZO_CALL_RECORD_ACTIVE": active,
                    "WAZO_FROMGROUP": group, "BLINDTRANSFER": transfer,
                ]
            )
        )
        #expect(commands.contains(set("__WAZO_PEER_CALL_RECORD_ENABLED", "1")) == isRecorded)
    }

    @Test(
        "the box speaks the caller's language inside, else its own, else the callee's",
        arguments: [("intern", "en", "fr"), ("extern", "en", "en"), ("extern", nil, "de")]
    )
    func language(zone: String, own: String?, spoken: String) async throws {
        var users = directory(
            callee {
                $0.language = "de"
                $0.mailbox = .init(number: "1", context: "c", email: nil, language: own)
            }
        )
        var caller = DialplanUser(id: 3, uuid: UserID("u-3"), tenant: TenantID("t"), name: "Cy")
        caller.language = "fr"
        users.users.append(caller)
        let variables = ["WAZO_DSTID": "7", "WAZO_USERID": "3", "WAZO_CALLORIGIN": zone]
        let commands = try await runUserCall(script, users, on: AGITranscript(variables: variables))
        #expect(commands.contains(set("WAZO_MAILBOX_LANGUAGE", spoken)))
    }

    // MARK: Call filter

    private func filter(_ strategy: CallFilter.Strategy, zone: CallFilter.Zone = .all) -> CallFilter {
        CallFilter(
            id: 4,
            strategy: strategy,
            zone: zone,
            ringSeconds: 20,
            bossRingSeconds: 0,
            secretaries: [.init(user: UserID("s-1"), ringSeconds: 15), .init(user: UserID("s-2"), ringSeconds: 0)],
            isCallerSecretary: false,
            callerID: nil
        )
    }

    private let boss = [
        set("WAZO_CALLFILTER_BOSS_INTERFACE", "Local/u-7@usersharedlines"), set("WAZO_CALLFILTER_BOSS_TIMEOUT", ""),
    ]
    private let serial = [
        set("WAZO_CALLFILTER_SECRETARY0_INTERFACE", "Local/s-1@usersharedlines"),
        set("WAZO_CALLFILTER_SECRETARY0_TIMEOUT", "15"),
        set("WAZO_CALLFILTER_SECRETARY1_INTERFACE", "Local/s-2@usersharedlines"),
        set("WAZO_CALLFILTER_SECRETARY1_TIMEOUT", ""),
    ]
    private let together = [
        set("WAZO_CALLFILTER_INTERFACE", "Local/s-1@usersharedlines&Local/s-2@usersharedlines"),
        set("WAZO_CALLFILTER_TIMEOUT", "20"),
    ]

    @Test(
        "a filter is written by its strategy, without a boss who does not want to be disturbed",
        arguments: [
            CallFilter.Strategy.bossFirstSerial, .bossFirstSimultaneous, .secretarySerial, .secretarySimultaneous,
            .all,
        ],
        [false, true]
    )
    func filtered(strategy: CallFilter.Strategy, isAway: Bool) async throws {
        var users = directory(callee { $0.isDoNotDisturbEnabled = isAway })
        users.filter = filter(strategy)
        users.filter?.callerID = CallerIDRule(mode: .prepend, display: "Boss")
        users.actions = ["callfilter/4": ["noanswer": DialAction(action: "user", argument1: "3")]]
        let commands = try await runUserCall(
            script,
            users,
            on: AGITranscript(variables: ["WAZO_DSTID": "7", "CALLERID(name)": "Di", "CALLERID(num)": "12"])
        )
        let isSerial = strategy == .bossFirstSerial || strategy == .secretarySerial
        let hasBoss = !isAway && strategy != .secretarySerial && strategy != .secretarySimultaneous
        let mode = isAway ? (isSerial ? "secretary-serial" : "secretary-simult") : strategy.rawValue
        let expected: [[String]] = [
            reads, plainIdentity, [set("WAZO_INTERFACE", "")], hasBoss ? boss : [], isSerial ? serial : together,
            setAction("CALLFILTER_NOANSWER", "user", "3"),
            [
                get("WAZO_CID_REWRITTEN"), get("CALLERID(name)"), get("CALLERID(num)"),
                set("CALLERID(name-pres)", "allowed"), set("CALLERID(num-pres)", "allowed"),
                #"SET VARIABLE "CALLERID(all)" "\"Boss - Di\" <12>""#, set("WAZO_CALLFILTER", "1"),
                set("WAZO_CALLFILTER_MODE", mode),
            ],
        ]
        #expect(commands == expected.flatMap { $0 })
    }

    @Test(
        "a filter is for its zone, not for its secretaries' calls, and needs one who is there",
        arguments: [
            (CallFilter.Zone.internal, "intern", true), (.internal, "extern", false), (.external, "extern", true),
            (.external, "intern", false), (.all, "", true), (.internal, "", false),
        ]
    )
    func zones(zone: CallFilter.Zone, origin: String, isFiltered: Bool) {
        var filter = filter(.all, zone: zone)
        #expect(filter.concerns(zone: origin) == isFiltered)
        filter.isCallerSecretary = true
        #expect(!filter.concerns(zone: origin))
        filter.isCallerSecretary = false
        filter.secretaries = []
        #expect(!filter.concerns(zone: origin))
    }
}
