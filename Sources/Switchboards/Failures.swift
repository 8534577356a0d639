import Core

/// What clients of the switchboard routes are told (contract 20 §2).
extension Failure {
    static func noSuchSwitchboard(_ id: String) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-switchboard",
            message: "No such switchboard",
            details: ["switchboard_uuid": .string(id)]
        )
    }

    static func noSuchCall(_ id: String) -> Failure {
        Failure(status: 404, errorID: "no-such-call", message: "No such call", details: ["call_id": .string(id)])
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

    static func noMainLine(_ user: UserID) -> Failure {
        Failure(
            status: 400,
            errorID: "user-missing-main-line",
            message: "User has no main line",
            details: ["user_uuid": .string(user.rawValue)]
        )
    }
}
