public import Core

/// confd could not be asked, or answered what no rule foresees: both are 503 for a client (contract 00 §5.5,
/// 37 §9.5). The database's own counterpart is `DatabaseFailure`.
///
/// The texts hold no token: confd's error bodies may quote one and are never taken over.
public struct ConfdFailure: FailureConvertible, Hashable {
    /// Host of confd as configured.
    public var host: String
    /// Port of confd as configured.
    public var port: Int
    /// Seconds that a request may take.
    public var timeout: Double
    /// What went wrong, for the client's details and for the log.
    public var originalError: String
    /// HTTP status of the answer; `nil` when there was none.
    public var status: Int?

    /// A failure with all its parts.
    public init(host: String, port: Int, timeout: Double, originalError: String, status: Int? = nil) {
        self.host = host
        self.port = port
        self.timeout = timeout
        self.originalError = originalError
        self.status = status
    }

    /// 503 `wazo-confd-unreachable` with where confd was looked for and what it said.
    public var failure: Failure {
        let seconds = timeout.rounded() == timeout ? JSONValue.integer(Int64(timeout)) : .number(timeout)
        return Failure(
            status: 503,
            errorID: "wazo-confd-unreachable",
            message: "wazo-confd server unreachable",
            details: [
                "wazo_confd_config": ["host": .string(host), "port": .integer(Int64(port)), "timeout": seconds],
                "original_error": .string(originalError),
            ]
        )
    }
}

extension ConfdFailure: CustomStringConvertible {
    /// One line for the log.
    public var description: String { "wazo-confd at \(host):\(port): \(originalError)" }
}
