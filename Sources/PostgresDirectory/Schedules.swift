public import Directory
import Postgres

extension PostgresDirectory {
    /// The enabled schedule of an object; of several, that of the lowest id.
    public func schedule(path: String, id: Int) async throws -> ScheduleRecord? {
        try await read(Self.scheduleOfObject, [path, id]) { rows in
            try rows.first.map { schedule in
                ScheduleRecord(
                    timeZone: try schedule.optional("zone"),
                    fallback: try DialAction(schedule, "fallback_action", "fallback_actionid", "fallback_actionargs")
                        ?? DialAction.none,
                    periods: try rows.compactMap(SchedulePeriod.init)
                )
            }
        }
    }

    /// One row per period; one without a period when there is none. A path that is not in the enumeration is
    /// looked up in it, so that it finds nothing instead of failing, and the index on (path, pathid) serves.
    private static let scheduleOfObject = PostgresStatement.read(
        """
        WITH chosen AS (
            SELECT s.id, s.timezone, s.fallback_action, s.fallback_actionid, s.fallback_actionargs
            FROM public.schedule_path p
            JOIN public.schedule s ON s.id = p.schedule_id AND s.commented = 0
            WHERE p.pathid = $2::bigint AND p.path = (
                SELECT known FROM unnest(enum_range(NULL::public.schedule_path_type)) AS known
                WHERE known::text = $1
            )
            ORDER BY s.id
            LIMIT 1
        )
        SELECT
            coalesce(
                nullif(c.timezone, ''),
                (SELECT nullif(i.timezone, '') FROM public.infos i ORDER BY i.uuid LIMIT 1)
            ) AS zone,
            c.fallback_action, c.fallback_actionid, c.fallback_actionargs,
            t.mode, t.hours, t.weekdays, t.monthdays, t.months, t.action, t.actionid, t.actionargs
        FROM chosen c
        LEFT JOIN public.schedule_time t ON t.schedule_id = c.id AND t.commented = 0
        ORDER BY t.id
        """
    )
}

extension SchedulePeriod {
    fileprivate init?(_ row: PostgresRow) throws {
        guard let text: String = try row.optional("mode") else { return nil }
        guard let mode = Mode(rawValue: text) else {
            throw PostgresFailure.unexpected("schedule_time.mode is '\(text)'")
        }
        self.init(
            mode: mode,
            hours: try row.optional("hours") ?? "",
            weekdays: try row.optional("weekdays") ?? "",
            monthdays: try row.optional("monthdays") ?? "",
            months: try row.optional("months") ?? "",
            action: try DialAction(row, "action", "actionid", "actionargs")
        )
    }
}
