public import Core
public import Telephony

/// What the routes of a call tell their clients, whichever feature they belong to (contract 10 §2).
extension Failure {
    /// 404: the call is gone, or another tenant's.
    /// - Parameters:
    ///   - status: 400 when the body names the call (contract 11).
    ///   - message: Some routes name the call in it (contract 34 §2).
    public static func noSuchCall(
        _ id: ChannelID,
        status: Int = 404,
        message: String = "No such call"
    ) -> Failure {
        Failure(
            status: status,
            errorID: "no-such-call",
            message: message,
            details: ["call_id": .string(id.rawValue)]
        )
    }

    /// 403: the call is another user's.
    public static func notPermitted(_ user: UserID, call: ChannelID) -> Failure {
        Failure(
            status: 403,
            errorID: "user-permission-denied",
            message: "User does not have permission to handle objects of other users",
            details: ["call": .string(call.rawValue), "user": .string(user.rawValue)]
        )
    }

    /// 400: the directory does not have the user, or not in this tenant.
    public static func invalidUser(_ user: UserID) -> Failure {
        Failure(
            status: 400,
            errorID: "invalid-user",
            message: "Invalid user: not found",
            details: ["user_uuid": .string(user.rawValue)]
        )
    }

    /// 400: the user has no line that could be dialled, or called from.
    public static func noMainLine(_ user: UserID) -> Failure {
        Failure(
            status: 400,
            errorID: "user-missing-main-line",
            message: "User has no main line",
            details: ["user_uuid": .string(user.rawValue)]
        )
    }
}
