import Core
import Events
import Telephony

/// Bus events of recordings (contract 10 §3).
enum BusEvents {
    static func recording(_ notice: Recording.Notice, call: ChannelID, of owner: RecordedCalls.Owner) -> BusEvent {
        BusEvent(
            name: "recording_\(notice.rawValue)",
            routingKey: "calls.recording_\(notice.rawValue).created",
            requiredACL: "events.calls.\(owner.user?.rawValue ?? "None")",
            audience: .user(owner.tenant, owner.user),
            data: ["call_id": .string(call.rawValue)],
            resource: "call:\(call)"
        )
    }
}
