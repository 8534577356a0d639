import Telephony

/// Arguments of Stasis application `callcontrol` that belong to relocates (contract 22 §4).
struct RelocateArguments: Sendable, Hashable {
    /// Who arrives.
    enum Role: String, Sendable, Hashable {
        /// The user's new device has answered.
        case recipient
        /// The other party comes through the dialplan.
        case relocated
    }

    /// The Stasis application.
    static let application = "callcontrol"
    /// First argument of all of ours.
    static let instance = "relocate"
    /// Channel variable that extension `relocate` of `convert_to_stasis` reads.
    static let variable = "WAZO_RELOCATE_UUID"

    /// The relocate's uuid.
    var relocate: String
    /// Who arrives.
    var role: Role

    /// Arguments with both parts.
    init(_ relocate: String, _ role: Role) {
        self.relocate = relocate
        self.role = role
    }

    /// `nil` when the arguments are not ours: there are exactly three.
    init?(_ arguments: [String]) {
        guard arguments.count == 3, arguments[0] == Self.instance, let role = Role(rawValue: arguments[2]) else {
            return nil
        }
        self.init(arguments[1], role)
    }

    /// The argument list.
    var list: [String] { [Self.instance, relocate, role.rawValue] }
}
