import FastAGI
import Logging

/// A variable under its name and the one it had before; subroutines of a site may still use the latter
/// (contract 41 §6 `pre_subroutine_compat`).
struct RenamedVariable: Sendable, Hashable {
    let new: String
    let old: String
    /// Where the value before the subroutine is kept.
    let original: String

    private init(_ name: String, formerly old: String) {
        new = "WAZO_\(name)"
        self.old = "XIVO_\(old)"
        original = "WAZO_COMPAT_\(new)_ORIG"
    }

    /// All of them, in the order of the conversation.
    static let all =
        [
            "CALLOPTIONS", "CID_REWRITTEN", "CONTEXT", "DSTID", "DSTNUM", "INTERFACE", "GROUPNAME", "GROUPOPTIONS",
            "GROUPTIMEOUT", "HANGUPRINGTIME", "QUEUENAME", "PICKEDUP", "RINGSECONDS", "REAL_CONTEXT", "REAL_NUMBER",
            "CALLORIGIN", "MOBILEPHONENUMBER", "QUEUEOPTIONS", "SRCNUM", "DST_EXTEN_ID", "FWD_REFERER", "FROMGROUP",
            "BASE_CONTEXT", "ENABLEDND", "ENABLEUNC", "MAILBOX", "MAILBOX_CONTEXT", "MAILBOX_LANGUAGE",
            "MAILBOX_OPTIONS", "USEREMAIL",
        ].map { RenamedVariable($0, formerly: $0) }
        + [RenamedVariable("CALLEE_SIMULTCALLS", formerly: "SIMULTCALLS")]
}

/// `pre_subroutine_compat`: gives variables their old names before a subroutine.
///
/// The dialplan asks only where a subroutine exists (contract 41 §7 row 19). Values are passed as they are.
struct PreSubroutineCompatibility: AGIHandler {
    let name = "pre_subroutine_compat"

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            for variable in RenamedVariable.all {
                let value = try await session.getVariableBytes(variable.new)
                try await session.setVariable(variable.old, bytes: value)
                try await session.setVariable(variable.original, bytes: value)
            }
        }
    }
}

/// `post_subroutine_compat`: takes over what a subroutine changed under an old name, unless it changed the new one.
struct PostSubroutineCompatibility: AGIHandler {
    let name = "post_subroutine_compat"

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            for variable in RenamedVariable.all { try await takeOver(variable, session) }
        }
    }

    private func takeOver(_ variable: RenamedVariable, _ session: AGISession) async throws {
        let original = try await session.getVariableBytes(variable.original)
        let new = try await session.getVariableBytes(variable.new)
        let old = try await session.getVariableBytes(variable.old)
        try await session.setVariable(variable.old, "")
        try await session.setVariable(variable.original, "")
        guard new == original, old != original else { return }
        try await session.setVariable(variable.new, bytes: old)
        try await session.verbose("\(variable.old) is deprecated: a subroutine must set \(variable.new)")
    }
}
