import Core
import Events
import Telephony

/// Bus events of switchboards (contract 20 §8).
enum BusEvents {
    /// `switchboard_queued_calls_updated` or `switchboard_held_calls_updated`: the complete list, oldest first.
    static func callsUpdated(_ room: WaitingCall.Room, of switchboard: SwitchboardID, calls: [WaitingCall]) -> BusEvent
    {
        event(
            "switchboard_\(room.word)_calls_updated",
            switchboard,
            routingKey: "switchboards.\(BusEvent.routingWord(switchboard.id)).calls.\(room.word).updated",
            data: ["items": .array(calls.map(\.item))]
        )
    }

    /// `switchboard_queued_call_answered` or `switchboard_held_call_answered`.
    static func callAnswered(
        from room: WaitingCall.Room,
        of switchboard: SwitchboardID,
        call: ChannelID,
        operator channel: ChannelID
    ) -> BusEvent {
        let key = [switchboard.id, call.rawValue].map(BusEvent.routingWord)
        return event(
            "switchboard_\(room.word)_call_answered",
            switchboard,
            routingKey: "switchboards.\(key[0]).calls.\(room.word).\(key[1]).answer.updated",
            data: ["operator_call_id": .string(channel.rawValue), "\(room.word)_call_id": .string(call.rawValue)]
        )
    }

    private static func event(
        _ name: String,
        _ switchboard: SwitchboardID,
        routingKey: String,
        data: [String: JSONValue]
    ) -> BusEvent {
        let id = JSONValue.string(switchboard.id)
        return BusEvent(
            name: name,
            routingKey: routingKey,
            audience: .tenant(switchboard.tenant),
            attributes: ["switchboard_uuid": id],
            data: .object(data.merging(["switchboard_uuid": id]) { $1 }),
            resource: "switchboard:\(switchboard.id)"
        )
    }
}

extension WaitingCall {
    /// The `call` object of lists and events (contract 20 §2).
    var item: JSONValue {
        [
            "id": .string(id.rawValue),
            "caller_id_name": .string(callerName),
            "caller_id_number": .string(callerNumber),
        ]
    }
}

extension WaitingCall.Room {
    /// Its word in paths, accesses, routing keys and events.
    var word: String {
        switch self {
        case .queue: "queued"
        case .waitingRoom: "held"
        }
    }
}
