import Core
import FastAGI
import Foundation

/// `wake_mobile`: has the callee's mobile application woken by a push, just before it is dialled (contract 41 §1).
/// Dial-mobile hears the event that this raises.
struct WakeMobile: AGIHandler {
    let name = "wake_mobile"
    let clock: any WallClock
    /// Seconds that a phone rings when nothing else is said.
    private static let ringTime = "30"

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            guard let user = session.arguments.first, !user.isEmpty else { throw HandlerFault("takes a user") }
            if try await session.getVariable("WAZO_WAIT_FOR_MOBILE").isEmpty { return }
            let video = try await session.getVariable("WAZO_VIDEO_ENABLED")
            let times = [
                try await session.getVariable("WAZO_RING_TIME"), try await session.getVariable("WAZO_RINGSECONDS"),
                Self.ringTime,
            ]
            let headers = [
                ("WAZO_DST_UUID", user), ("WAZO_VIDEO_ENABLED", video),
                ("WAZO_RING_TIME", times.first { !$0.isEmpty } ?? Self.ringTime),
                ("WAZO_TIMESTAMP", Self.timestamp(clock.now)),
            ]
            let words = ["Pushmobile"] + headers.map { "\($0): \(Self.headerValue($1))" }
            try await session.exec("UserEvent", words.joined(separator: ","))
        }
    }

    /// Without what would begin another header.
    private static func headerValue(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 >= 0x20 && !",;|\"\\".utf8.contains($0) }, as: UTF8.self)
    }

    /// ISO 8601 in UTC with microseconds, as the reader of the event expects it.
    static func timestamp(_ date: Date) -> String {
        let microseconds = Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
        let whole = Date(timeIntervalSince1970: Double(microseconds.quotient(1_000_000)))
        let text = whole.ISO8601Format(.init(timeZone: .gmt)).without("Z")
        let digits = String(microseconds - microseconds.quotient(1_000_000) * 1_000_000)
        let fraction = digits == "0" ? "" : "." + String(repeating: "0", count: 6 - digits.count) + digits
        return text + fraction + "+00:00"
    }
}

extension Int64 {
    /// Division that rounds down.
    fileprivate func quotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
