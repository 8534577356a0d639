import Core
import Directory
import FastAGI

/// `incoming_conference_set_features`: asks for the PIN of a conference room, and tells how the caller comes in
/// (contract 41 §6).
struct IncomingConferenceSetFeatures: AGIHandler {
    let name = "incoming_conference_set_features"
    let rooms: any DialplanRoomDirectory
    /// Tries to give the right PIN.
    private static let tries = 4
    /// Milliseconds to wait for a digit.
    private static let digitTimeout = 10_000
    /// Longest PIN that can be stored.
    private static let longestPIN = 80

    /// How a caller comes in.
    private enum Role: String {
        case user, admin
    }

    func run(_ session: AGISession) async throws {
        let id = try await session.getVariable("WAZO_DSTID")
        let tenant = try await session.getVariable("WAZO_TENANT_UUID")
        guard let number = integer(id),
            let room = try await rooms.dialplanConference(number, tenant: tenant.isEmpty ? nil : TenantID(tenant))
        else { throw DialplanBreak("Unknown conference '\(id)'") }
        let role = room.pin.isEmpty ? .user : try await askPIN(of: room, session)
        let prefix = "WAZO_CONFBRIDGE"
        try await session.setVariable("\(prefix)_ID", String(room.id))
        try await session.setVariable("\(prefix)_TENANT_UUID", room.tenant.rawValue)
        try await session.setVariable("\(prefix)_BRIDGE_PROFILE", "wazo-bridge-profile-\(room.id)")
        try await session.setVariable("\(prefix)_USER_PROFILE", "wazo-\(role.rawValue)-profile-\(room.id)")
        try await session.setVariable("\(prefix)_MENU", "wazo-default-\(role.rawValue)-menu")
        try await session.setVariable("\(prefix)_PREPROCESS_SUBROUTINE", column: room.preprocessSubroutine)
        try await session.exec("CELGenUserEvent", "WAZO_CONFERENCE, NAME: \(Self.eventText(room.name ?? ""))")
    }

    private func askPIN(of room: DialplanConference, _ session: AGISession) async throws -> Role {
        for _ in 0..<Self.tries {
            try await session.answer()
            let given = try await session.getData(
                "conf-getpin",
                timeout: Self.digitTimeout,
                maximumDigits: Self.longestPIN
            )
            if given == room.pin { return .user }
            if !given.isEmpty && given == room.administratorPIN { return .admin }
            try await session.play("conf-invalidpin")
        }
        throw DialplanBreak("No right PIN for conference \(room.id)")
    }

    /// The application takes quotes and backslashes away, and what stands between them together.
    private static func eventText(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 >= 0x20 && !"\"\\".utf8.contains($0) }, as: UTF8.self)
    }
}
