public import Core

/// A fax that Asterisk has received, as the channel tells of it.
public struct ReceivedFaxFile: Sendable, Hashable {
    /// Path of the TIFF.
    public var path: String
    /// Recipient of mails; empty: none.
    public var email: String
    /// The called number.
    public var destination: String
    /// The caller, `"name" <number>`.
    public var callerID: String
    /// Pages; `nil` when Asterisk does not say.
    public var pages: Int?
    /// How the sender's machine names itself.
    public var remoteStationID: String
    /// Tenant of the channel; `nil` when it has none.
    public var tenant: TenantID?
    /// Context of the incoming call; may be empty.
    public var context: String
    /// The user whose call it was; `nil` for most.
    public var user: UserID?
    /// Why the reception broke off; `nil`: it did not.
    public var fault: String?
}

/// What became of a fax when the dialplan may go on.
public enum ReceivedFaxAnswer: Sendable, Hashable {
    /// Every backend has it.
    case delivered
    /// It is incomplete, and such faxes are kept instead of delivered.
    case kept
    /// It was told of before.
    case alreadyTaken
    /// Nothing was received.
    case nothingReceived
}

/// Delivery of received faxes: our own feature.
public protocol ReceivedFaxHandling: Sendable {
    /// Takes a fax and answers after the first attempt of each backend.
    /// - Throws: When it is not delivered (yet); its text goes to Asterisk's log.
    func receive(_ fax: ReceivedFaxFile) async throws -> ReceivedFaxAnswer
}
