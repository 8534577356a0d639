import CallControl
import Core
import Telephony

/// What can be done with a call that is there (contract 10 §2.4, §2.7 to §2.9).
struct CallActions: Sendable {
    let ports: CallPorts
    let reader: CallReader
    let news: CallNews

    /// The channel of a call in a tenant.
    /// - Throws: `Failure` 404 when it is gone or another tenant's; `TelephonyFailure`.
    func record(_ id: ChannelID, in tenant: TenantID) async throws -> ChannelRecord {
        guard let record = try await reader.record(id), record.tenant == tenant else { throw Failure.noSuchCall(id) }
        return record
    }

    /// The channel of a user's own call.
    /// - Throws: `Failure` 404 when it is gone or no phone's, 403 when it is somebody else's; `TelephonyFailure`.
    func record(_ id: ChannelID, of user: UserID) async throws -> ChannelRecord {
        guard let record = try await reader.record(id), !record.isLocal else { throw Failure.noSuchCall(id) }
        guard record.user == user else { throw Failure.notPermitted(user, call: id) }
        return record
    }

    /// Hangs a call up.
    /// - Throws: `Failure` 404 when it has just ended; `TelephonyFailure`.
    func hangUp(_ id: ChannelID) async throws {
        try await asking(id) { try await ports.channels.hangUp(id) }
    }

    /// Mutes what comes from a call, or lets it be heard. The variable follows only when Asterisk has done it (contract
    /// 10 §6 row 14); Asterisk tells nobody, so we do.
    /// - Throws: `Failure` 404; `ManagerFailure`; `TelephonyFailure`.
    func mute(_ record: ChannelRecord, _ isMuted: Bool) async throws {
        try await asking(record.id) {
            try await ports.manager.muteAudio(of: record.name, isMuted: isMuted)
            let value = isMuted ? "1" : ""
            ports.registry?.note(.isMuted, value, of: record.id)
            do {
                try await ports.variables.setAndConfirm(CallVariable.isMuted.name, to: value, of: record.id)
            } catch {
                ports.registry?.retract(.isMuted, of: record.id)
                throw error
            }
        }
        if let call = try await reader.call(record.id) { await news.send(.call(.updated, call)) }
    }

    /// Makes it seem as if the call had sent digits.
    /// - Throws: `Failure` 404; `ManagerFailure`.
    func send(_ digits: String, to record: ChannelRecord) async throws {
        try await asking(record.id) { try await ports.manager.playDTMF(digits, on: record.name) }
    }

    /// What a phone can be told.
    enum PhoneCommand: Sendable {
        case hold, unhold, answer
    }

    /// Makes a call's phone do something; the change of state comes as Asterisk's event.
    /// - Throws: `Failure` 404, or 503 when there is no phone that can be told; `PhoneFailure`; `ManagerFailure`.
    func tell(_ command: PhoneCommand, to record: ChannelRecord) async throws {
        switch ports.phones {
        case .service(let phones):
            guard let phone = PhoneEndpoint(channelName: record.name) else { throw Failure.notAPhone(record.name) }
            switch command {
            case .hold: try await phones.startHold(endpoint: phone)
            case .unhold: try await phones.stopHold(endpoint: phone)
            case .answer: try await phones.answer(endpoint: phone)
            }
        case .notification:
            guard record.name.begins(with: "PJSIP/") else { throw Failure.notAPhone(record.name) }
            try await asking(record.id) {
                try await ports.manager.notify(
                    channel: record.name,
                    ["Event": command == .hold ? "hold" : "talk"]
                )
            }
        }
    }

    /// A channel that has ended while something was asked of it is no such call.
    private func asking(_ id: ChannelID, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch TelephonyFailure.notFound {
            throw Failure.noSuchCall(id)
        } catch ManagerFailure.refused(let message, let action) {
            if try await ports.channels.channel(id) == nil { throw Failure.noSuchCall(id) }
            throw ManagerFailure.refused(message: message, action: action)
        }
    }
}
