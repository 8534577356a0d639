import Directory
import Foundation
import Testing

@testable import Agid

@Suite("Schedules at a moment")
struct ScheduleEvaluationTests {
    /// Wednesday 15 May, 12:30.
    private let moment = LocalMoment(minute: 12 * 60 + 30, weekday: 3, day: 15, month: 5)

    private func period(
        _ mode: SchedulePeriod.Mode = .opened,
        hours: String = "",
        weekdays: String = "",
        monthdays: String = "",
        months: String = "",
        action: DialAction? = nil
    ) -> SchedulePeriod {
        SchedulePeriod(
            mode: mode,
            hours: hours,
            weekdays: weekdays,
            monthdays: monthdays,
            months: months,
            action: action
        )
    }

    @Test(
        "hours are inclusive to the minute at both ends",
        arguments: [
            ("", true), ("12:30-12:30", true), ("12:30-18:00", true), ("08:00-12:30", true),
            ("8:00-12:29", false),
            ("12:31-18:00", false), ("00:00-23:59", true), ("00:00-24:00", true), (" 08:00 - 18:00 ", true),
        ]
    )
    func hours(text: String, matches: Bool) throws {
        #expect(try period(hours: text).matches(moment) == matches)
    }

    @Test(
        "lists hold numbers and ranges",
        arguments: [
            ("", true), ("3", true), ("1-5", true), ("1,2,3", true), ("1-2,3-4", true), ("1-2,6-7", false),
            ("3-3", true), ("4", false), (" 1 , 2 - 4 ", true),
        ]
    )
    func weekdays(text: String, matches: Bool) throws {
        #expect(try period(weekdays: text).matches(moment) == matches)
    }

    @Test("every field that is not empty must match")
    func allFields() throws {
        #expect(
            try period(hours: "12:00-13:00", weekdays: "3", monthdays: "10-20", months: "5").matches(moment)
        )
        #expect(
            try !period(hours: "12:00-13:00", weekdays: "3", monthdays: "10-20", months: "6").matches(moment)
        )
        #expect(try !period(monthdays: "16-31").matches(moment))
    }

    @Test(
        "a field that cannot be read is a fault",
        arguments: [
            "25:00-26:00", "12:60-13:00", "18:00-08:00", "08:00", "08-18", "a", "08:00-18:00-19:00",
            "24:01-24:01", "-",
        ]
    )
    func brokenHours(text: String) {
        #expect(throws: HandlerFault.self) { try period(hours: text).matches(moment) }
    }

    @Test("so is a list that cannot be read", arguments: ["5-1", "1,,2", "x", "1-2-3", ",", "1-"])
    func brokenList(text: String) {
        #expect(throws: HandlerFault.self) { try period(months: text).matches(moment) }
    }

    @Test("closed periods come first in their order, then opened ones, then the fallback")
    func order() {
        let fallback = DialAction(action: "voicemail", argument1: "1")
        let first = DialAction(action: "user", argument1: "1")
        let second = DialAction(action: "user", argument1: "2")
        func state(_ periods: [SchedulePeriod]) -> ScheduleState {
            ScheduleRecord(timeZone: nil, fallback: fallback, periods: periods).state(at: moment).state
        }
        let opened = period(weekdays: "1-5")
        #expect(state([opened]) == .opened)
        #expect(state([]) == .closed(fallback))
        #expect(state([period(weekdays: "6")]) == .closed(fallback))
        #expect(
            state([
                opened, period(.closed, months: "6", action: second), period(.closed, action: first),
                period(.closed, action: second),
            ]) == .closed(first)
        )
        #expect(state([period(.closed), opened]) == .closed(nil))
    }

    @Test("a broken period is ignored and told")
    func brokenPeriod() {
        let record = ScheduleRecord(
            timeZone: nil,
            fallback: .none,
            periods: [period(.closed, hours: "x"), period(months: "y"), period(months: "5")]
        )
        let (state, faults) = record.state(at: moment)
        #expect(state == .opened)
        #expect(faults == ["hours 'x'", "months 'y'"])
    }

    @Test(
        "a moment is read on a wall of its zone",
        arguments: [
            // 2026-03-29 01:30 UTC: Sunday, summer time in Paris since half an hour.
            (1_774_747_800.0, "Europe/Paris", LocalMoment(minute: 210, weekday: 7, day: 29, month: 3)),
            (1_774_747_800.0, "America/Montreal", LocalMoment(minute: 1_290, weekday: 6, day: 28, month: 3)),
            (1_774_747_800.0, "UTC", LocalMoment(minute: 90, weekday: 7, day: 29, month: 3)),
            (1_774_747_800.0, "Asia/Kolkata", LocalMoment(minute: 420, weekday: 7, day: 29, month: 3)),
            // 2026-01-01 00:00 UTC is a Thursday.
            (1_767_225_600.0, "Europe/Paris", LocalMoment(minute: 60, weekday: 4, day: 1, month: 1)),
            (1_767_225_600.0, "America/New_York", LocalMoment(minute: 1_140, weekday: 3, day: 31, month: 12)),
        ]
    )
    func zones(seconds: Double, zone: String, moment: LocalMoment) throws {
        let zone = try #require(TimeZone(identifier: zone))
        #expect(LocalMoment(Date(timeIntervalSince1970: seconds), in: zone) == moment)
    }
}
