import Foundation

/// Moments in ISO 8601, in the forms that Python's and JavaScript's libraries write.
enum Instant {
    case date(Date)
    /// A moment that does not say its zone.
    case withoutZone
    case invalid

    /// `2026-11-23T18:07:00+01:00`, with `T` or a blank, fractions of a second, `Z` or an offset.
    static func parse(_ text: String) -> Instant {
        guard let match = text.wholeMatch(of: pattern()) else { return .invalid }
        func number(_ digits: Substring?) -> Int { digits.flatMap { Int($0) } ?? 0 }
        let (_, year, month, day, hour, minute, second, fraction, zone) = match.output
        var parts = DateComponents()
        (parts.year, parts.month, parts.day) = (number(year), number(month), number(day))
        (parts.hour, parts.minute, parts.second) = (number(hour), number(minute), number(second))
        guard (1...12).contains(number(month)), (1...31).contains(number(day)), number(hour) < 24,
            number(minute) < 60, number(second) < 60
        else { return .invalid }
        guard let zone else { return .withoutZone }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        guard let date = calendar.date(from: parts), calendar.component(.day, from: date) == number(day) else {
            return .invalid
        }
        let share = fraction.flatMap { Double("0.\($0)") } ?? 0
        return .date(date.addingTimeInterval(share - Double(offset(zone))))
    }

    /// Seconds east of Greenwich.
    private static func offset(_ zone: Substring) -> Int {
        guard zone.lowercased() != "z" else { return 0 }
        let digits = zone.filter(\.isNumber)
        let hours = Int(digits.prefix(2)) ?? 0
        let minutes = Int(digits.dropFirst(2)) ?? 0
        return (zone.hasPrefix("-") ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }

    /// Made for each use: a `Regex` is not `Sendable`.
    private static func pattern() -> Regex<
        (Substring, Substring, Substring, Substring, Substring, Substring, Substring?, Substring?, Substring?)
    > {
        let zone =
            #/([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt\ ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?([Zz]|[+\-][0-9]{2}(?::?[0-9]{2})?)?/#
        return zone
    }
}
