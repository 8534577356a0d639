public import Foundation

/// A value with a text form that PostgreSQL reads and writes. Parameters and results go as text.
public protocol PostgresText: Sendable {
    /// Reads the server's text; `nil` when it is no value of this type.
    init?(postgresText: String)
    /// What the server is sent.
    var postgresText: String { get }
}

extension String: PostgresText {
    /// The text itself.
    public init?(postgresText: String) { self = postgresText }
    /// The text itself.
    public var postgresText: String { self }
}

extension Int: PostgresText {
    /// Decimal digits.
    public init?(postgresText: String) { self.init(postgresText) }
    /// Decimal digits.
    public var postgresText: String { String(self) }
}

extension Int64: PostgresText {
    /// Decimal digits.
    public init?(postgresText: String) { self.init(postgresText) }
    /// Decimal digits.
    public var postgresText: String { String(self) }
}

extension Double: PostgresText {
    /// Decimal digits, `NaN` or `Infinity`.
    public init?(postgresText: String) { self.init(postgresText) }
    /// Decimal digits, `nan` or `inf`, which PostgreSQL reads too.
    public var postgresText: String { String(self) }
}

extension Bool: PostgresText {
    /// `t` or `f`.
    public init?(postgresText: String) {
        switch postgresText {
        case "t", "true": self = true
        case "f", "false": self = false
        default: return nil
        }
    }
    /// `t` or `f`.
    public var postgresText: String { self ? "t" : "f" }
}

extension Date: PostgresText {
    /// Reads a `timestamptz` in ISO style, microseconds kept; `nil` for `infinity`, years before Christ and
    /// anything without an offset.
    public init?(postgresText: String) {
        var scanner = TimestampScanner(postgresText)
        guard let microseconds = scanner.microsecondsSinceEpoch() else { return nil }
        self.init(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }

    /// ISO text in UTC with microseconds, for instance `2026-11-23 13:39:32.123456+00`.
    public var postgresText: String {
        // Years 0001 to 9999, so that neither the conversion nor the server can fail on a far date.
        let seconds = min(max(timeIntervalSince1970, -62_135_596_800), 253_402_300_799)
        let microseconds = Int64((seconds * 1_000_000).rounded())
        let (day, ofDay) = microseconds.flooredDivision(by: 86_400_000_000)
        let (second, fraction) = ofDay.flooredDivision(by: 1_000_000)
        let date = CivilDay(daysSinceEpoch: day)
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2)) "
            + "\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
            + ".\(padded(fraction, 6))+00"
    }
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// A day of the proleptic Gregorian calendar, which both PostgreSQL and POSIX count by. The year is taken to
/// begin in March, so that the leap day is its last.
private struct CivilDay {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSinceEpoch: Int64) {
        let (era, dayOfEra) = (daysSinceEpoch + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).flooredDivision(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// Reads `YYYY-MM-DD HH:MM:SS[.ffffff](+|-)HH[:MM[:SS]]`.
private struct TimestampScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    mutating func microsecondsSinceEpoch() -> Int64? {
        guard let year = number(4...6), skip("-"), let month = number(2...2), skip("-"),
            let day = number(2...2), skip(" ") || skip("T"), let hour = number(2...2), skip(":"),
            let minute = number(2...2), skip(":"), let second = number(2...2),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        guard let fraction = fraction(), let offset = offset(), rest.isEmpty else { return nil }
        let days = CivilDay(year: year, month: month, day: day).daysSinceEpoch
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        return seconds * 1_000_000 + fraction
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func number(_ width: ClosedRange<Int>) -> Int64? {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard width.contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        return Int64(Substring(digits))
    }

    private mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        let before = rest.count
        guard var value = number(1...6) else { return nil }
        for _ in (before - rest.count)..<6 { value *= 10 }
        return value
    }

    private mutating func offset() -> Int64? {
        if skip("Z") { return 0 }
        let sign: Int64 = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = number(2...2) else { return nil }
        let minutes = skip(":") ? number(2...2) : 0
        let seconds = skip(":") ? number(2...2) : 0
        guard let minutes, let seconds else { return nil }
        return sign * (hours * 3_600 + minutes * 60 + seconds)
    }
}
