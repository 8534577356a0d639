import Directory
import FastAGI
import Logging

/// What the star codes of a user need.
struct FeatureStores: Sendable {
    let users: any DialplanUserDirectory
    let settings: any UserSettingStoring
    let switches: any UserSwitchStoring
}

/// `phone_get_features`: what a user has switched on (contract 41 §5).
struct PhoneGetFeatures: AGIHandler {
    let name = "phone_get_features"
    let stores: FeatureStores

    func run(_ session: AGISession) async throws {
        let user = try await session.knownUser(stores.users)
        let forwards = try await forwards(of: user.id, session)
        let names = [(ForwardKind.busy, "BUSY"), (.noAnswer, "RNA"), (.unconditional, "UNC")]
        for (kind, name) in names {
            try await session.setVariable("WAZO_ENABLE\(name)", flag: forwards[kind]?.isEnabled ?? false)
            try await session.setVariable("WAZO_DEST\(name)", column: forwards[kind]?.destination)
        }
        try await session.setVariable("WAZO_ENABLEVOICEMAIL", flag: user.mailbox != nil)
        try await session.setVariable("WAZO_CALLRECORD", flag: user.recording.isEverythingEnabled)
        try await session.setVariable("WAZO_INCALLFILTER", flag: user.rights.screensCallers)
        try await session.setVariable("WAZO_ENABLEDND", flag: user.isDoNotDisturbEnabled)
    }

    private func forwards(of user: Int, _ session: AGISession) async throws -> [ForwardKind: ForwardSetting] {
        do {
            return try await stores.settings.forwards(of: user)
        } catch let error as CancellationError {
            throw error
        } catch {
            session.logger.warning("forwards not known", metadata: ["cause": "\(error)", "user": "\(user)"])
            return [:]
        }
    }
}

/// `fwdundoall`: switches all forwards off (contract 41 §5).
struct ForwardUndoAll: AGIHandler {
    let name = "fwdundoall"
    let stores: FeatureStores

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            let user = try await session.getInteger("WAZO_USERID")
            try await stores.settings.disableForwards(of: user)
        }
    }
}

/// `callfilter`: a secretary or boss switches a member of their filter (contract 41 §5).
struct CallFilterToggle: AGIHandler {
    let name = "callfilter"
    let stores: FeatureStores

    func run(_ session: AGISession) async throws {
        let text = session.arguments.first ?? ""
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let member = Int(text) else {
            throw DialplanBreak("Not the id of a call filter member: '\(text)'")
        }
        let user = try await session.getVariable("WAZO_USERID")
        guard let id = integer(user),
            let isActive = try await stores.switches.toggleCallFilter(member: member, by: id)
        else { throw DialplanBreak("User '\(user)' has no call filter with member \(member)") }
        try await session.setVariable("WAZO_BSFILTERENABLED", flag: isActive)
    }
}

extension AGISession {
    /// The user of `WAZO_USERID`.
    /// - Throws: `DialplanBreak` when he is not known.
    func knownUser(_ users: any DialplanUserDirectory) async throws -> DialplanUser {
        let text = try await getVariable("WAZO_USERID")
        guard let id = integer(text), let user = try await users.dialplanUser(id) else {
            throw DialplanBreak("Unknown user '\(text)'")
        }
        return user
    }
}
