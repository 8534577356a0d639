import CallControl
import Core
import Events
import Telephony

/// Bus events of calls (contract 10 §3).
enum BusEvents {
    /// `call_created`, `call_updated` or `call_answered`.
    enum Stage: String, CaseIterable {
        case created, updated, answered
    }

    /// A call's stage; `nil` without a tenant.
    static func call(_ stage: Stage, _ call: Call) -> BusEvent? {
        event("call_\(stage.rawValue)", "calls.call.\(stage.rawValue)", call, data: call.members)
    }

    /// `call_ended`; `nil` without a tenant.
    static func ended(_ call: Call, cause: Int, at time: String, isSwapped: Bool) -> BusEvent? {
        event(
            "call_ended",
            "calls.call.ended",
            call,
            user: call.endedUser,
            data: call.endedMembers(cause: cause, at: time, isSwapped: isSwapped)
        )
    }

    /// `call_held` or `call_resumed`; `nil` without a tenant.
    static func hold(_ isHeld: Bool, _ call: Call) -> BusEvent? {
        event(
            isHeld ? "call_held" : "call_resumed",
            isHeld ? "calls.hold.created" : "calls.hold.deleted",
            call,
            data: identity(call)
        )
    }

    /// `call_dtmf_created`; `nil` without a tenant.
    static func tone(_ digit: String, _ call: Call) -> BusEvent? {
        event(
            "call_dtmf_created",
            "calls.dtmf.created",
            call,
            data: identity(call).merging(["digit": .string(digit)]) { $1 }
        )
    }

    /// `user_missed_call`, from the fields of the dialplan's event (contract 10 §3.3).
    static func missedCall(_ fields: [String: String], tenant: TenantID, resource: String) -> BusEvent? {
        guard let user = fields["destination_user_uuid"].flatMap({ $0.isEmpty ? nil : UserID($0) }) else { return nil }
        func text(_ key: String) -> JSONValue { .string(fields[key] ?? "") }
        let caller = fields["caller_user_uuid"].flatMap { $0.isEmpty ? nil : $0 }
        let isUnreachable = fields["reason"] == "channel-unavailable" && fields["hangup_cause"] == "3"
        return BusEvent(
            name: "user_missed_call",
            routingKey: "calls.missed",
            requiredACL: "events.calls.\(user)",
            audience: .user(tenant, user),
            data: [
                "user_uuid": .string(user.rawValue),
                "caller_user_uuid": caller.map(JSONValue.string) ?? .null,
                "caller_id_name": text("caller_id_name"),
                "caller_id_number": text("caller_id_number"),
                "dialed_extension": text("entry_exten"),
                "conversation_id": text("conversation_id"),
                "reason": isUnreachable ? "phone-unreachable" : text("reason"),
            ],
            resource: resource
        )
    }

    /// An unknown user prints as the text `None` (contract 10 §3).
    private static func identity(_ call: Call) -> [String: JSONValue] {
        ["call_id": .string(call.id.rawValue), "user_uuid": .string(call.record.user?.rawValue ?? "None")]
    }

    private static func event(
        _ name: String,
        _ routingKey: String,
        _ call: Call,
        user: UserID?? = .none,
        data: [String: JSONValue]
    ) -> BusEvent? {
        guard let tenant = call.record.tenant else { return nil }
        let user = user ?? call.record.user
        return BusEvent(
            name: name,
            routingKey: routingKey,
            requiredACL: "events.calls.\(user?.rawValue ?? "None")",
            audience: .user(tenant, user),
            data: .object(data),
            resource: "call:\(call.id)"
        )
    }
}
