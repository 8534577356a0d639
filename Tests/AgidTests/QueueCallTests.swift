import Core
import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("incoming_queue_set_features")
struct QueueCallTests {
    private let script = "incoming_queue_set_features"
    private let reads = [
        "WAZO_DSTID", "WAZO_FWD_REFERER", "WAZO_PATH", "WAZO_INCALL_ID", "WAZO_DSTNUM", "WAZO_TENANT_UUID",
    ].map(get)

    private var queue: CallQueue { CallQueue(id: 4, tenant: TenantID("t"), name: "orders") }

    private func variables(_ more: [String: String] = [:]) -> AGITranscript {
        AGITranscript(variables: ["WAZO_DSTID": "4", "WAZO_TENANT_UUID": "t"].merging(more) { $1 })
    }

    private let destinations =
        setAction("QUEUE_CONGESTION", "none") + setAction("QUEUE_BUSY", "none") + setAction("QUEUE_CHANUNAVAIL", "none")
        + setAction("QUEUE_QWAITTIME", "none") + setAction("QUEUE_QWAITRATIO", "none")

    @Test("a plain queue: every variable in the contract's order")
    func plain() async throws {
        let commands = try await runQueueCall(script, FixedQueues(queue: queue), on: variables())
        let head = [
            set("WAZO_REAL_NUMBER", ""), set("WAZO_REAL_CONTEXT", ""), set("__WAZO_QUEUENAME", "orders"),
            set("WAZO_QUEUEOPTIONS", ""), set("WAZO_QUEUENEEDANSWER", "1"), set("WAZO_QUEUEURL", ""),
            set("WAZO_QUEUEANNOUNCEOVERRIDE", ""), set("__WAZO_QUEUE_DTMF_RECORD_TOGGLE_ENABLED", "0"),
            set("WAZO_QUEUEPREPROCESS_SUBROUTINE", ""), set("WAZO_QUEUETIMEOUT", ""),
        ]
        let tail = [
            set("WAZO_QUEUESTATUS", "ok"), set("WAZO_PATH", "queue"), set("WAZO_PATH_ID", "4"),
            set("WAZO_PICKUPGROUP", ""), set("WAZO_CALL_RECORD_SIDE", "caller"),
            set("__WAZO_LOCAL_CHAN_MATCH_UUID", "<uuid>"), set("WAZO_DST_REDIRECTING_NAME", "orders"),
            set("WAZO_DST_REDIRECTING_NUM", ""), set("WAZO_DST_REDIRECTING_EXTERN_NAME", ""),
            set("WAZO_DST_REDIRECTING_EXTERN_NUM", ""),
        ]
        #expect(commands == reads + head + destinations + setAction("QUEUE_NOANSWER", "none") + tail)
    }

    @Test("everything set, a call from outside with a path already", arguments: ["voicemail", "sound", "user"])
    func full(noAnswer: String) async throws {
        var queue = queue
        queue.number = "300"
        queue.context = "inside"
        queue.options.calleeMayTransfer = true
        queue.options.callerMayTransfer = true
        queue.options.calleeMayRecord = true
        queue.options.callerMayRecord = true
        queue.options.ignoresForwards = true
        queue.options.marksAnsweredElsewhere = true
        queue.isData = true
        queue.calleeMayHangUp = true
        queue.callerMayHangUp = true
        queue.hasNoRetries = true
        queue.ringsCaller = true
        queue.url = "http://x/?a=\"1\""
        queue.announceOverride = "hello"
        queue.music = "jazz"
        queue.wrapUpSeconds = 8
        queue.isRecordToggleEnabled = true
        queue.preprocessSubroutine = "before"
        queue.timeout = 90
        queue.pickups = [3, 12]
        let actions = ["queue/4": ["noanswer": DialAction(action: noAnswer, argument1: "9")]]
        let commands = try await runQueueCall(
            script,
            FixedQueues(queue: queue, users: FixedUsers(actions: actions)),
            on: variables(["WAZO_INCALL_ID": "1", "WAZO_DSTNUM": "+331", "WAZO_PATH": "incall"])
        )
        let head = [
            set("WAZO_REAL_NUMBER", "300"), set("WAZO_REAL_CONTEXT", "inside"), set("__WAZO_QUEUENAME", "orders"),
            set("WAZO_QUEUEOPTIONS", "dhHnrtTxXiC"), set("WAZO_QUEUENEEDANSWER", "0"),
            set("WAZO_QUEUEURL", "http://x/?a=\\\"1\\\""), set("WAZO_QUEUEANNOUNCEOVERRIDE", "hello"),
            set("CHANNEL(musicclass)", "jazz"), set("__QUEUEWRAPUPTIME", "8"),
            set("__WAZO_QUEUE_DTMF_RECORD_TOGGLE_ENABLED", "1"), set("WAZO_QUEUEPREPROCESS_SUBROUTINE", "before"),
            set("WAZO_QUEUETIMEOUT", "90"),
        ]
        let reroute = noAnswer == "user" ? [] : [set("WAZO_QUEUELOG_EVENT", "REROUTEGUIDE")]
        let tail = [
            set("WAZO_QUEUESTATUS", "ok"), set("WAZO_PICKUPGROUP", "3,12"), set("WAZO_CALL_RECORD_SIDE", "caller"),
            set("__WAZO_LOCAL_CHAN_MATCH_UUID", "<uuid>"), set("WAZO_DST_REDIRECTING_NAME", "orders"),
            set("WAZO_DST_REDIRECTING_NUM", "+331"), set("WAZO_DST_REDIRECTING_EXTERN_NAME", "+331"),
            set("WAZO_DST_REDIRECTING_EXTERN_NUM", "+331"),
        ]
        #expect(commands == reads + head + destinations + setAction("QUEUE_NOANSWER", noAnswer, "9") + reroute + tail)
    }

    @Test("the caller id is rewritten for the first destination of the call only", arguments: ["queue:4", "group:4"])
    func callerID(referer: String) async throws {
        var queue = queue
        queue.callerID = CallerIDRule(mode: .overwrite, display: "\"Orders\" <9>")
        let commands = try await runQueueCall(
            script,
            FixedQueues(queue: queue),
            on: variables(["WAZO_FWD_REFERER": referer])
        )
        #expect(commands.contains(set("CALLERID(all)", "\\\"Orders\\\" <9>")) == (referer == "queue:4"))
    }

    @Test(
        "no such queue and another tenant's are a break",
        arguments: [("5", "t"), ("", "t"), ("4'--", "t"), ("4", "u")]
    )
    func breaks(id: String, tenant: String) async throws {
        let transcript = variables(["WAZO_DSTID": id, "WAZO_TENANT_UUID": tenant])
        await #expect(throws: DialplanBreak.self) {
            try await runQueueCall(script, FixedQueues(queue: queue), on: transcript)
        }
        #expect(!transcript.commands.contains { $0.hasPrefix("SET") })
    }

    @Test("a directory that is away is a fault: the call needs its queue")
    func away() async throws {
        await #expect(throws: DatabaseFailure.self) {
            try await runQueueCall(script, FixedQueues(queue: queue, isAway: true), on: variables())
        }
    }
}
