import API
import Core
import Events
import Telephony

extension Transfer {
    /// What clients see (contract 21 §1); every key is always there.
    /// - Parameter status: Another status than the present one, for events that tell of what was before.
    func item(status: Status? = nil) -> JSONValue {
        [
            "id": .string(id),
            "initiator_uuid": .string(user.rawValue),
            "initiator_tenant_uuid": .string(tenant.rawValue),
            "transferred_call": .string(transferred.rawValue),
            "initiator_call": .string(initiator.rawValue),
            "recipient_call": progress >= .called ? .string(recipient.channel.rawValue) : .null,
            "status": .string((status ?? self.status).rawValue),
            "flow": .string(flow.rawValue),
        ]
    }

    /// The bus event of a notice (contract 21 §9).
    func event(of notice: Notice) -> BusEvent {
        let (name, key, status): (String, String, Status) =
            switch notice {
            case .created(let status): ("created", "created", status)
            // The routing key is the contract's.
            case .updated(let status): ("updated", "created", status)
            case .answered(let status): ("answered", "edited", status)
            case .cancelled(let status): ("cancelled", "edited", status)
            case .completed(let status): ("completed", "edited", status)
            case .abandoned(let status): ("abandoned", "edited", status)
            case .ended: ("ended", "deleted", .ended)
            }
        return BusEvent(
            name: "transfer_\(name)",
            routingKey: "calls.transfer.\(key)",
            requiredACL: "events.transfers.\(user)",
            audience: .user(tenant, user),
            data: item(status: status),
            resource: "transfer:\(id)"
        )
    }

    /// Its ``item(status:)`` in the API's descriptions.
    static let schema = Schema.named(
        "Transfer",
        .object([
            "id": .string, "initiator_uuid": .string, "initiator_tenant_uuid": .string.nullable,
            "transferred_call": .string, "initiator_call": .string, "recipient_call": .string.nullable,
            "status": .string, "flow": .string,
        ])
    )
}
