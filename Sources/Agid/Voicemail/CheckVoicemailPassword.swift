import Directory
import FastAGI

/// `check_vmbox_password`: whether a box asks for a password (contract 41 §6).
struct CheckVoicemailPassword: AGIHandler {
    let name = "check_vmbox_password"
    let voicemails: any DialplanVoicemailDirectory

    func run(_ session: AGISession) async throws {
        guard session.arguments.count >= 2, !session.arguments[0].isEmpty else {
            throw DialplanBreak("\(name) takes a mailbox and a context")
        }
        let box = try await session.box(session.arguments[0], in: session.arguments[1], voicemails)
        let isAsked = !box.password.isEmpty && !box.isPasswordSkipped
        try await session.setVariable("WAZO_VM_HAS_PASSWORD", isAsked ? "True" : "False")
    }
}
