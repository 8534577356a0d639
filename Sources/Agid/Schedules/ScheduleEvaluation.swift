import Core
import Directory
import Foundation

/// A moment as a schedule sees it: on a wall in its time zone.
struct LocalMoment: Hashable {
    /// Minutes since midnight.
    var minute: Int
    /// 1 = Monday … 7.
    var weekday: Int
    /// 1 … 31.
    var day: Int
    /// 1 … 12.
    var month: Int

    init(minute: Int, weekday: Int, day: Int, month: Int) {
        self.minute = minute
        self.weekday = weekday
        self.day = day
        self.month = month
    }

    init(_ date: Date, in zone: TimeZone) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.hour, .minute, .weekday, .day, .month], from: date)
        minute = (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
        // Foundation counts from Sunday = 1.
        weekday = ((parts.weekday ?? 1) + 5) % 7 + 1
        day = parts.day ?? 1
        month = parts.month ?? 1
    }
}

/// Whether a schedule lets calls through.
enum ScheduleState: Hashable {
    case opened
    /// Where the call goes instead; `nil` when the period names nothing.
    case closed(DialAction?)
}

extension ScheduleRecord {
    /// The state at a moment (contract 41 `check_schedule`): closed periods in row order, then opened
    /// ones, else the fallback. Periods that cannot be read count for nothing and are told as faults
    /// (contract 41 §7 row 13).
    func state(at moment: LocalMoment) -> (state: ScheduleState, faults: [String]) {
        var faults: [String] = []
        func matches(_ period: SchedulePeriod) -> Bool {
            do {
                return try period.matches(moment)
            } catch {
                faults.append("\(error)")
                return false
            }
        }
        for period in periods where period.mode == .closed && matches(period) {
            return (.closed(period.action), faults)
        }
        for period in periods where period.mode == .opened && matches(period) {
            return (.opened, faults)
        }
        return (.closed(fallback), faults)
    }
}

extension SchedulePeriod {
    /// Whether every field that is not empty matches.
    /// - Throws: `HandlerFault` when a field cannot be read.
    func matches(_ moment: LocalMoment) throws -> Bool {
        // All are read first, so that a broken period is broken at any time of the day.
        let fields = [
            try Self.minutes(hours).map { [$0] }.map { ($0, moment.minute) },
            try Self.numbers(weekdays, field: "weekdays").map { ($0, moment.weekday) },
            try Self.numbers(monthdays, field: "monthdays").map { ($0, moment.day) },
            try Self.numbers(months, field: "months").map { ($0, moment.month) },
        ]
        return fields.compactMap { $0 }.allSatisfy { ranges, value in ranges.contains { $0.contains(value) } }
    }

    /// `HH:MM-HH:MM`, both ends inclusive; `nil` when empty.
    private static func minutes(_ text: String) throws -> ClosedRange<Int>? {
        if text.trimmed().isEmpty { return nil }
        let ends = text.parts(separatedBy: "-", keepingEmpty: true).map { end -> Int? in
            let parts = end.parts(separatedBy: ":", keepingEmpty: true).map(integer)
            guard parts.count == 2, let hour = parts[0], let minute = parts[1] else { return nil }
            let isTime = (0...23).contains(hour) && (0...59).contains(minute)
            return isTime || (hour == 24 && minute == 0) ? hour * 60 + minute : nil
        }
        guard ends.count == 2, let start = ends[0], let end = ends[1], start <= end else {
            throw HandlerFault("hours '\(text)'")
        }
        return start...end
    }

    /// A comma list of numbers and `a-b` ranges; `nil` when empty.
    private static func numbers(_ text: String, field: String) throws -> [ClosedRange<Int>]? {
        if text.trimmed().isEmpty { return nil }
        return try text.parts(separatedBy: ",", keepingEmpty: true).map { item in
            let ends = item.parts(separatedBy: "-", keepingEmpty: true).map(integer)
            guard ends.count <= 2, let first = ends.first, let start = first,
                let last = ends.last, let end = last, start <= end
            else { throw HandlerFault("\(field) '\(text)'") }
            return start...end
        }
    }
}
