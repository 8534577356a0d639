import Core

/// The folders of a box that clients see (contract 31 §1). Asterisk knows further ones (`Cust1` to `Cust5`,
/// `Deleted`); messages there are nobody's business here.
public enum VoicemailFolder: Int, Sendable, Hashable, CaseIterable {
    /// New messages.
    case inbox = 1
    /// Heard ones.
    case old
    /// New ones that the caller called urgent.
    case urgent
    /// For the user to sort.
    case work
    /// For the user to sort.
    case family
    /// For the user to sort.
    case friends

    /// The folder's directory, which is its name in Asterisk too.
    public var directory: String {
        switch self {
        case .inbox: "INBOX"
        case .old: "Old"
        case .urgent: "Urgent"
        case .work: "Work"
        case .family: "Family"
        case .friends: "Friends"
        }
    }

    private var type: String {
        switch self {
        case .inbox: "new"
        case .old: "old"
        case .urgent: "urgent"
        case .work, .family, .friends: "other"
        }
    }

    /// FolderBase of contract 31 §2.
    var members: [String: JSONValue] {
        ["id": .integer(Int64(rawValue)), "name": .string(directory.lowercased()), "type": .string(type)]
    }

    var json: JSONValue { .object(members) }
}
