import Core
import Directory
import FastAGI
import Foundation
import Testing

@Suite("check_schedule")
struct CheckScheduleTests {
    /// 2026-01-01 23:30 UTC, a Thursday; half past midnight on Friday in Paris.
    private let clock = FixedClock(Date(timeIntervalSince1970: 1_767_310_200))
    private let head = [get("WAZO_PATH"), get("WAZO_PATH_ID")]

    private func transcript(path: String = "incall", id: String = "7") -> AGITranscript {
        AGITranscript(variables: ["WAZO_PATH": path, "WAZO_PATH_ID": id])
    }

    private func directory(zone: String?, weekdays: String, fallback: DialAction = .none) -> FixedDirectory {
        let period = SchedulePeriod(
            mode: .opened,
            hours: "",
            weekdays: weekdays,
            monthdays: "",
            months: "",
            action: nil
        )
        return FixedDirectory(schedule: ScheduleRecord(timeZone: zone, fallback: fallback, periods: [period]))
    }

    @Test("an object that is open says so and is the last of the chain that is asked")
    func opened() async throws {
        let directory = directory(zone: "Europe/Paris", weekdays: "5")
        #expect(
            try await run("check_schedule", directory, clock: clock, on: transcript())
                == head + [set("WAZO_SCHEDULE_STATUS", "opened"), set("WAZO_PATH", "")]
        )
    }

    @Test(
        "a closed one gives its destination, the second argument only if there is one",
        arguments: [
            DialAction(action: "user", argument1: "1|a", argument2: "b"), DialAction(action: "none"),
            DialAction(action: "endcall:busy", argument1: nil, argument2: ""),
        ]
    )
    func closed(fallback: DialAction) async throws {
        let directory = directory(zone: "UTC", weekdays: "5", fallback: fallback)
        let second = fallback.argument2.map { [set("WAZO_FWD_SCHEDULE_OUT_ACTIONARG2", $0)] } ?? []
        #expect(
            try await run("check_schedule", directory, clock: clock, on: transcript())
                == head + [
                    set("WAZO_SCHEDULE_STATUS", "closed"),
                    set("WAZO_FWD_SCHEDULE_OUT_ACTION", fallback.action),
                    set("WAZO_FWD_SCHEDULE_OUT_ACTIONARG1", fallback.argument1 ?? ""),
                ] + second + [set("WAZO_PATH", "")]
        )
    }

    @Test("without a path nothing is written")
    func noPath() async throws {
        #expect(try await run("check_schedule", on: transcript(path: "")) == head)
    }

    @Test("an object without a schedule is open")
    func noSchedule() async throws {
        #expect(
            try await run("check_schedule", FixedDirectory(), on: transcript())
                == head + [set("WAZO_SCHEDULE_STATUS", "opened"), set("WAZO_PATH", "")]
        )
    }

    @Test(
        "what cannot be found out is open, with a word in Asterisk's log",
        arguments: [("7", true), ("x", false)]
    )
    func failsOpen(id: String, isAway: Bool) async throws {
        let commands = try await run("check_schedule", FixedDirectory(isAway: isAway), on: transcript(id: id))
        #expect(commands.prefix(2) == head[...])
        #expect(commands.dropFirst(2).first?.hasPrefix("VERBOSE \"check_schedule: ") == true)
        #expect(commands.suffix(2) == [set("WAZO_SCHEDULE_STATUS", "opened"), set("WAZO_PATH", "")])
        #expect(commands.count == 5)
    }

    @Test("an unknown time zone is replaced by the host's and costs nothing")
    func unknownZone() async throws {
        let directory = directory(zone: "Nowhere/City", weekdays: "1-7")
        #expect(
            try await run("check_schedule", directory, clock: clock, on: transcript())
                == head + [set("WAZO_SCHEDULE_STATUS", "opened"), set("WAZO_PATH", "")]
        )
    }
}
