import Directory
import FastAGI
import Logging

/// `phone_set_feature`: a user dials the code of a feature (contract 41 §5).
///
/// What confd refuses or does not answer is logged and nothing is set: the dialplan then says "off".
struct PhoneSetFeature: AGIHandler {
    let name = "phone_set_feature"
    let stores: FeatureStores

    func run(_ session: AGISession) async throws {
        let feature = session.arguments.first ?? ""
        let arguments = Array(session.arguments.dropFirst())
        switch feature {
        case "callrecord": try await toggleRecording(session)
        case "dnd": try await toggle(.doNotDisturb, "WAZO_DNDENABLED", session)
        case "incallfilter": try await toggle(.callScreening, "WAZO_INCALLFILTERENABLED", session)
        case "vm": try await toggleVoicemail(extension: arguments.first ?? "", session)
        case "unc": try await setForward(.unconditional, "WAZO_UNCENABLED", arguments, session)
        case "rna": try await setForward(.noAnswer, "WAZO_RNAENABLED", arguments, session)
        case "busy": try await setForward(.busy, "WAZO_BUSYENABLED", arguments, session)
        default: throw DialplanBreak("Unknown feature '\(feature)'")
        }
    }

    private func toggleRecording(_ session: AGISession) async throws {
        let user = try await session.knownUser(stores.users)
        guard let isEnabled = try await stores.switches.toggleRecording(of: user.id) else {
            throw DialplanBreak("Unknown user \(user.id)")
        }
        try await session.setVariable("WAZO_CALLRECORDENABLED", flag: isEnabled)
        try await session.setVariable("WAZO_USERID_OWNER", String(user.id))
    }

    private func toggle(_ service: UserService, _ variable: String, _ session: AGISession) async throws {
        guard let user = try await caller(session) else { return }
        let isEnabled = try await asked(session) {
            let wanted = try await !stores.settings.isEnabled(service, of: user.id)
            try await stores.settings.setService(service, isEnabled: wanted, of: user.id)
            return wanted
        }
        guard let isEnabled else { return }
        try await session.setVariable(variable, flag: isEnabled)
        try await session.setVariable("WAZO_USERID_OWNER", String(user.id))
    }

    private func setForward(
        _ kind: ForwardKind,
        _ variable: String,
        _ arguments: [String],
        _ session: AGISession
    ) async throws {
        guard let user = try await caller(session) else { return }
        guard let flag = arguments.first, let destination = arguments.dropFirst().first,
            flag != "1" || !destination.isEmpty
        else {
            session.logger.warning("no destination of a forward", metadata: ["forward": "\(kind.rawValue)"])
            return
        }
        let isEnabled = flag == "1"
        let isDone = try await asked(session) {
            let setting = ForwardSetting(isEnabled: isEnabled, destination: isEnabled ? destination : nil)
            try await stores.settings.setForward(kind, to: setting, of: user.id)
            return true
        }
        if isDone == nil { return }
        try await session.setVariable("WAZO_USERID_OWNER", String(user.id))
        try await session.setVariable(variable, flag: isEnabled)
    }

    /// The user of `WAZO_USERID`; one whom confd does not know changes nothing, and the call goes on.
    private func caller(_ session: AGISession) async throws -> DialplanUser? {
        let text = try await session.getVariable("WAZO_USERID")
        if let id = integer(text), let user = try await stores.users.dialplanUser(id) { return user }
        session.logger.warning("feature not changed: unknown user", metadata: ["user": "\(text)"])
        return nil
    }

    // MARK: Voicemail

    private func toggleVoicemail(extension exten: String, _ session: AGISession) async throws {
        let caller = try await session.knownUser(stores.users)
        let owner = exten.isEmpty ? caller : try await owner(of: exten, session)
        guard let password = try await stores.switches.voicemailPassword(of: owner.id) else {
            throw DialplanBreak("User \(owner.id) has no voicemail")
        }
        if !password.isEmpty && owner.id != caller.id { try await authenticate(password, session) }
        guard let isEnabled = try await stores.switches.toggleVoicemail(of: owner.id) else {
            throw DialplanBreak("User \(owner.id) has no voicemail")
        }
        try await session.setVariable("WAZO_VMENABLED", flag: isEnabled)
        try await session.setVariable("WAZO_USERID_OWNER", String(owner.id))
    }

    private func owner(of exten: String, _ session: AGISession) async throws -> DialplanUser {
        let context = try await session.getVariable("WAZO_BASE_CONTEXT")
        if context.isEmpty { throw DialplanBreak("WAZO_BASE_CONTEXT is empty") }
        guard let owner = try await stores.users.dialplanUser(exten: exten, context: context) else {
            throw DialplanBreak("No user has '\(exten)@\(context)'")
        }
        return owner
    }

    /// The application would take a password with a comma as two arguments, and one with a slash as a file.
    private func authenticate(_ password: String, _ session: AGISession) async throws {
        guard password.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2A || $0 == 0x23 }) else {
            throw DialplanBreak("The voicemail's password cannot be dialled")
        }
        guard try await session.exec("Authenticate", password) == 0 else {
            throw DialplanBreak("The voicemail's password was not given")
        }
    }

    /// `nil` when the store refused or did not answer.
    private func asked<Value>(_ session: AGISession, _ work: () async throws -> Value) async throws -> Value? {
        do {
            return try await work()
        } catch let error as CancellationError {
            throw error
        } catch {
            session.logger.warning("feature not changed", metadata: ["cause": "\(error)"])
            return nil
        }
    }
}
