import Core
import Directory
import Postgres
import PostgresDirectory
import TandemLab
import Testing

@Suite("Schedules", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct ScheduleRowsTests {
    @Test("A schedule has its zone, its fallback and its enabled periods in row order", arguments: Role.allCases)
    func schedule(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let incall = try await tenant.addIncall()
            let schedule = try await tenant.addSchedule(of: incall, zone: "Europe/Paris")
            try await tenant.insert(
                """
                INSERT INTO schedule_time
                    (schedule_id, mode, hours, weekdays, monthdays, months, action, actionid, actionargs, commented)
                VALUES
                    ($1::int, 'opened', '08:00-12:00', '1-5', '1-31', '1-12', NULL, NULL, NULL, 0),
                    ($1::int, 'closed', NULL, NULL, NULL, NULL, 'none', NULL, NULL, 1),
                    ($1::int, 'closed', NULL, '7', '', NULL, 'sound', 'closed', 'skip', 0)
                """,
                schedule
            )
            // The first row moves to the end of the table: order must come from the ids.
            try await tenant.insert(
                "UPDATE schedule_time SET hours = '09:00-12:00' WHERE schedule_id = $1::int AND mode = 'opened'",
                schedule
            )
            let expected = ScheduleRecord(
                timeZone: "Europe/Paris",
                fallback: DialAction(action: "user", argument1: "1", argument2: "30"),
                periods: [
                    SchedulePeriod(
                        mode: .opened,
                        hours: "09:00-12:00",
                        weekdays: "1-5",
                        monthdays: "1-31",
                        months: "1-12",
                        action: nil
                    ),
                    SchedulePeriod(
                        mode: .closed,
                        hours: "",
                        weekdays: "7",
                        monthdays: "",
                        months: "",
                        action: DialAction(action: "sound", argument1: "closed", argument2: "skip")
                    ),
                ]
            )
            #expect(try await directory.schedule(path: "incall", id: incall) == expected)
            for path in ["user", "group", "queue", "outcall", "voicemenu"] {
                #expect(try await directory.schedule(path: path, id: incall) == nil)
            }
        }
    }

    @Test("Without a zone of its own a schedule has the system's", arguments: Role.allCases)
    func zone(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let incall = try await tenant.addIncall()
            let schedule = try await tenant.addSchedule(of: incall, zone: nil)
            #expect(try await directory.schedule(path: "incall", id: incall)?.timeZone == "UTC")
            try await tenant.insert("UPDATE schedule SET timezone = '' WHERE id = $1::int", schedule)
            #expect(try await directory.schedule(path: "incall", id: incall)?.timeZone == "UTC")
            #expect(try await directory.schedule(path: "incall", id: incall)?.periods == [])
        }
    }

    @Test("Of several schedules the first enabled one counts", arguments: Role.allCases)
    func firstEnabled(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let incall = try await tenant.addIncall()
            let first = try await tenant.addSchedule(of: incall, zone: "Europe/Berlin")
            let second = try await tenant.addSchedule(of: incall, zone: "Europe/Rome")
            func zone() async throws -> String? {
                try await directory.schedule(path: "incall", id: incall)?.timeZone
            }
            #expect(try await zone() == "Europe/Berlin")
            try await tenant.insert("UPDATE schedule SET commented = 1 WHERE id = $1::int", first)
            #expect(try await zone() == "Europe/Rome")
            try await tenant.insert("UPDATE schedule SET commented = 1 WHERE id = $1::int", second)
            #expect(try await directory.schedule(path: "incall", id: incall) == nil)
        }
    }
}

extension OwnTenant {
    /// A schedule of an incall, falling back to user 1 for 30 s.
    fileprivate func addSchedule(of incall: Int, zone: String?) async throws -> Int {
        let schedule = try await insert(
            """
            INSERT INTO schedule (tenant_uuid, timezone, fallback_action, fallback_actionid, fallback_actionargs)
            VALUES ($1, $2, 'user', '1', '30') RETURNING id
            """,
            id.rawValue,
            zone
        )
        try await insert(
            "INSERT INTO schedule_path (schedule_id, path, pathid) VALUES ($1::int, 'incall', $2::int)",
            schedule,
            incall
        )
        return schedule
    }
}
