/// A voicemail box as the dialplan asks for it (contract 41 §6), with its password: never to be logged.
public struct DialplanVoicemail: Sendable, Hashable {
    /// Number of the box.
    public var number: String
    /// Its context.
    public var context: String
    /// Its language; `nil`: none.
    public var language: String?
    /// Its password; empty: none.
    public var password: String
    /// `skipcheckpass`: the owner gets in without the password.
    public var isPasswordSkipped: Bool

    /// A box with all its parts.
    public init(number: String, context: String, language: String?, password: String, isPasswordSkipped: Bool) {
        self.number = number
        self.context = context
        self.language = language
        self.password = password
        self.isPasswordSkipped = isPasswordSkipped
    }
}

/// Enabled voicemail boxes for the dialplan. One round trip for each question.
public protocol DialplanVoicemailDirectory: Sendable {
    /// A box by id.
    /// - Throws: `DatabaseFailure`.
    func dialplanVoicemail(_ id: Int) async throws -> DialplanVoicemail?
    /// The box of a number in an enabled context, or in one that it includes, at any depth: the nearest first, then
    /// by priority (contract 41 §7 row 20).
    /// - Throws: `DatabaseFailure`.
    func dialplanVoicemail(number: String, context: String) async throws -> DialplanVoicemail?
    /// The box that an enabled user uses.
    /// - Throws: `DatabaseFailure`.
    func dialplanVoicemail(of user: Int) async throws -> DialplanVoicemail?
    /// The box that the enabled user of an extension uses: the extension is one of his main line.
    /// - Throws: `DatabaseFailure`.
    func dialplanVoicemail(ofExtension exten: String, context: String) async throws -> DialplanVoicemail?
}
