import Core
import Directory
import FastAGI
import Synchronization
import Testing

@testable import Agid

@Suite("Recording")
struct RecordingHandlerTests {
    @Test(
        "the key starts, pauses and resumes",
        arguments: [("", "", "start 17.1 t"), ("1", "", "pause 17.1 t"), ("1", "1", "resume 17.1 t")]
    )
    func toggle(active: String, paused: String, asked: String) async throws {
        let witness = RecordingWitness()
        let commands = try await runUserCall(
            "call_recording",
            recording: witness,
            on: AGITranscript(
                variables: [
                    "WAZO_TENANT_UUID": "t", "WAZO_CALL_RECORD_ACTIVE": active, "WAZO_RECORDING_PAUSED": paused,
                ]
            )
        )
        let reads = [get("WAZO_TENANT_UUID"), get("WAZO_CALL_RECORD_ACTIVE")]
        #expect(commands == reads + (active.isEmpty ? [] : [get("WAZO_RECORDING_PAUSED")]))
        #expect(witness.requests.withLock { $0 } == [asked])
    }

    @Test("a recording that is refused costs nothing", arguments: ["call_recording", "record_answered"])
    func refused(script: String) async throws {
        let commands = try await runUserCall(
            script,
            recording: RecordingWitness(isAway: true),
            on: AGITranscript(variables: ["WAZO_RECORD_PENDING": "1"])
        )
        #expect(commands.last?.hasPrefix("VERBOSE") == true)
        #expect(!commands.contains { $0.hasPrefix("SET") })
    }

    @Test("without anything that records its handlers are not there")
    func absent() {
        let calls = UserCalls(directory: FixedUsers(), ringTones: RingToneFile(path: "/nonexistent", logger: .silent))
        let names = calls.handlers.map(\.name)
        #expect(!names.contains("call_recording") && !names.contains("record_answered"))
        #expect(names.contains("record_caller"))
        #expect(Set(names).count == names.count)
    }

    // MARK: record_caller

    private func caller(external: Bool, internal: Bool) -> FixedUsers {
        var user = DialplanUser(id: 3, uuid: UserID("u-3"), tenant: TenantID("t"), name: "Cy")
        user.recording.isOutgoingExternalEnabled = external
        user.recording.isOutgoingInternalEnabled = `internal`
        return FixedUsers(users: [user])
    }

    private let pending = [set("__WAZO_RECORD_PENDING", "1"), set("__WAZO_RECORD_TARGET_CHANNEL", "17.1")]

    @Test("a caller's calls are recorded by where they go", arguments: [true, false], [true, false])
    func caller(isExternal: Bool, byUUID: Bool) async throws {
        let who = byUUID ? ["WAZO_USERUUID": "u-3", "WAZO_USERID": "x"] : ["WAZO_USERID": "3"]
        let variables = who.merging(["WAZO_OUTCALLID": isExternal ? "5" : ""]) { one, _ in one }
        let reads =
            [get("WAZO_CALL_RECORD_ACTIVE"), get("WAZO_USERUUID")] + (byUUID ? [] : [get("WAZO_USERID")])
            + [get("WAZO_OUTCALLID")]
        for isEnabled in [true, false] {
            let users = caller(external: isExternal == isEnabled, internal: isExternal != isEnabled)
            let commands = try await runUserCall("record_caller", users, on: AGITranscript(variables: variables))
            #expect(commands == reads + (isEnabled ? pending : []))
        }
    }

    @Test("nobody, or a call that is recorded already, is left alone")
    func nothing() async throws {
        let users = caller(external: true, internal: true)
        #expect(
            try await runUserCall("record_caller", users)
                == [get("WAZO_CALL_RECORD_ACTIVE"), get("WAZO_USERUUID"), get("WAZO_USERID")]
        )
        for script in ["record_caller", "start_mix_monitor"] {
            let active = AGITranscript(variables: ["WAZO_CALL_RECORD_ACTIVE": "1", "WAZO_USERID": "3"])
            #expect(try await runUserCall(script, users, on: active) == [get("WAZO_CALL_RECORD_ACTIVE")])
        }
    }

    @Test("an unknown caller, or a database that is away, is told to Asterisk's log")
    func soft() async throws {
        for (id, isAway) in [("4", false), ("x", false), ("3", true)] {
            var users = caller(external: true, internal: true)
            users.isAway = isAway
            let commands = try await runUserCall(
                "record_caller",
                users,
                on: AGITranscript(variables: ["WAZO_USERID": id])
            )
            #expect(commands.last?.hasPrefix("VERBOSE") == true)
            #expect(!commands.contains { $0.hasPrefix("SET") })
        }
    }

    // MARK: Callee

    @Test("a callee who wants it has a recording pending")
    func callee() async throws {
        let commands = try await runUserCall("start_mix_monitor")
        #expect(commands == [get("WAZO_CALL_RECORD_ACTIVE"), set("__WAZO_RECORD_PENDING", "1")])
    }

    @Test("an answered call starts the pending recording on its channel", arguments: [("", "17.1"), ("9.1", "9.1")])
    func answered(target: String, call: String) async throws {
        let witness = RecordingWitness()
        let commands = try await runUserCall(
            "record_answered",
            recording: witness,
            on: AGITranscript(
                variables: [
                    "WAZO_RECORD_PENDING": "1", "WAZO_RECORD_TARGET_CHANNEL": target, "WAZO_TENANT_UUID": "t",
                ]
            )
        )
        #expect(
            commands == [
                get("WAZO_RECORD_PENDING"), get("WAZO_CALL_RECORD_ACTIVE"), get("WAZO_RECORD_TARGET_CHANNEL"),
                get("WAZO_TENANT_UUID"), set("__WAZO_RECORD_PENDING", ""),
            ]
        )
        #expect(witness.requests.withLock { $0 } == ["start \(call) t"])
    }

    @Test(
        "nothing starts when nothing is pending, or a recording runs",
        arguments: [["": ""], ["WAZO_RECORD_PENDING": "1", "WAZO_CALL_RECORD_ACTIVE": "1"]]
    )
    func notPending(variables: [String: String]) async throws {
        let witness = RecordingWitness()
        _ = try await runUserCall("record_answered", recording: witness, on: AGITranscript(variables: variables))
        #expect(witness.requests.withLock { $0.isEmpty })
    }
}
