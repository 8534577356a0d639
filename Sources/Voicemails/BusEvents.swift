import Core
import Directory
import Events

/// The events of voicemails (contract 31 §6).
enum VoicemailEvents {
    /// What happened to a message.
    enum Change: String, Sendable {
        case created, updated, deleted
    }

    /// All events of a difference: for each user of a personal box, or for the tenant.
    static func events(of difference: SeenBox.Difference, in box: VoicemailRecord) -> [BusEvent] {
        let changes: [(Change, [VoicemailMessage])] = [
            (.created, difference.created), (.updated, difference.updated), (.deleted, difference.deleted),
        ]
        let audiences: [UserID?] = box.access == .global ? [nil] : box.users.map(Optional.some)
        return audiences.flatMap { user in
            changes.flatMap { change, messages in messages.map { event(change, $0, in: box, user: user) } }
        }
    }

    /// - Parameter user: Whom it concerns; `nil`: everybody of the tenant.
    private static func event(
        _ change: Change,
        _ message: VoicemailMessage,
        in box: VoicemailRecord,
        user: UserID?
    ) -> BusEvent {
        var data: [String: JSONValue] = [
            "voicemail_id": .integer(Int64(box.id)), "message_id": .string(message.id),
            "message": ListedMessage(message: message, box: box).json,
        ]
        guard let user else {
            let key = "voicemails.global.messages.\(change.rawValue)"
            return BusEvent(
                name: "global_voicemail_message_\(change.rawValue)",
                routingKey: key,
                audience: .tenant(box.tenant),
                data: .object(data),
                resource: resource(box.id)
            )
        }
        data["user_uuid"] = .string(user.rawValue)
        return BusEvent(
            name: "user_voicemail_message_\(change.rawValue)",
            routingKey: "voicemails.messages.\(change.rawValue)",
            requiredACL: "events.users.\(user).voicemails",
            audience: .user(box.tenant, user),
            data: .object(data),
            resource: resource(box.id)
        )
    }

    /// Events of one box keep their order.
    private static func resource(_ id: Int) -> String { "voicemail:\(id)" }

    // MARK: Transcriptions

    /// Names of the events of call-logd that are passed on.
    static let transcriptions = [
        "call_logd_voicemail_transcription_created", "call_logd_voicemail_transcription_deleted",
    ]
    private static let transcriptionKeys = [
        "voicemail_id", "message_id", "transcription_text", "provider_id", "language", "duration", "created_at",
    ]

    /// call-logd's event for the people of the box.
    static func events(ofTranscription name: String, _ data: JSONValue, in box: VoicemailRecord) -> [BusEvent] {
        let change = name.ends(with: "created") ? "created" : "deleted"
        var members: [String: JSONValue] = [:]
        for key in transcriptionKeys { members[key] = data[key] ?? .null }
        if box.access == .global {
            return [
                BusEvent(
                    name: "global_voicemail_transcription_\(change)",
                    routingKey: "voicemails.global.transcriptions.\(change)",
                    audience: .tenant(box.tenant),
                    data: .object(members),
                    resource: resource(box.id)
                )
            ]
        }
        return box.users.map { user in
            BusEvent(
                name: "user_voicemail_transcription_\(change)",
                routingKey: "voicemails.transcriptions.\(change)",
                requiredACL: "events.users.\(user).voicemails.transcriptions.\(change)",
                audience: .user(box.tenant, user),
                data: .object(members.merging(["user_uuid": .string(user.rawValue)]) { $1 }),
                resource: resource(box.id)
            )
        }
    }
}
