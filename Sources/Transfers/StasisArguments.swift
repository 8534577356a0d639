import Telephony

/// Arguments of Stasis application `callcontrol` that belong to transfers (contract 21 §4).
enum StasisArguments: Sendable, Hashable {
    /// `transfer,create_transfer,<transfer>`: the transferred party or the initiator was fetched from the dialplan.
    case fetched(transfer: String)
    /// `transfer,transfer_recipient_called,<transfer>`: the recipient answered.
    case recipient(transfer: String)

    /// The Stasis application.
    static let application = "callcontrol"
    /// First argument of all of ours.
    static let instance = "transfer"
    /// The extension of context `convert_to_stasis` that leads to us.
    static let exten = "transfer"

    /// `nil` when the arguments are not ours, or something is missing.
    init?(_ arguments: [String]) {
        guard arguments.count >= 3, arguments[0] == Self.instance else { return nil }
        switch arguments[1] {
        case "create_transfer": self = .fetched(transfer: arguments[2])
        case "transfer_recipient_called": self = .recipient(transfer: arguments[2])
        default: return nil
        }
    }

    /// The transfer that is meant.
    var transfer: String {
        switch self {
        case .fetched(let id), .recipient(let id): id
        }
    }

    /// The argument list.
    var list: [String] {
        switch self {
        case .fetched(let id): [Self.instance, "create_transfer", id]
        case .recipient(let id): [Self.instance, "transfer_recipient_called", id]
        }
    }
}
