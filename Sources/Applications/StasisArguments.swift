import Core
import Telephony

/// What brings a channel into an application's Stasis application (contract 11 §1.1).
enum StasisArguments: Hashable, Sendable {
    /// The dialplan sent it.
    case incoming
    /// We dialled it, and it goes into this node.
    case originated(node: BridgeID?)
    /// The call of a user whose line is in the application.
    case outgoing
    /// The channel of a snoop; ours (contract 11 §6 row 2).
    case snoop(String)
    /// Something else: it is listed, and no event tells of its coming.
    case other

    static let originate = "originate"
    static let snoopWord = "snoop"
    private static let prefix = "wazo-app-"

    init(_ arguments: [String]) {
        switch arguments.first {
        case nil, "": self = .outgoing
        case "incoming": self = .incoming
        case Self.originate:
            let node = arguments.dropFirst().first.flatMap { $0.isEmpty ? nil : BridgeID($0) }
            self = .originated(node: node)
        case Self.snoopWord where arguments.count == 2: self = .snoop(arguments[1])
        default: self = .other
        }
    }

    /// The Stasis application of an application.
    static func application(_ id: String) -> String { prefix + id }

    /// The application of a Stasis application; `nil` for others.
    static func id(ofApplication name: String) -> String? {
        name.suffix(after: prefix)
    }

    /// Name of the bridges of snoops.
    static func snoopBridge(_ id: String) -> String { "wazo-app-snoop-\(id)" }
}
