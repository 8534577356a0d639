import Metrics

/// The figures of the REST interface.
struct RequestMetrics: Sendable {
    /// By the first digit of the status.
    private let durations: [Timer]
    private let refused = Counter(label: "tandem_http_refused")

    init() {
        durations = (0...5).map { Timer(label: "tandem_http_request", dimensions: [("status", "\($0)xx")]) }
    }

    /// Notes an answer.
    func answered(status: Int, after duration: Duration, wasRefused: Bool) {
        durations[min(max(status / 100, 0), 5)].recordNanoseconds(
            duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
        )
        if wasRefused { refused.increment() }
    }
}
