import Core
import Telephony

/// What clients of the call routes are told (contract 10 §2).
extension Failure {
    static func noSuchLine(_ line: Int, of user: UserID) -> Failure {
        Failure(
            status: 400,
            errorID: "invalid-user-line",
            message: "User has no such line",
            details: ["user_id": .string(user.rawValue), "line_id": .integer(Int64(line))]
        )
    }

    static func callCreation(_ message: String, _ details: [String: JSONValue]) -> Failure {
        Failure(status: 400, errorID: "call-creation", message: message, details: details)
    }

    static func originUnavailable(_ line: Int, _ interface: String) -> Failure {
        Failure(
            status: 400,
            errorID: "call-origin-unavailable",
            message: "Could not connect call: Could not dial caller's requested line",
            details: ["line_id": .integer(Int64(line)), "source_interface": .string(interface)]
        )
    }

    static func notConnectable(_ call: ChannelID) -> Failure {
        Failure(
            status: 400,
            errorID: "call-connect",
            message: "Could not connect call: call has no application instance",
            details: ["call_id": .string(call.rawValue)]
        )
    }

    /// The channel's phone is of a kind that cannot be told anything.
    static func notAPhone(_ name: String) -> Failure {
        Failure(
            status: 503,
            errorID: "phoned-error",
            message: "Phoned internal error",
            details: ["phoned_config": [:], "original_error": .string("no phone that can be told: \(name)")]
        )
    }

    static let masterTenantUnknown = Failure(
        status: 503,
        errorID: "master-tenant-not-initialized",
        message: "wazo-calld master tenant is not initialized"
    )
}
