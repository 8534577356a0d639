import Foundation

/// Moments as call objects show them: ISO 8601 in local time, microseconds, an offset (contract 10 §3.1).
enum CallMoment {
    /// For instance `2026-11-28T17:12:01.444000+01:00`.
    static func text(_ date: Date, zone: TimeZone = .current) -> String {
        let offset = zone.secondsFromGMT(for: date)
        let microseconds = Int64(((date.timeIntervalSince1970 + Double(offset)) * 1_000_000).rounded())
        var (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        if fraction < 0 { (seconds, fraction) = (seconds - 1, fraction + 1_000_000) }
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func digits(_ value: some BinaryInteger, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let minutes = abs(offset) / 60
        return [
            digits(parts.tm_year + 1_900, 4), "-", digits(parts.tm_mon + 1, 2), "-", digits(parts.tm_mday, 2), "T",
            digits(parts.tm_hour, 2), ":", digits(parts.tm_min, 2), ":", digits(parts.tm_sec, 2), ".",
            digits(fraction, 6), offset < 0 ? "-" : "+", digits(minutes / 60, 2), ":", digits(minutes % 60, 2),
        ].joined()
    }
}
