import Core
import Telephony

/// What clients of the ad hoc conference routes are told (contract 23 §1).
extension Failure {
    static func hostCallNotFound(_ call: ChannelID) -> Failure {
        Failure(
            status: 400,
            errorID: "host-call-not-found",
            message: "Adhoc conference creation error: host call not found",
            details: ["host_call_id": .string(call.rawValue)]
        )
    }

    static func hostCallCreationError(_ message: String) -> Failure {
        Failure(status: 400, errorID: "host-call-creation-error", message: message)
    }

    /// The host has hung up since the checks.
    static let hostCallHungUp = hostCallCreationError("host call was hungup")
    /// The only other party has.
    static let participantCallHungUp = hostCallCreationError("participant call was hungup")

    static func callHasNoPeers(_ call: ChannelID) -> Failure {
        hostCallCreationError("could not determine peer of call \(call): call has no peers")
    }

    static func hostAlreadyInConference(_ call: ChannelID) -> Failure {
        Failure(
            status: 409,
            errorID: "host-already-in-conference",
            message: "Adhoc conference creation error: host already in conference",
            details: ["host_call_id": .string(call.rawValue)]
        )
    }

    static func participantCallNotFound(_ call: ChannelID) -> Failure {
        Failure(
            status: 400,
            errorID: "participant-call-not-found",
            message: "Adhoc conference participant call not found",
            details: ["participant_call_id": .string(call.rawValue)]
        )
    }

    static func participantAlreadyInConference(_ call: ChannelID) -> Failure {
        Failure(
            status: 409,
            errorID: "participant-already-in-conference",
            message: "Adhoc conference error: participant already in conference",
            details: ["participant_call_id": .string(call.rawValue)]
        )
    }

    static func adhocConferenceNotFound(_ id: String) -> Failure {
        Failure(
            status: 404,
            errorID: "adhoc-conference-not-found",
            message: "Adhoc conference not found",
            details: ["adhoc_conference_id": .string(id)]
        )
    }

    /// Ours: no conference grows without a limit (contract 23 §5 row 9).
    static func adhocConferenceFull(_ id: String) -> Failure {
        Failure(
            status: 409,
            errorID: "adhoc-conference-full",
            message: "Adhoc conference is full",
            details: ["adhoc_conference_id": .string(id)]
        )
    }
}
