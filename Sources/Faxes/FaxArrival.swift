public import Core

/// A fax that Asterisk has received, as the dialplan tells of it.
public struct FaxArrival: Sendable, Hashable {
    /// Path of the TIFF that Asterisk wrote.
    public var file: String
    /// The called number: it chooses the destination.
    public var destination: String
    /// Where backends of kind mail send it; empty: nowhere.
    public var email: String
    /// The caller, `"name" <number>`; may be empty.
    public var callerID: String
    /// Pages that came; `nil` when Asterisk does not say.
    public var pages: Int?
    /// How the sender's machine names itself; may be empty.
    public var remoteStationID: String
    /// The channel's tenant; `nil`: that of ``context``.
    public var tenant: TenantID?
    /// The context of the incoming call; may be empty.
    public var context: String
    /// The user whose call it was; `nil` for most.
    public var user: UserID?
    /// Why the reception broke off, so that only some pages came; `nil`: it did not.
    public var fault: String?

    /// An arrival with all its parts.
    public init(
        file: String,
        destination: String,
        email: String = "",
        callerID: String = "",
        pages: Int? = nil,
        remoteStationID: String = "",
        tenant: TenantID? = nil,
        context: String = "",
        user: UserID? = nil,
        fault: String? = nil
    ) {
        self.file = file
        self.destination = destination
        self.email = email
        self.callerID = callerID
        self.pages = pages
        self.remoteStationID = remoteStationID
        self.tenant = tenant
        self.context = context
        self.user = user
        self.fault = fault
    }
}

/// What became of a fax when the dialplan may go on.
public enum FaxAnswer: Sendable, Hashable {
    /// Every backend has it.
    case delivered
    /// It is incomplete and the configuration does not want such faxes delivered: it is kept for a while.
    case kept
    /// It was taken before: somebody told of it twice (contract 30 §11 row 7).
    case alreadyTaken
    /// There is no file: the caller hung up before anything came (contract 30 §11 row 8).
    case nothingReceived
}

/// Why the dialplan is told that the fax is not delivered. Where a job was made for it, that goes on.
public enum FaxRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The path is not one of a received fax; nothing was touched.
    case foreignPath(String)
    /// No section of the configuration says where the number's faxes go; the file stays where it is.
    case noDestination(String)
    /// The database, or our spool, does not take it; the file stays where it is.
    case notTaken(String)
    /// Too many faxes arrive at once, or the server stops; the file stays where it is.
    case busy
    /// The first attempt of some backends failed, by name; they are tried again.
    case notDelivered([String: String])

    /// One line for the dialplan's log.
    public var description: String {
        switch self {
        case .foreignPath(let path): "not a received fax: \(path)"
        case .noDestination(let number): "no destination for faxes to \(number)"
        case .notTaken(let cause): "fax not taken: \(cause)"
        case .busy: "fax not taken: too many at once, or the server stops"
        case .notDelivered(let causes):
            "fax not delivered yet: " + causes.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: "; ")
        }
    }
}
