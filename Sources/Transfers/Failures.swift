import Core
import Telephony

/// What clients of the transfer routes are told (contract 21 §2).
extension Failure {
    static func transferCreation(_ message: String) -> Failure {
        Failure(
            status: 400,
            errorID: "transfer-creation-error",
            message: "Transfer creation error",
            details: ["message": .string(message)]
        )
    }

    static func alreadyStarted(_ initiator: ChannelID) -> Failure {
        Failure(
            status: 409,
            errorID: "transfer-already-started",
            message: "Transfer already started with same initiator",
            details: ["initiator_call": .string(initiator.rawValue)]
        )
    }

    static func tooManyCandidates(_ candidates: [ChannelID]) -> Failure {
        Failure(
            status: 409,
            errorID: "too-many-transferred-candidates",
            message: "Too many transferred candidates",
            details: ["candidates": .array(candidates.map { .string($0.rawValue) })]
        )
    }

    static func noSuchTransfer(_ id: String) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-transfer",
            message: "No such transfer",
            details: ["transfer_id": .string(id)]
        )
    }

    static func notPermitted(_ user: UserID, _ key: String, _ value: String) -> Failure {
        Failure(
            status: 403,
            errorID: "user-permission-denied",
            message: "User does not have permission to handle objects of other users",
            details: [key: .string(value), "user": .string(user.rawValue)]
        )
    }

    static func transferCompletion(_ id: String, _ message: String) -> Failure {
        Failure(
            status: 400,
            errorID: "transfer-completion-error",
            message: "Transfer completion error",
            details: ["transfer_id": .string(id), "message": .string(message)]
        )
    }

    static func transferCancellation(_ id: String, _ message: String) -> Failure {
        Failure(
            status: 400,
            errorID: "transfer-cancellation-error",
            message: "Transfer cancellation error",
            details: ["transfer_id": .string(id), "message": .string(message)]
        )
    }
}
