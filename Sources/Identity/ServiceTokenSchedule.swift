/// When the service token is asked for next (contract 00 §4.7): at 80 % of its life; after a failure in 1, 2,
/// 4 … 32 s. Unlike the reference's, the sequence begins anew after each success.
struct ServiceTokenSchedule: Equatable {
    /// Seconds of life that are asked for.
    static let requestedLife = 21_600
    private static let longestPause = 32.0
    private var failures = 0

    /// A token was granted that lives so many seconds.
    /// - Returns: Seconds until it is renewed, at least one.
    mutating func granted(life: Double) -> Double {
        failures = 0
        return max(min(life, Double(Self.requestedLife)) * 0.8, 1)
    }

    /// No token could be had.
    /// - Returns: Seconds until the next try.
    mutating func failed() -> Double {
        defer { failures += 1 }
        return failures >= 5 ? Self.longestPause : Double(1 << failures)
    }
}
