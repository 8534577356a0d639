import Core
import Telephony

/// What clients of the recording routes are told (contract 10 §2, §2.10).
extension Failure {
    static func recordingUnauthorized(_ call: ChannelID) -> Failure {
        Failure(
            status: 403,
            errorID: "recording-unauthorized",
            message: "Recording unauthorized",
            details: ["call_id": .string(call.rawValue)]
        )
    }

    static func recordingNotStarted(_ call: ChannelID) -> Failure {
        Failure(
            status: 400,
            errorID: "recording-not-started",
            message: "Recording not started",
            details: ["call_id": .string(call.rawValue)]
        )
    }

    static func recordingPauseError(_ call: ChannelID, missing variable: String) -> Failure {
        Failure(
            status: 400,
            errorID: "recording-pause-error",
            message: "Missing channel variable \(variable)",
            details: ["call_id": .string(call.rawValue)]
        )
    }
}
