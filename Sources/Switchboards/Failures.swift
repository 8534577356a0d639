import Core

/// What clients of the switchboard routes are told (contract 20 §2), beside what all routes of calls tell
/// (`CallControl/CallFailures`).
extension Failure {
    static func noSuchSwitchboard(_ id: String) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-switchboard",
            message: "No such switchboard",
            details: ["switchboard_uuid": .string(id)]
        )
    }

    static func noSuchUser(_ id: UserID?) -> Failure {
        Failure(
            status: 400,
            errorID: "no-such-confd-user",
            message: "No such confd user for the given authentication user",
            details: ["user_uuid": id.map { .string($0.rawValue) } ?? .null]
        )
    }

    static func noSuchLine(_ line: Int, of user: UserID) -> Failure {
        Failure(
            status: 400,
            errorID: "invalid-user-line",
            message: "User has no such line",
            details: ["user_id": .string(user.rawValue), "line_id": .integer(Int64(line))]
        )
    }
}
