public import Core
public import Telephony

/// Turns failures of requests to Asterisk into what clients are told (contract 00 §5.5).
public struct AsteriskFailures: Sendable {
    /// `ari.connection.base_url`, shown in the details.
    public let baseURL: String

    /// - Parameter baseURL: `ari.connection.base_url`.
    public init(baseURL: String) { self.baseURL = baseURL }

    /// 503 with one of the three error ids of Asterisk.
    public func failure(for cause: TelephonyFailure) -> Failure {
        switch cause {
        case .notInitialized:
            return Failure(
                status: 503,
                errorID: "asterisk-ari-not-initialized",
                message: "Asterisk ARI client not initialized"
            )
        case .unreachable(let text):
            return failure("asterisk-ari-unreachable", "Asterisk ARI server unreachable", text)
        default:
            let answer = cause.answer.map { "\($0.status): \($0.message)" } ?? "no answer"
            return failure("asterisk-ari-error", "Asterisk ARI internal error", answer)
        }
    }

    private func failure(_ errorID: String, _ message: String, _ original: String) -> Failure {
        Failure(
            status: 503,
            errorID: errorID,
            message: message,
            details: [
                "asterisk_ari_config": ["base_url": .string(baseURL)],
                "original_error": .string(original),
            ]
        )
    }
}
