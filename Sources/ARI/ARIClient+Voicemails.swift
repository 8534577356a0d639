import Core
public import Foundation
import NIOHTTP1
public import Telephony

/// Resource `wazo` of the platform's Asterisk (contract 31 §7.1).
extension ARIClient: VoicemailResource {
    private static let voicemails = ["wazo", "internal", "voicemails"]

    /// `POST …/move_msg`
    public func moveVoicemail(_ voicemail: ManagerVoicemail, to folder: String) async throws {
        try await send(
            .POST,
            Self.voicemails + ["move_msg"],
            body: Self.body(voicemail, ["src_folder": .string(voicemail.folder), "dest_folder": .string(folder)])
        )
    }

    /// `POST …/delete_msg`
    public func removeVoicemail(_ voicemail: ManagerVoicemail) async throws {
        try await send(
            .POST,
            Self.voicemails + ["delete_msg"],
            body: Self.body(voicemail, ["folder": .string(voicemail.folder)])
        )
    }

    /// Asks for something impossible: the resource answers 400, an Asterisk without it 404.
    public func hasVoicemailResource() async throws -> Bool {
        do {
            try await send(.POST, Self.voicemails + ["delete_msg"], body: Data("{}".utf8))
            return true
        } catch TelephonyFailure.notFound {
            return false
        } catch TelephonyFailure.invalid, TelephonyFailure.internalError {
            return true
        }
    }

    /// `POST` or `PUT …/{context}/{number}/{greeting}`
    public func writeGreeting(
        _ file: String,
        context: String,
        mailbox: String,
        sound: Data,
        isNew: Bool
    ) async throws {
        let body: JSONValue = ["greeting_base64": .string(sound.base64EncodedString())]
        try await send(
            isNew ? .POST : .PUT,
            Self.voicemails + [context, mailbox, file],
            query: [("format", "wav")],
            body: Data(body.text.utf8)
        )
    }

    /// `DELETE …/{context}/{number}/{greeting}`
    public func removeGreeting(_ file: String, context: String, mailbox: String) async throws {
        try await send(.DELETE, Self.voicemails + [context, mailbox, file], query: [("format", "wav")])
    }

    private static func body(_ voicemail: ManagerVoicemail, _ more: [String: JSONValue]) -> Data {
        let members: [String: JSONValue] = [
            "mailbox": .string(voicemail.mailbox), "context": .string(voicemail.context),
            "message_id": .string(voicemail.id),
        ]
        return Data(JSONValue.object(members.merging(more) { $1 }).text.utf8)
    }
}
