import Core
import Directory
import FastAGI
import Logging

/// What becomes of a call whose permissions cannot be looked up (contract 41 §7 row 1).
public enum UnknownCallRights: String, Sendable, Hashable, CaseIterable {
    /// Calls to the outside are refused, others go on.
    case denyExternal = "deny-external"
    case allow, deny
}

/// The decision about a call.
enum CallRightDecision: Hashable {
    case allowed
    /// With what the caller may dial to be let through.
    case denied(password: String?)

    /// The first level with a rule for the number decides: one rule that authorises suffices.
    init(_ rules: [CallRightRule], number: String) {
        let candidates = rules.filter { CallRightPattern($0.pattern)?.matches(number) ?? false }
        guard let level = candidates.map(\.level).min() else {
            self = .allowed
            return
        }
        let deciding = candidates.filter { $0.level == level }
        self = deciding.contains(where: \.authorizes) ? .allowed : .denied(password: deciding.last?.password)
    }
}

/// `user_set_call_rights`: whether the caller may call this number (contract 41).
struct UserSetCallRights: AGIHandler {
    let name = "user_set_call_rights"
    let rights: any CallRightDirectory
    let whenUnknown: UnknownCallRights

    func run(_ session: AGISession) async throws {
        let user = integer(try await session.getVariable("WAZO_USERID"))
        let number = try await session.getVariable("WAZO_DSTNUM")
        let route = try await session.getVariable("WAZO_OUTCALLID")
        let decision = try await BestEffort.run(name, session) {
            let outcall = integer(route)
            if outcall == nil && !route.isEmpty { throw HandlerFault("WAZO_OUTCALLID is no integer: '\(route)'") }
            return CallRightDecision(
                try await rights.callRightRules(user: user, outcall: outcall),
                number: number
            )
        }
        switch decision ?? fallback(isExternal: !route.isEmpty) {
        case .allowed:
            try await session.setVariable("WAZO_AUTHORIZATION", "ALLOW")
        case .denied(let password):
            if let password { try await session.setVariable("WAZO_PASSWORD", password) }
            try await session.setVariable("WAZO_AUTHORIZATION", "DENY")
        }
    }

    private func fallback(isExternal: Bool) -> CallRightDecision {
        switch whenUnknown {
        case .allow: .allowed
        case .deny: .denied(password: nil)
        case .denyExternal: isExternal ? .denied(password: nil) : .allowed
        }
    }
}
