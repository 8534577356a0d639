import Core
import Directory
import FastAGI
import Foundation
import Logging

/// `check_schedule`: whether the object that the call reached is open now (contract 41).
///
/// When that cannot be found out it is open (contract 41 §7 row 1).
struct CheckSchedule: AGIHandler {
    let name = "check_schedule"
    let schedules: any ScheduleDirectory
    let clock: any WallClock

    func run(_ session: AGISession) async throws {
        try await BestEffort.handler(name, session) { try await serve(session) }
    }

    private func serve(_ session: AGISession) async throws {
        let path = try await session.getVariable("WAZO_PATH")
        let id = try await session.getVariable("WAZO_PATH_ID")
        if path.isEmpty { return }
        let state: ScheduleState? = try await BestEffort.run(name, session) {
            try await self.state(path: path, id: id, logger: session.logger)
        }
        switch state ?? .opened {
        case .opened:
            try await session.setVariable("WAZO_SCHEDULE_STATUS", "opened")
        case .closed(let destination):
            try await session.setVariable("WAZO_SCHEDULE_STATUS", "closed")
            try await session.setVariable("WAZO_FWD_SCHEDULE_OUT_ACTION", column: destination?.action)
            try await session.setVariable("WAZO_FWD_SCHEDULE_OUT_ACTIONARG1", column: destination?.argument1)
            if let argument = destination?.argument2 {
                try await session.setVariable("WAZO_FWD_SCHEDULE_OUT_ACTIONARG2", argument)
            }
        }
        // The first object of the chain that is asked decides.
        try await session.setVariable("WAZO_PATH", "")
    }

    private func state(path: String, id: String, logger: Logger) async throws -> ScheduleState {
        guard let number = integer(id) else { throw HandlerFault("WAZO_PATH_ID is no integer: '\(id)'") }
        guard let schedule = try await schedules.schedule(path: path, id: number) else { return .opened }
        let moment = LocalMoment(clock.now, in: zone(schedule.timeZone, logger))
        let (state, faults) = schedule.state(at: moment)
        for fault in faults {
            logger.error(
                "schedule period ignored",
                metadata: ["path": "\(path)", "id": "\(id)", "cause": "\(fault)"]
            )
        }
        return state
    }

    private func zone(_ name: String?, _ logger: Logger) -> TimeZone {
        guard let name, !name.isEmpty else { return .current }
        if let zone = TimeZone(identifier: name) { return zone }
        logger.error("unknown time zone, the host's is used", metadata: ["zone": "\(name)"])
        return .current
    }
}
