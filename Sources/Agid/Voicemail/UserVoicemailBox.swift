import Directory
import FastAGI

/// `user_get_vmbox`: a user's own box (contract 41 §6).
struct UserVoicemailBox: AGIHandler {
    let name = "user_get_vmbox"
    let voicemails: any DialplanVoicemailDirectory

    func run(_ session: AGISession) async throws {
        let box = try await find(session)
        try await session.setBox(box)
        if !box.password.isEmpty { try await session.setVariable("WAZO_VM_PASSWORD", box.password) }
    }

    private func find(_ session: AGISession) async throws -> DialplanVoicemail {
        if let exten = session.arguments.first, !exten.isEmpty {
            let context = try await session.getVariable("WAZO_BASE_CONTEXT")
            if context.isEmpty { throw DialplanBreak("WAZO_BASE_CONTEXT is empty") }
            guard let box = try await voicemails.dialplanVoicemail(ofExtension: exten, context: context) else {
                throw DialplanBreak("The user of '\(exten)@\(context)' has no voicemail")
            }
            return box
        }
        let user = try await session.getVariable("WAZO_USERID")
        guard let id = integer(user), let box = try await voicemails.dialplanVoicemail(of: id) else {
            throw DialplanBreak("User '\(user)' has no voicemail")
        }
        return box
    }
}
