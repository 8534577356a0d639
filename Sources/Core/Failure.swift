/// What a client is told when a request cannot be served (contract 00 §5.1): HTTP status, error id,
/// message, details and, for the few errors that define one, the resource.
///
/// Each module names its own failures; one middleware of target `API` writes the body.
public struct Failure: Error, Hashable, Sendable {
    /// HTTP status, 400 to 599.
    public let status: Int
    /// The contract's `error_id`.
    public let errorID: String
    /// The contract's `message`.
    public let message: String
    /// The contract's `details`, `{}` when there is none.
    public let details: [String: JSONValue]
    /// The contract's `resource`; absent from the body when `nil`.
    public let resource: String?

    /// A failure with all its parts.
    public init(
        status: Int,
        errorID: String,
        message: String,
        details: [String: JSONValue] = [:],
        resource: String? = nil
    ) {
        self.status = status
        self.errorID = errorID
        self.message = message
        self.details = details
        self.resource = resource
    }
}

extension Failure {
    /// 503 `database-unreachable`: PostgreSQL is needed and does not answer within its limit (contract 00 §5.5).
    public static let databaseUnreachable = Failure(
        status: 503,
        errorID: "database-unreachable",
        message: "Database unreachable"
    )

    /// 400 `invalid-data` with the faults of each field (contract 00 §5.2).
    public static func invalidData(_ faults: [String: JSONValue]) -> Failure {
        Failure(status: 400, errorID: "invalid-data", message: "Sent data is invalid", details: faults)
    }
}

/// What every adapter to PostgreSQL throws at its callers, who cannot know libpq.
public enum DatabaseFailure: Error, Hashable, Sendable {
    /// No connection, or no answer within the limit. The text is for the log.
    case unreachable(String)
    /// PostgreSQL refused the statement: `sqlState` of five characters and its message, for the log.
    case refused(sqlState: String, message: String)
    /// The stored revision is not the one this change was computed from.
    case conflict(String)
}
