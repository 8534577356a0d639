import Core
import Directory
import FastAGI
import Synchronization
import Testing

@testable import Agid

@Suite("Answered calls of groups and queues")
struct AnsweredCallTests {
    private let bridged = "Local/201@inside-00000a1b;2"
    private let pendingReads = [get("WAZO_RECORD_PENDING"), get("WAZO_CALL_RECORD_ACTIVE")]

    private func directory(external: Bool = true, internal: Bool = true) -> FixedQueues {
        var user = DialplanUser(id: 3, uuid: UserID("u-201@inside"), tenant: TenantID("own"), name: "Cy")
        user.recording.isIncomingExternalEnabled = external
        user.recording.isIncomingInternalEnabled = `internal`
        var shared = user
        shared.uuid = UserID("u-9")
        return FixedQueues(usersOfAgents: [5: user], users: FixedUsers(users: [user, shared]))
    }

    private func transcript(
        _ variables: [String: String] = [:],
        peers: [(String, String)] = [("Local/201@inside-00000a1b;2", "PJSIP/b-2")],
        call: String = "18.1"
    ) -> AGITranscript {
        var replies: [String: [String]] = [:]
        for (channel, peer) in peers { replies[getFull("${BRIDGEPEER}", channel)] = ["200 result=1 (\(peer))"] }
        replies[getFull("${CHANNEL(uniqueid)}", "PJSIP/b-2")] = ["200 result=1 (\(call))"]
        return AGITranscript(variables: variables, replies: replies)
    }

    @Test(
        "the caller's pending recording starts, on his channel or this one",
        arguments: ["group", "queue"],
        ["", "9.1"]
    )
    func pending(kind: String, target: String) async throws {
        let witness = RecordingWitness()
        let commands = try await runQueueCall(
            "\(kind)_answered_call",
            channel: "PJSIP/whoever",
            recording: witness,
            on: transcript([
                "WAZO_RECORD_PENDING": "1", "WAZO_RECORD_TARGET_CHANNEL": target, "WAZO_TENANT_UUID": "t",
            ])
        )
        #expect(
            commands == pendingReads + [
                get("WAZO_RECORD_TARGET_CHANNEL"), get("WAZO_TENANT_UUID"), set("__WAZO_RECORD_PENDING", ""),
            ]
        )
        #expect(witness.requests.withLock { $0 } == ["start \(target.isEmpty ? "17.1" : target) t"])
    }

    @Test(
        "the callee's recording starts on the phone behind the Local channel",
        arguments: [
            ("group_answered_call", "Local/201@inside-00000a1b;1", "WAZO_RECORD_GROUP_CALLEE"),
            ("group_answered_call", "Local/u-9@usersharedlines-00000a1b;1", "WAZO_RECORD_GROUP_CALLEE"),
            ("queue_answered_call", "Local/u-9@usersharedlines-00000a1b;1", "WAZO_RECORD_QUEUE_CALLEE"),
            ("queue_answered_call", "Local/id-5@agentcallback-00000a1b;1", "WAZO_RECORD_QUEUE_CALLEE"),
        ]
    )
    func callee(script: String, channel: String, flag: String) async throws {
        let witness = RecordingWitness()
        let other = channel.dropLast() + "2"
        let commands = try await runQueueCall(
            script,
            directory(),
            channel: channel,
            recording: witness,
            on: transcript(["WAZO_TENANT_UUID": "t"], peers: [(String(other), "PJSIP/b-2")])
        )
        #expect(
            commands == pendingReads + [
                get("WAZO_CALLORIGIN"), getFull("${BRIDGEPEER}", String(other)),
                getFull("${CHANNEL(uniqueid)}", "PJSIP/b-2"), set("SHARED(\(flag),PJSIP/b-2)", "1"),
            ]
        )
        #expect(witness.requests.withLock { $0 } == ["start 18.1 own"])
    }

    @Test("what the callee wants depends on where the call comes from", arguments: [true, false], [true, false])
    func origin(isExternal: Bool, isWanted: Bool) async throws {
        let witness = RecordingWitness()
        _ = try await runQueueCall(
            "group_answered_call",
            directory(external: isExternal == isWanted, internal: isExternal != isWanted),
            channel: "Local/201@inside-00000a1b;1",
            recording: witness,
            on: transcript(["WAZO_CALLORIGIN": isExternal ? "extern" : "intern"])
        )
        #expect(witness.requests.withLock { $0 } == (isWanted ? ["start 18.1 own"] : []))
    }

    @Test("a call that is recorded already is left alone")
    func active() async throws {
        let commands = try await runQueueCall(
            "group_answered_call",
            directory(),
            channel: "Local/201@inside-00000a1b;1",
            on: transcript(["WAZO_CALL_RECORD_ACTIVE": "1", "WAZO_RECORD_PENDING": "1"])
        )
        #expect(commands == pendingReads)
    }

    @Test("a refused recording of the caller is told, and the callee's is tried")
    func refused() async throws {
        let commands = try await runQueueCall(
            "queue_answered_call",
            directory(),
            channel: "Local/id-5@agentcallback-00000a1b;1",
            recording: NoCallRecording(),
            on: transcript(
                ["WAZO_RECORD_PENDING": "1"],
                peers: [("Local/id-5@agentcallback-00000a1b;2", "PJSIP/b-2")]
            )
        )
        #expect(commands.filter { $0.hasPrefix("VERBOSE") }.count == 2)
        #expect(!commands.contains(set("__WAZO_RECORD_PENDING", "")))
        #expect(commands.contains(set("SHARED(WAZO_RECORD_QUEUE_CALLEE,PJSIP/b-2)", "1")))
    }

    @Test("several Local channels are followed to the phone")
    func chain() async throws {
        let witness = RecordingWitness()
        _ = try await runQueueCall(
            "group_answered_call",
            directory(),
            channel: "Local/201@inside-00000a1b;1",
            recording: witness,
            on: transcript(peers: [(bridged, "Local/x@y-00000001;1"), ("Local/x@y-00000001;2", "PJSIP/b-2")])
        )
        #expect(witness.requests.withLock { $0 } == ["start 18.1 own"])
    }

    @Test("Local channels in a circle, nobody behind them and a channel that is gone end softly")
    func lost() async throws {
        let circle = [(bridged, "Local/201@inside-00000a1b;1")]
        for (peers, call) in [(circle, "18.1"), ([], "18.1"), ([(bridged, "PJSIP/b-2")], "")] {
            let witness = RecordingWitness()
            let commands = try await runQueueCall(
                "group_answered_call",
                directory(),
                channel: "Local/201@inside-00000a1b;1",
                recording: witness,
                on: transcript(peers: peers, call: call)
            )
            #expect(commands.last?.hasPrefix("VERBOSE") == true)
            #expect(commands.count < 30)
            #expect(!commands.contains { $0.hasPrefix("SET") })
            #expect(witness.requests.withLock { $0.isEmpty })
        }
    }

    @Test(
        "nobody known behind the channel ends softly",
        arguments: [
            ("group_answered_call", "Local/999@inside-00000a1b;1"), ("group_answered_call", "PJSIP/b-2"),
            ("queue_answered_call", "Local/201@inside-00000a1b;1"),
            ("queue_answered_call", "Local/id-x@agentcallback-00000a1b;1"),
            ("queue_answered_call", "Local/id-6@agentcallback-00000a1b;1"),
        ]
    )
    func unknown(script: String, channel: String) async throws {
        let commands = try await runQueueCall(script, directory(), channel: channel, on: transcript())
        #expect(Array(commands.dropLast()) == pendingReads)
        #expect(commands.last?.hasPrefix("VERBOSE \"\(script): No user behind") == true)
    }

    @Test("a directory that is away ends softly")
    func away() async throws {
        var away = directory()
        away.users.isAway = true
        let commands = try await runQueueCall(
            "group_answered_call",
            away,
            channel: "Local/201@inside-00000a1b;1",
            on: transcript()
        )
        #expect(commands.last?.hasPrefix("VERBOSE") == true)
    }

    @Test(
        "the name of a Local channel is taken apart at its last hyphen",
        arguments: [
            ("Local/1@a-b-0000000f;1", "1", "a-b"), ("Local/id-5@agentcallback-1;1", "id-5", "agentcallback"),
            ("Local/1@a-0f;2", nil, nil), ("Local/1@a;1", nil, nil), ("Local/@a-0f;1", nil, nil),
            ("Local/1@-0f;1", nil, nil), ("Local/1@a-xy;1", nil, nil), ("Local/1@a-;1", nil, nil), ("", nil, nil),
        ] as [(String, String?, String?)]
    )
    func names(name: String, exten: String?, context: String?) {
        let channel = LocalChannel(name)
        #expect(channel?.exten == exten)
        #expect(channel?.context == context)
    }
}
