import API
import Core
import Events
import Telephony

extension Relocate {
    /// The resource of answers and events (contract 22 §1).
    var item: JSONValue {
        [
            "uuid": .string(id),
            "relocated_call": .string(relocated.rawValue),
            "initiator_call": .string(initiator.rawValue),
            "recipient_call": isInitiated ? .string(recipient.rawValue) : .null,
            "completions": .array(completions.map { .string($0.rawValue) }),
            "initiator": .string(user.rawValue),
            "timeout": .integer(Int64(timeout)),
        ]
    }

    /// Its ``item`` in the API's descriptions.
    static let schema = Schema.named(
        "Relocate",
        .object([
            "uuid": .uuid, "relocated_call": .string, "initiator_call": .string, "recipient_call": .string.nullable,
            "completions": .list(of: .string), "initiator": .uuid, "timeout": .integer,
        ])
    )

    /// The bus event of a notice (contract 22 §5).
    func event(for notice: Notice) -> BusEvent {
        let verb =
            switch notice {
            case .initiated: "created"
            case .answered, .completed: "edited"
            case .ended: "deleted"
            }
        return BusEvent(
            name: "relocate_\(notice.rawValue)",
            routingKey: "calls.relocate.\(verb)",
            requiredACL: "events.relocates.\(user)",
            audience: .user(tenant, user),
            data: item,
            resource: "relocate:\(id)"
        )
    }
}
