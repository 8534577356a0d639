import Core
import Foundation

/// Moments in ISO 8601, in the forms that Python's and JavaScript's libraries write.
enum Instant {
    case date(Date)
    /// A moment that does not say its zone.
    case withoutZone
    case invalid

    /// `2026-11-23T18:07:00+01:00`, with `T` or a blank, fractions of a second, `Z` or an offset.
    static func parse(_ text: String) -> Instant {
        var reader = InstantReader(text)
        guard let parts = reader.parts() else { return .invalid }
        guard let zone = parts.zone else { return .withoutZone }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        guard let date = calendar.date(from: parts.components), calendar.component(.day, from: date) == parts.day
        else { return .invalid }
        return .date(date.addingTimeInterval(parts.fraction - Double(zone)))
    }
}

/// The numbers of a moment.
private struct InstantParts {
    var components: DateComponents
    /// Of a second.
    var fraction = 0.0
    /// Seconds east of Greenwich.
    var zone: Int?

    var day: Int? { components.day }
}

/// Reads a moment from left to right.
private struct InstantReader {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) { rest = text.unicodeScalars[...] }

    /// - Returns: `nil` when the text is no moment, or something follows it.
    mutating func parts() -> InstantParts? {
        guard let year = number(4), take("-") != nil, let month = number(2), (1...12).contains(month),
            take("-") != nil, let day = number(2), (1...31).contains(day), take("Tt ") != nil,
            let hour = number(2), hour < 24, take(":") != nil, let minute = number(2), minute < 60
        else { return nil }
        var parts = InstantParts(
            components: DateComponents(year: year, month: month, day: day, hour: hour, minute: minute, second: 0)
        )
        if take(":") != nil {
            guard let second = number(2), second < 60 else { return nil }
            parts.components.second = second
            if take(".,") != nil {
                guard let fraction = fraction() else { return nil }
                parts.fraction = fraction
            }
        }
        guard readZone(&parts) else { return nil }
        return rest.isEmpty ? parts : nil
    }

    /// Reads `Z` or an offset, if there is one: `+01`, `+0130`, `+01:30`.
    private mutating func readZone(_ parts: inout InstantParts) -> Bool {
        if take("Zz") != nil { parts.zone = 0 }
        guard let sign = take("+-") else { return true }
        guard parts.zone == nil, let hours = number(2) else { return false }
        var minutes = 0
        if take(":") != nil || !rest.isEmpty {
            guard let number = number(2) else { return false }
            minutes = number
        }
        parts.zone = (sign == "-" ? -1 : 1) * (hours * 3_600 + minutes * 60)
        return true
    }

    /// A number of exactly so many digits.
    private mutating func number(_ digits: Int) -> Int? {
        let found = rest.prefix(digits)
        guard found.count == digits, found.allSatisfy(\.isDigit) else { return nil }
        rest = rest.dropFirst(digits)
        return Int(String(scalars: found))
    }

    /// One to nine digits behind the point.
    private mutating func fraction() -> Double? {
        let found = rest.prefix(while: \.isDigit)
        guard (1...9).contains(found.count) else { return nil }
        rest = rest.dropFirst(found.count)
        return Double("0.\(String(scalars: found))")
    }

    /// The next scalar when it is one of these.
    private mutating func take(_ marks: String) -> Unicode.Scalar? {
        guard let first = rest.first, marks.unicodeScalars.contains(first) else { return nil }
        rest = rest.dropFirst()
        return first
    }
}
