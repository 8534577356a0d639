import Metrics

/// What the server counts (contract 40 §8 "Observability").
struct FastAGIMetrics: Sendable {
    /// Sessions open now.
    private let sessions = Meter(label: "fastagi_sessions")
    /// Handlers that hold a place.
    private let running = Meter(label: "fastagi_handlers_running")
    /// Handlers that wait for a place.
    private let queued = Meter(label: "fastagi_handlers_queued")
    private let refused = Counter(label: "fastagi_rejected", dimensions: [("reason", "sessions")])
    private let busy = Counter(label: "fastagi_rejected", dimensions: [("reason", "busy")])

    func setSessions(_ count: Int) { sessions.set(count) }

    func setHandlers(running count: Int, queued waiting: Int) {
        running.set(count)
        queued.set(waiting)
    }

    func countRefused() { refused.increment() }
    func countBusy() { busy.increment() }

    /// One ended session; `handler` is the name of a handler, not what the peer asked for.
    func countSession(handler: String, outcome: String, duration: Duration) {
        let dimensions = [("handler", handler), ("outcome", outcome)]
        Timer(label: "fastagi_session", dimensions: dimensions).recordNanoseconds(duration.inNanoseconds)
    }
}

extension Duration {
    var inNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue
            &+ attoseconds / 1_000_000_000
    }
    var inMilliseconds: Int64 { inNanoseconds / 1_000_000 }
}
