import Core
import Foundation
import Persistence
import Telephony

extension WaitingCall {
    /// Kind of the row in `gateway.aggregate`.
    var rowKind: String { room.rowKind }

    /// The row of the present state.
    var row: AggregateRow {
        var body: [String: JSONValue] = [
            "switchboard_uuid": .string(switchboard),
            "caller_id_name": .string(callerName),
            "caller_id_number": .string(callerNumber),
            "entered_at": .number(enteredAt.timeIntervalSince1970),
            "phase": .string(phase.name),
        ]
        if let taker = phase.operator {
            body["operator"] = [
                "channel": .string(taker.channel.rawValue),
                "bridge": .string(taker.bridge.rawValue),
                "endpoint": .string(taker.endpoint.text),
                "user_uuid": .string(taker.user.rawValue),
            ]
        }
        if case .leaving(let exit) = phase { body["exit"] = .string(exit.rawValue) }
        return AggregateRow(
            kind: rowKind,
            id: id.rawValue,
            tenant: tenant,
            revision: revision,
            deadline: deadline,
            body: .object(body)
        )
    }

    /// The call of a stored row; `nil` when the row cannot be read (written by another version).
    init?(row: AggregateRow) {
        guard let room = Room.allCases.first(where: { $0.rowKind == row.kind }),
            let switchboard = row.body["switchboard_uuid"]?.string,
            let phase = Self.phase(of: row.body)
        else { return nil }
        let entered: Double
        switch row.body["entered_at"] {
        case .number(let seconds): entered = seconds
        case .integer(let seconds): entered = Double(seconds)
        default: return nil
        }
        self.init(
            id: ChannelID(row.id),
            room: room,
            switchboard: switchboard,
            tenant: row.tenant,
            callerName: row.body["caller_id_name"]?.string ?? "",
            callerNumber: row.body["caller_id_number"]?.string ?? "",
            enteredAt: Date(timeIntervalSince1970: entered),
            deadline: row.deadline,
            phase: phase,
            revision: row.revision
        )
    }

    private static func phase(of body: JSONValue) -> Phase? {
        let taker = body["operator"].flatMap { stored -> Operator? in
            guard let channel = stored["channel"]?.string, let bridge = stored["bridge"]?.string,
                let endpoint = stored["endpoint"]?.string, let user = stored["user_uuid"]?.string
            else { return nil }
            return Operator(
                channel: ChannelID(channel),
                bridge: BridgeID(bridge),
                endpoint: DialString(stored: endpoint),
                user: UserID(user)
            )
        }
        switch body["phase"]?.string {
        case "entering": return .entering
        case "waiting": return .waiting
        case "calling": return taker.map(Phase.calling)
        case "ringing": return taker.map(Phase.ringing)
        case "connecting": return taker.map(Phase.connecting)
        case "leaving": return body["exit"]?.string.flatMap(Exit.init(rawValue:)).map(Phase.leaving)
        default: return nil
        }
    }
}

extension WaitingCall.Room {
    /// Kind of its calls' rows in `gateway.aggregate`.
    var rowKind: String {
        switch self {
        case .queue: "switchboard_queued_call"
        case .waitingRoom: "switchboard_held_call"
        }
    }
}
