/// A period of a schedule: row of `schedule_time` (contract 41 `check_schedule`).
public struct SchedulePeriod: Sendable, Hashable {
    /// Whether the period opens or closes (enum `schedule_time_mode`).
    public enum Mode: String, Sendable, Hashable {
        case opened, closed
    }

    /// Opens or closes.
    public var mode: Mode
    /// `HH:MM-HH:MM`, or empty.
    public var hours: String
    /// 1 = Monday … 7; comma list of numbers and `a-b` ranges, or empty.
    public var weekdays: String
    /// Comma list of numbers and ranges, or empty.
    public var monthdays: String
    /// Comma list of numbers and ranges, or empty.
    public var months: String
    /// Destination while a closed period holds.
    public var action: DialAction?

    /// A period with all its parts.
    public init(
        mode: Mode,
        hours: String,
        weekdays: String,
        monthdays: String,
        months: String,
        action: DialAction?
    ) {
        self.mode = mode
        self.hours = hours
        self.weekdays = weekdays
        self.monthdays = monthdays
        self.months = months
        self.action = action
    }
}

/// The schedule of an object.
public struct ScheduleRecord: Sendable, Hashable {
    /// Zone name: the schedule's own, else that of `infos`; `nil` when neither has one.
    public var timeZone: String?
    /// Destination when no period matches.
    public var fallback: DialAction
    /// Enabled periods in row order.
    public var periods: [SchedulePeriod]

    /// A schedule with all its parts.
    public init(timeZone: String?, fallback: DialAction, periods: [SchedulePeriod]) {
        self.timeZone = timeZone
        self.fallback = fallback
        self.periods = periods
    }
}

/// Schedules of the directory.
public protocol ScheduleDirectory: Sendable {
    /// The first enabled schedule of an object, in one round trip.
    /// - Parameters:
    ///   - path: `user`, `group`, `queue`, `incall`, `outcall` or `voicemenu` (enum `schedule_path_type`);
    ///     another text has no schedule.
    ///   - id: The object's id.
    /// - Throws: `DatabaseFailure`.
    func schedule(path: String, id: Int) async throws -> ScheduleRecord?
}
