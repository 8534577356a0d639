import Directory
import FastAGI

/// `vmbox_get_info`: the box that a message is left in or listened to (contract 41 §6).
struct VoicemailBoxInfo: AGIHandler {
    let name = "vmbox_get_info"
    let voicemails: any DialplanVoicemailDirectory
    let users: any DialplanUserDirectory

    func run(_ session: AGISession) async throws {
        let (box, caller) = try await find(session)
        try await session.setBox(box)
        let callers = try await caller.asyncFlatMap { try await language(of: $0, session) }
        try await session.setVariable("WAZO_MAILBOX_LANGUAGE", column: callers ?? box.language)
    }

    /// The box, and who dialled its number; nobody did where the dialplan says which box it is.
    private func find(_ session: AGISession) async throws -> (DialplanVoicemail, caller: String?) {
        if let number = session.arguments.first, !number.isEmpty {
            let caller = try await session.getVariable("WAZO_USERID")
            let context = try await session.getVariable("WAZO_BASE_CONTEXT")
            return (try await session.box(number, in: context, voicemails), caller)
        }
        let id = try await session.getVariable("WAZO_VMBOXID")
        guard let number = integer(id), let box = try await voicemails.dialplanVoicemail(number) else {
            throw DialplanBreak("Unknown voicemail '\(id)'")
        }
        return (box, nil)
    }

    /// A caller from outside has no language; one that cannot be looked up costs no message.
    private func language(of caller: String, _ session: AGISession) async throws -> String? {
        guard let id = integer(caller) else { return nil }
        let user = try await BestEffort.run(name, session) { try await users.dialplanUser(id) }
        return user??.language.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension AGISession {
    /// The box of a number as seen from a context.
    /// - Throws: `DialplanBreak` when there is none.
    func box(
        _ number: String,
        in context: String,
        _ voicemails: any DialplanVoicemailDirectory
    ) async throws -> DialplanVoicemail {
        if context.isEmpty { throw DialplanBreak("The context of voicemail '\(number)' is empty") }
        guard let box = try await voicemails.dialplanVoicemail(number: number, context: context) else {
            throw DialplanBreak("Unknown voicemail '\(number)@\(context)'")
        }
        return box
    }

    /// Writes what `VoiceMailMain` and `VoiceMail` are called with.
    func setBox(_ box: DialplanVoicemail) async throws {
        try await setVariable("WAZO_VMMAIN_OPTIONS", box.isPasswordSkipped ? "s" : "")
        try await setVariable("WAZO_MAILBOX", box.number)
        try await setVariable("WAZO_MAILBOX_CONTEXT", box.context)
    }
}
