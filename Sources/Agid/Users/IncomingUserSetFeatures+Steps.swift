import Core
import Directory
import FastAGI
import Logging

extension IncomingUserSetFeatures {
    // MARK: Steps 3 to 6

    func setIdentity(_ callee: DialplanUser, _ number: CalleeExtension, _ session: AGISession) async throws {
        try await session.setVariable("WAZO_DST_NAME", callee.name)
        let shown = CallerIDParts(callee.callerID)
        try await session.setVariable("WAZO_DST_REDIRECTING_NAME", shown?.name ?? callee.name)
        try await session.setVariable("WAZO_DST_REDIRECTING_NUM", shown?.number ?? number.exten)
    }

    func setNumberShownOutside(_ outside: String, _ callee: DialplanUser, _ session: AGISession) async throws {
        try await session.setVariable("WAZO_DST_REDIRECTING_EXTERN_NAME", outside)
        try await session.setVariable("WAZO_DST_REDIRECTING_EXTERN_NUM", outside)
        try await session.setVariable("WAZO_DST_UUID", callee.uuid.rawValue)
        try await session.setVariable("WAZO_DST_TENANT_UUID", callee.tenant.rawValue)
    }

    func numberShownOutside(_ callee: DialplanUser, _ session: AGISession) async throws -> String {
        do {
            let numbers = try await outgoingNumbers.outgoingNumbers(of: callee.uuid, tenant: callee.tenant)
            let found = numbers.first { $0.kind == .associated } ?? numbers.first { $0.kind == .main }
            return found?.number ?? ""
        } catch let error as CancellationError {
            throw error
        } catch {
            session.logger.warning(
                "outgoing numbers not known",
                metadata: ["cause": "\(error)", "user": "\(callee.uuid)"]
            )
            return ""
        }
    }

    func setInterfaces(_ callee: DialplanUser, _ number: CalleeExtension, _ session: AGISession) async throws {
        var found: [String] = []
        for endpoint in number.endpoints {
            switch endpoint {
            case .sip(let name): found.append(try await interfaces.sip(name, of: callee.uuid, session))
            case .sccp(let name): found.append("SCCP/\(name)")
            case .custom(let interface): found.append(interface)
            }
        }
        try await session.setVariable("WAZO_INTERFACE", found.joined(separator: "&"))
    }

    // MARK: Steps 9 to 13

    static func options(_ callee: DialplanUser, _ caller: DialplanUser?, music: String?) -> String {
        let letters: [(Bool, String)] = [
            (callee.rights.mayHangUp, "h"), (caller?.rights.mayHangUp ?? false, "H"),
            (callee.rights.mayTransfer, "t"), (caller?.rights.mayTransfer ?? false, "T"),
            (callee.rights.mayRecord, "x"), (caller?.rights.mayRecord ?? false, "X"),
            (callee.rights.screensCallers, "p"),
        ]
        let options = letters.filter(\.0).map(\.1).joined()
        return options + (music.map { "m(\($0))" } ?? "")
    }

    func setLimits(_ callee: DialplanUser, _ session: AGISession) async throws {
        try await session.setVariable("__WAZO_CALLEE_SIMULTCALLS", String(callee.simultaneousCalls))
        try await session.setVariable("WAZO_RINGSECONDS", seconds: callee.ringSeconds)
        try await session.setVariable("WAZO_ENABLEDND", flag: callee.isDoNotDisturbEnabled)
        try await session.setVariable("WAZO_ENABLEVOICEMAIL", flag: callee.mailbox != nil)
        try await session.setVariable("WAZO_MAILBOX", column: callee.mailbox?.number)
        try await session.setVariable("WAZO_MAILBOX_CONTEXT", column: callee.mailbox?.context)
        try await session.setVariable("WAZO_USEREMAIL", column: callee.mailbox?.email)
    }

    func setForwards(
        _ callee: DialplanUser,
        context: String,
        _ actions: [String: DialAction],
        _ session: AGISession
    ) async throws {
        let unconditional = callee.unconditional
        try await session.setVariable("WAZO_ENABLEUNC", flag: unconditional.isEnabled)
        try await session.setForward(unconditional, key: "USER_UNC", context: context)
        let conditional = [
            (callee.busy, "BUSY", "busy", "WAZO_ENABLEBUSY"),
            (callee.noAnswer, "NOANSWER", "noanswer", "WAZO_ENABLERNA"),
        ]
        for (forward, key, event, flag) in conditional {
            if forward.isEnabled {
                try await session.setForward(forward, key: "USER_\(key)", context: context)
            } else {
                try await session.setDialAction(actions[event], key: "USER_\(key)")
            }
            if forward.isEnabled || actions[event].map({ $0.action != DialAction.none.action }) ?? false {
                try await session.setVariable(flag, "True")
            }
        }
        try await session.setDialAction(actions["congestion"], key: "USER_CONGESTION")
        try await session.setDialAction(actions["chanunavail"], key: "USER_CHANUNAVAIL")
    }

    // MARK: Steps 15 and 17

    /// Calls of a group are recorded by the group.
    func setRecording(_ callee: DialplanUser, zone: String, _ session: AGISession) async throws {
        if try await session.getVariable("WAZO_CALL_RECORD_ACTIVE") == "1" { return }
        if try await session.getVariable("WAZO_FROMGROUP") == "1",
            try await session.getVariable("BLINDTRANSFER").isEmpty
        {
            return
        }
        let isEnabled =
            zone == "intern"
            ? callee.recording.isIncomingInternalEnabled : callee.recording.isIncomingExternalEnabled
        if isEnabled { try await session.setVariable("__WAZO_PEER_CALL_RECORD_ENABLED", "1") }
    }

    func setLanguage(
        _ callee: DialplanUser,
        _ caller: DialplanUser?,
        zone: String,
        _ session: AGISession
    ) async throws {
        guard let mailbox = callee.mailbox else { return }
        let language = (zone == "intern" ? caller?.language : nil) ?? mailbox.language ?? callee.language
        try await session.setVariable("WAZO_MAILBOX_LANGUAGE", column: language)
    }
}

extension AGISession {
    /// Writes a forward as a destination, without ISDA: it does not come from the table of destinations.
    func setForward(_ forward: DialplanUser.Forward, key: String, context: String) async throws {
        let prefix = "WAZO_FWD_\(key)"
        try await setVariable("\(prefix)_ACTION", forward.isEnabled ? "extension" : "none")
        try await setVariable("\(prefix)_ACTIONARG1", forward.isEnabled ? forward.destination : "")
        try await setVariable("\(prefix)_ACTIONARG2", forward.isEnabled ? context : "")
    }
}
