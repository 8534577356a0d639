import Core
import FastAGI
import Foundation

/// `linear_group_check_timeout`: how long the next member of a linear group may ring (contract 41 §2). Dialplans of the
/// field call it; ours does not.
struct LinearGroupCheckTimeout: AGIHandler {
    let name = "linear_group_check_timeout"
    let clock: any WallClock

    func run(_ session: AGISession) async throws {
        _ = try await session.getVariable("WAZO_DSTID")
        let limit = try await seconds("WAZO_GROUPTIMEOUT", session)
        let start = try await session.getVariable("WAZO_GROUP_START_TIME")
        let memberLimit = try await seconds("WAZO_GROUP_USER_TIMEOUT", session)
        let now = clock.now.timeIntervalSince1970
        if start.isEmpty { try await session.setVariable("WAZO_GROUP_START_TIME", String(now)) }
        let elapsed = now - (Self.number(start) ?? now)
        if elapsed >= limit {
            try await session.setVariable("WAZO_GROUP_TIMEOUT_EXPIRED", "1")
            return
        }
        let seconds = min(memberLimit > 0 ? memberLimit : limit, limit - elapsed)
        try await session.setVariable("WAZO_DIAL_TIMEOUT", String(Int(seconds)))
    }

    /// Empty, or no number: 0 (contract 41 §7 row 14).
    private func seconds(_ name: String, _ session: AGISession) async throws -> Double {
        Self.number(try await session.getVariable(name)) ?? 0
    }

    /// A number of seconds that an integer can hold.
    private static func number(_ text: String) -> Double? {
        Double(text).flatMap { abs($0) <= 1e15 ? $0 : nil }
    }
}
