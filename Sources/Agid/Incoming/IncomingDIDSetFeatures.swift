import Core
import Directory
import FastAGI

/// `incoming_did_set_features`: where a call from outside goes, and what is done before (contract 41).
///
/// Without its row the call has no destination, so a failure is a fault of the call (contract 41 §7 row 1). One of
/// another tenant than the channel's is as unknown as one that does not exist (§7 row 6).
struct IncomingDIDSetFeatures: AGIHandler {
    let name = "incoming_did_set_features"
    let incalls: any IncallDirectory

    func run(_ session: AGISession) async throws {
        let id = try await session.getInteger("WAZO_INCALL_ID")
        let tenant = try await session.getVariable("WAZO_TENANT_UUID")
        guard let incall = try await incalls.incall(id), incall.tenant.admits(tenant) else {
            throw HandlerFault("No incoming call \(id)")
        }
        try await session.setVariable("WAZO_DIDPREPROCESS_SUBROUTINE", column: incall.preprocessSubroutine)
        try await session.setVariable("WAZO_EXTENPATTERN", incall.exten)
        try await session.setVariable("WAZO_PATH", "incall")
        try await session.setVariable("WAZO_PATH_ID", String(incall.id))
        try await session.setVariable("WAZO_REAL_CONTEXT", incall.context)
        try await session.setVariable("WAZO_REAL_NUMBER", incall.exten)
        try await session.setVariable("WAZO_GREETING_SOUND", column: incall.greetingSound)
        try await session.setDialAction(incall.answer, key: "INCALL_ANSWER")
        if let rule = incall.callerID {
            try await session.rewriteCallerID(rule, isForced: true)
        }
    }
}
