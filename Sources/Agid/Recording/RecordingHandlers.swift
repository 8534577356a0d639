import Core
import Directory
import FastAGI
import Logging

/// `call_recording`: a party presses the key that starts, pauses or resumes the recording (contract 41 §4).
struct CallRecordingToggle: AGIHandler {
    let name = "call_recording"
    let recording: any CallRecording

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            let tenant = try await session.getVariable("WAZO_TENANT_UUID")
            var request = RecordingRequest.start
            if try await session.getVariable("WAZO_CALL_RECORD_ACTIVE") == "1" {
                let isPaused = try await session.getVariable("WAZO_RECORDING_PAUSED") == "1"
                request = isPaused ? .resume : .pause
            }
            try await recording.request(request, call: session.environment.uniqueID, tenant: tenant)
        }
    }
}

/// `record_caller`: the caller wants his calls recorded; the recording starts when the call is answered
/// (contract 41 §4).
struct RecordCaller: AGIHandler {
    let name = "record_caller"
    let users: any DialplanUserDirectory

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            if try await session.getVariable("WAZO_CALL_RECORD_ACTIVE") == "1" { return }
            guard let user = try await caller(session) else { return }
            let isExternal = try await !session.getVariable("WAZO_OUTCALLID").isEmpty
            let isEnabled =
                isExternal
                ? user.recording.isOutgoingExternalEnabled : user.recording.isOutgoingInternalEnabled
            guard isEnabled else { return }
            try await session.setVariable("__WAZO_RECORD_PENDING", "1")
            try await session.setVariable("__WAZO_RECORD_TARGET_CHANNEL", session.environment.uniqueID)
        }
    }

    /// `nil` when no user calls.
    private func caller(_ session: AGISession) async throws -> DialplanUser? {
        let uuid = try await session.getVariable("WAZO_USERUUID")
        let id = uuid.isEmpty ? try await session.getVariable("WAZO_USERID") : ""
        if uuid.isEmpty && id.isEmpty { return nil }
        let user =
            uuid.isEmpty
            ? try await integer(id).asyncFlatMap { try await users.dialplanUser($0) }
            : try await users.dialplanUser(uuid: UserID(uuid))
        guard let user else { throw HandlerFault("Unknown user '\(uuid)\(id)'") }
        return user
    }
}

/// `start_mix_monitor`: the callee wants his calls recorded (contract 41 §4).
struct StartMixMonitor: AGIHandler {
    let name = "start_mix_monitor"

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            if try await session.getVariable("WAZO_CALL_RECORD_ACTIVE") == "1" { return }
            try await session.setVariable("__WAZO_RECORD_PENDING", "1")
        }
    }
}

/// `record_answered`: the call is answered, so a pending recording starts (contract 41 §4).
struct RecordAnswered: AGIHandler {
    let name = "record_answered"
    let recording: any CallRecording

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            guard try await session.getVariable("WAZO_RECORD_PENDING") == "1",
                try await session.getVariable("WAZO_CALL_RECORD_ACTIVE") != "1"
            else { return }
            let target = try await session.getVariable("WAZO_RECORD_TARGET_CHANNEL")
            let tenant = try await session.getVariable("WAZO_TENANT_UUID")
            let call = target.isEmpty ? session.environment.uniqueID : target
            try await recording.request(.start, call: call, tenant: tenant)
            try await session.setVariable("__WAZO_RECORD_PENDING", "")
        }
    }
}
