import Core
import Telephony

/// Arguments of Stasis application `callcontrol` that belong to switchboards (contract 20 §3).
enum StasisArguments: Sendable, Hashable {
    /// `switchboard,switchboard_queue,<tenant>,<switchboard>`: a caller from the dialplan.
    case queue(TenantID, switchboard: String)
    /// `switchboard,switchboard_answer,<tenant>,<switchboard>,<queued call>`, and `switchboard_unhold` for a held one:
    /// an operator's leg.
    case answer(TenantID, switchboard: String, call: ChannelID, from: WaitingCall.Room)

    /// The Stasis application.
    static let application = "callcontrol"
    /// First argument of all of ours.
    static let instance = "switchboard"

    /// `nil` when the arguments are not ours, or something is missing.
    init?(_ arguments: [String]) {
        guard arguments.count >= 4, arguments[0] == Self.instance else { return nil }
        let tenant = TenantID(arguments[2])
        switch arguments[1] {
        case "switchboard_queue": self = .queue(tenant, switchboard: arguments[3])
        case "switchboard_answer" where arguments.count >= 5:
            self = .answer(tenant, switchboard: arguments[3], call: ChannelID(arguments[4]), from: .queue)
        case "switchboard_unhold" where arguments.count >= 5:
            self = .answer(tenant, switchboard: arguments[3], call: ChannelID(arguments[4]), from: .waitingRoom)
        default: return nil
        }
    }

    /// The switchboard that is meant.
    var switchboard: SwitchboardID {
        switch self {
        case .queue(let tenant, let id), .answer(let tenant, let id, _, _): SwitchboardID(tenant: tenant, id: id)
        }
    }

    /// The argument list.
    var list: [String] {
        switch self {
        case .queue(let tenant, let id): [Self.instance, "switchboard_queue", tenant.rawValue, id]
        case .answer(let tenant, let id, let call, let room):
            [
                Self.instance, room == .queue ? "switchboard_answer" : "switchboard_unhold", tenant.rawValue, id,
                call.rawValue,
            ]
        }
    }
}

/// A switchboard within its tenant.
struct SwitchboardID: Sendable, Hashable {
    /// Its tenant.
    var tenant: TenantID
    /// Its uuid; any text.
    var id: String
    /// The bridge in which its callers wait.
    func bridge(of room: WaitingCall.Room) -> BridgeID {
        BridgeID("switchboard-\(id)-\(room == .queue ? "queue" : "hold")")
    }
}
