public import Foundation

/// The REST resource for voicemails that only the platform's Asterisk has (contract 31 §7.1).
///
/// Each call throws `TelephonyFailure`; ``TelephonyFailure/notFound(_:)`` of the two actions on messages means that
/// this Asterisk has no such resource.
public protocol VoicemailResource: Sendable {
    /// Moves a message to another folder.
    func moveVoicemail(_ voicemail: ManagerVoicemail, to folder: String) async throws
    /// Removes a message.
    func removeVoicemail(_ voicemail: ManagerVoicemail) async throws
    /// Whether Asterisk has the resource at all.
    func hasVoicemailResource() async throws -> Bool
    /// Writes a greeting.
    /// - Parameters:
    ///   - file: The greeting's file without its extension, for instance `unavail`.
    ///   - sound: WAVE, about 1.5 MB at most.
    ///   - isNew: Refuse with ``TelephonyFailure/conflict(_:)`` when there is one.
    func writeGreeting(_ file: String, context: String, mailbox: String, sound: Data, isNew: Bool) async throws
    /// Removes a greeting; none is no error.
    func removeGreeting(_ file: String, context: String, mailbox: String) async throws
}
