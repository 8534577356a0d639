/// Keeps requests away from a service that is down, so that callers fail at once and not each after the
/// whole time limit (contract 37 §9): after five failures in a row nothing is sent for a second; then one
/// request tries, and its outcome decides.
struct CircuitBreaker {
    static let threshold = 5
    static let pause: Duration = .seconds(1)

    private var failures = 0
    private var closedUntil: ContinuousClock.Instant?

    /// Whether the last request was answered; `true` before the first.
    var isClosed: Bool { failures == 0 }

    /// Whether a request may be sent now. A request that may go after a pause holds back the others until
    /// it has ended, or for another pause.
    mutating func admits(at now: ContinuousClock.Instant) -> Bool {
        guard failures >= Self.threshold else { return true }
        if let closedUntil, now < closedUntil { return false }
        closedUntil = now + Self.pause
        return true
    }

    /// The service answered, whatever its answer.
    mutating func succeeded() {
        failures = 0
        closedUntil = nil
    }

    /// The service did not answer.
    mutating func failed(at now: ContinuousClock.Instant) {
        failures += 1
        if failures >= Self.threshold { closedUntil = now + Self.pause }
    }
}
