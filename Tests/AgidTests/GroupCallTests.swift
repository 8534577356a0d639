import Core
import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("incoming_group_set_features")
struct GroupCallTests {
    private var group: CallGroup {
        var group = CallGroup(id: 7, tenant: TenantID("t"), name: "grp-7", label: "Sales")
        group.exten = "200"
        group.context = "inside"
        group.strategy = "ringall"
        return group
    }

    private let reads = [
        "WAZO_DSTID", "WAZO_FWD_REFERER", "WAZO_INCALL_ID", "WAZO_DSTNUM", "WAZO_PATH", "WAZO_TENANT_UUID",
    ].map(get)

    private func variables(_ more: [String: String] = [:]) -> AGITranscript {
        AGITranscript(variables: ["WAZO_DSTID": "7", "WAZO_TENANT_UUID": "t"].merging(more) { $1 })
    }

    @Test("a plain group: every variable in the contract's order")
    func plain() async throws {
        let actions = ["group/7": ["noanswer": DialAction(action: "user", argument1: "1|2", argument2: "x")]]
        let directory = FixedQueues(group: group, users: FixedUsers(actions: actions))
        let commands = try await runQueueCall("incoming_group_set_features", directory, on: variables())
        let head =
            reads + [
                "VERBOSE \"Calling group \\\"Sales\\\" from tenant \\\"t\\\"\" 1",
                set("WAZO_GROUPOPTIONS", "r"), set("WAZO_GROUPNEEDANSWER", "0"),
                set("WAZO_REAL_NUMBER", "200"), set("WAZO_REAL_CONTEXT", "inside"),
                set("__WAZO_GROUPNAME", "grp-7"), set("WAZO_GROUP_LABEL", "Sales"),
                set("WAZO_GROUP_STRATEGY", "ringall"), set("WAZO_GROUP_MAX_CALLS", ""),
                set("WAZO_DST_REDIRECTING_NAME", "Sales"), set("WAZO_DST_REDIRECTING_NUM", "200"),
                set("WAZO_DST_REDIRECTING_EXTERN_NAME", ""), set("WAZO_DST_REDIRECTING_EXTERN_NUM", ""),
                set("WAZO_GROUPTIMEOUT", ""), set("WAZO_GROUP_USER_TIMEOUT", ""), set("__WAZO_RING_TIME", ""),
                set("WAZO_GROUP_RETRY_DELAY", "0"),
            ]
        let destinations =
            setAction("GROUP_NOANSWER", "user", "1;2", "x") + setAction("GROUP_CONGESTION", "none")
            + setAction("GROUP_BUSY", "none") + setAction("GROUP_CHANUNAVAIL", "none")
        let tail = [
            set("WAZO_PATH", "group"), set("WAZO_PATH_ID", "7"), set("WAZO_CALL_RECORD_SIDE", "caller"),
            set("__WAZO_LOCAL_CHAN_MATCH_UUID", "<uuid>"), set("__WAZO_GROUP_DTMF_RECORD_TOGGLE_ENABLED", "0"),
        ]
        #expect(commands == head + destinations + tail)
    }

    @Test("everything set: options, music, limits, subroutine, a call from outside with a path already")
    func full() async throws {
        var group = group
        group.options.calleeMayTransfer = true
        group.options.callerMayTransfer = true
        group.options.calleeMayRecord = true
        group.options.callerMayRecord = true
        group.options.ignoresForwards = true
        group.options.marksAnsweredElsewhere = true
        group.music = "jazz"
        group.maximumCalls = 0
        group.timeout = 60
        group.memberTimeout = 15
        group.retryDelay = 5
        group.preprocessSubroutine = "before"
        group.isRecordToggleEnabled = true
        let commands = try await runQueueCall(
            "incoming_group_set_features",
            FixedQueues(group: group),
            on: variables(["WAZO_INCALL_ID": "4", "WAZO_DSTNUM": "+331", "WAZO_PATH": "incall"])
        )
        let expected = [
            set("WAZO_GROUPOPTIONS", "tTxXiC"), set("WAZO_GROUPNEEDANSWER", "1"),
            set("WAZO_GROUP_MAX_CALLS", "0"), set("CHANNEL(musicclass)", "jazz"),
            set("WAZO_DST_REDIRECTING_NUM", "+331"), set("WAZO_DST_REDIRECTING_EXTERN_NAME", "+331"),
            set("WAZO_DST_REDIRECTING_EXTERN_NUM", "+331"), set("WAZO_GROUPPREPROCESS_SUBROUTINE", "before"),
            set("WAZO_GROUPTIMEOUT", "60"), set("WAZO_GROUP_USER_TIMEOUT", "15"), set("__WAZO_RING_TIME", "15"),
            set("WAZO_GROUP_RETRY_DELAY", "5"), set("__WAZO_GROUP_DTMF_RECORD_TOGGLE_ENABLED", "1"),
        ]
        #expect(commands.filter(expected.contains) == expected)
        #expect(!commands.contains { $0.hasPrefix("SET VARIABLE \"WAZO_PATH") })
    }

    @Test(
        "options tell music from ringing and a linear group from others",
        arguments: [
            ("ringall", nil, "rC", "0"), ("linear", nil, "rc", "0"), ("linear", "jazz", "mc", "1"),
            ("ringall", "jazz", "C", "1"),
        ] as [(String, String?, String, String)]
    )
    func options(strategy: String, music: String?, options: String, answer: String) async throws {
        var group = group
        group.strategy = strategy
        group.music = music
        group.options.marksAnsweredElsewhere = true
        let commands = try await runQueueCall(
            "incoming_group_set_features",
            FixedQueues(group: group),
            on: variables()
        )
        #expect(commands.contains(set("WAZO_GROUPOPTIONS", options)))
        #expect(commands.contains(set("WAZO_GROUPNEEDANSWER", answer)))
    }

    @Test(
        "one half of a call from outside is none: the group's number stays",
        arguments: ["WAZO_INCALL_ID", "WAZO_DSTNUM"]
    )
    func notFromOutside(variable: String) async throws {
        let commands = try await runQueueCall(
            "incoming_group_set_features",
            FixedQueues(group: group),
            on: variables([variable: "4"])
        )
        #expect(commands.contains(set("WAZO_DST_REDIRECTING_NUM", "200")))
        #expect(commands.contains(set("WAZO_DST_REDIRECTING_EXTERN_NUM", "")))
    }

    @Test(
        "the caller id is rewritten for the first destination of the call only",
        arguments: ["group:7", "user:7", "group:8"]
    )
    func callerID(referer: String) async throws {
        var group = group
        group.callerID = CallerIDRule(mode: .prepend, display: "Sales")
        let commands = try await runQueueCall(
            "incoming_group_set_features",
            FixedQueues(group: group),
            on: variables(["WAZO_FWD_REFERER": referer, "CALLERID(name)": "Zoë", "CALLERID(num)": "1"])
        )
        let rewritten = set("CALLERID(all)", "\\\"Sales - Zoë\\\" <1>")
        #expect(commands.contains(rewritten) == (referer == "group:7"))
        #expect(commands.contains(set("WAZO_CID_REWRITTEN", "1")) == (referer == "group:7"))
    }

    @Test("hostile labels stay one command")
    func hostile() async throws {
        var group = group
        group.label = "a\"b\\c\nd 😀" + String(repeating: "é", count: 2_000)
        let commands = try await runQueueCall(
            "incoming_group_set_features",
            FixedQueues(group: group),
            on: variables()
        )
        #expect(commands.allSatisfy { !$0.contains("\n") && $0.utf8.count < 2_047 })
        #expect(commands.contains { $0.hasPrefix("SET VARIABLE \"WAZO_GROUP_LABEL\" \"a\\\"b\\\\c d 😀éé") })
    }

    @Test(
        "no such group, another tenant's and a directory that is away are a fault",
        arguments: [("8", "t", false), ("", "t", false), ("x", "t", false), ("7", "u", false), ("7", "t", true)]
    )
    func faults(id: String, tenant: String, isAway: Bool) async throws {
        let transcript = variables(["WAZO_DSTID": id, "WAZO_TENANT_UUID": tenant])
        await #expect {
            try await runQueueCall(
                "incoming_group_set_features",
                FixedQueues(group: group, isAway: isAway),
                on: transcript
            )
        } throws: { $0 is HandlerFault || $0 is DatabaseFailure }
        #expect(!transcript.commands.contains { $0.hasPrefix("SET") })
    }

    @Test("a channel without a tenant is served")
    func noTenant() async throws {
        let commands = try await runQueueCall(
            "incoming_group_set_features",
            FixedQueues(group: group),
            on: variables(["WAZO_TENANT_UUID": ""])
        )
        #expect(commands.contains(set("__WAZO_GROUPNAME", "grp-7")))
    }
}
