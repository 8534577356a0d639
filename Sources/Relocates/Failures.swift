import Core
import Telephony

/// What clients of the relocate routes are told (contract 22 §2).
extension Failure {
    /// 404, also for another user's relocate.
    static func noSuchRelocate(_ id: String) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-relocate",
            message: "No such relocate",
            details: ["relocate_id": .string(id)]
        )
    }

    /// 403, also for a channel that does not exist.
    static func notYourCall(_ call: ChannelID, user: UserID) -> Failure {
        Failure(
            status: 403,
            errorID: "user-permission-denied",
            message: "User does not have permission to handle objects of other users",
            details: ["call": .string(call.rawValue), "user": .string(user.rawValue)]
        )
    }

    /// 400; the reason is in the details.
    static func relocateCreation(_ reason: String, _ details: [String: JSONValue] = [:]) -> Failure {
        Failure(
            status: 400,
            errorID: "relocate-creation-error",
            message: "Relocate creation error",
            details: details.merging(["message": .string(reason)]) { $1 }
        )
    }

    /// 409: who is relocated?
    static func tooManyCandidates(_ candidates: [ChannelID]) -> Failure {
        Failure(
            status: 409,
            errorID: "too-many-channels-candidates",
            message: "Too many channels candidates",
            details: ["candidates": .array(candidates.map { .string($0.rawValue) })]
        )
    }

    /// 409: the call takes part in a relocate already.
    static func relocateAlreadyStarted(_ initiator: ChannelID) -> Failure {
        Failure(
            status: 409,
            errorID: "relocate-already-started",
            message: "Relocate already started with same initiator",
            details: ["initiator_call": .string(initiator.rawValue)]
        )
    }

    /// 400: the recipient has not answered yet.
    static let completionTooEarly = Failure(
        status: 400,
        errorID: "relocate-completion-error",
        message: "Relocate completion error",
        details: ["message": "Requested completion is too early"]
    )

    /// 400: the relocated is changing sides.
    static let cancellationTooLate = Failure(
        status: 400,
        errorID: "relocate-cancellation-error",
        message: "Relocate cancellation error",
        details: ["message": "Requested cancellation is too late"]
    )
}
