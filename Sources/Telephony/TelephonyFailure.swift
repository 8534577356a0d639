/// Why a request to Asterisk failed: each status that ARI answers has its own case (contract 00 §7).
public enum TelephonyFailure: Error, Sendable, Hashable {
    /// There has been no successful connection yet.
    case notInitialized
    /// No connection, or no answer within the limit.
    case unreachable(String)
    /// 400: a parameter is missing or makes no sense.
    case invalid(String)
    /// 404: the channel, bridge, variable or application is not there.
    case notFound(String)
    /// 409: the channel is not in Stasis, or the thing exists already.
    case conflict(String)
    /// 412: the channel is not in a state for this.
    case preconditionFailed(String)
    /// 422: Asterisk understands but will not.
    case unprocessable(String)
    /// 500: it failed inside Asterisk.
    case internalError(String)
    /// 503: Asterisk is starting, stopping, or has no more room.
    case unavailable(String)
    /// Any other status, with ARI's message.
    case refused(status: Int, message: String)

    /// The failure of an answer with this status.
    public init(status: Int, message: String) {
        switch status {
        case 400: self = .invalid(message)
        case 404: self = .notFound(message)
        case 409: self = .conflict(message)
        case 412: self = .preconditionFailed(message)
        case 422: self = .unprocessable(message)
        case 500: self = .internalError(message)
        case 503: self = .unavailable(message)
        default: self = .refused(status: status, message: message)
        }
    }

    /// ARI's status and message; `nil` when there was no answer.
    public var answer: (status: Int, message: String)? {
        switch self {
        case .notInitialized, .unreachable: nil
        case .invalid(let message): (400, message)
        case .notFound(let message): (404, message)
        case .conflict(let message): (409, message)
        case .preconditionFailed(let message): (412, message)
        case .unprocessable(let message): (422, message)
        case .internalError(let message): (500, message)
        case .unavailable(let message): (503, message)
        case .refused(let status, let message): (status, message)
        }
    }
}
