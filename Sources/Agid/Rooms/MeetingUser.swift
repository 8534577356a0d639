import Core
import Directory
import FastAGI

/// `meeting_user`: a user calls a meeting by its number or by the extension that its uuid makes (contract 41 §6).
struct MeetingUser: AGIHandler {
    let name = "meeting_user"
    let rooms: any DialplanRoomDirectory

    func run(_ session: AGISession) async throws {
        let meeting: DialplanMeeting
        do {
            meeting = try await find(session)
        } catch let error as AGIError where error.endsSession {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            try await session.verbose("\(error)")
            try await session.refuse(playing: "invalid")
            throw DialplanBreak("\(error)")
        }
        try await session.setVariable("WAZO_MEETING_UUID", meeting.id)
        try await session.setVariable("WAZO_MEETING_NAME", column: meeting.name)
    }

    private func find(_ session: AGISession) async throws -> DialplanMeeting {
        let key = session.arguments.first ?? ""
        let tenant = TenantID(try await session.getVariable("WAZO_TENANT_UUID"))
        let isNumber = !key.isEmpty && key.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let found =
            if isNumber {
                try await rooms.dialplanMeeting(number: key, tenant: tenant)
            } else if let uuid = key.suffix(after: "wazo-meeting-") {
                try await rooms.dialplanMeeting(uuid: uuid, tenant: tenant)
            } else {
                DialplanMeeting?.none
            }
        guard let found else { throw HandlerFault("Unknown meeting '\(key)'") }
        return found
    }
}
