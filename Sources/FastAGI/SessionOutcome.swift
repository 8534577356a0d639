/// How a session ended, for its log line (contract 40 §8 "Observability").
enum SessionOutcome: Sendable, Hashable {
    case success
    case dialplanBreak(String)
    case error(String)
    case hangup
    case peerClosed
    case rejected(String)

    /// The word in the log and in the metrics.
    var word: String {
        switch self {
        case .success: "success"
        case .dialplanBreak: "break"
        case .error: "error"
        case .hangup: "hangup"
        case .peerClosed: "peer_closed"
        case .rejected: "rejected"
        }
    }

    /// What was wrong, if anything was.
    var cause: String? {
        switch self {
        case .dialplanBreak(let text), .error(let text), .rejected(let text): text
        case .success, .hangup, .peerClosed: nil
        }
    }
}
