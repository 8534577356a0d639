import Core
import Events

/// An event of the bus on its way to the clients of the stream.
struct StreamedEvent: Sendable {
    let position: EventPosition
    let name: String
    /// The body of the bus message: the envelope with `data`.
    let body: String
    let tenant: String?
    let audience: Audience
    /// What grants it to a token: `event.<name>`, or the older `events.…` (contract 00 §6.1).
    let requiredAccess: [String]

    /// Whom the routing headers name.
    enum Audience: Sendable, Hashable {
        /// `user_uuid:*`
        case tenant
        /// `user_uuid:<uuid>`, of each
        case users(Set<String>)
        /// Neither.
        case service
    }

    init(_ message: BusMessage, at position: EventPosition) {
        self.position = position
        name = message.headers["name"]?.string ?? ""
        body = message.body
        tenant = message.headers["tenant_uuid"]?.string
        requiredAccess = [message.headers["required_access"]?.string, message.headers["required_acl"]?.string]
            .compactMap { $0 }
        let users = Set(message.headers.keys.compactMap { $0.suffix(after: "user_uuid:") })
        audience = users.contains { $0 == "*" } ? .tenant : users.isEmpty ? .service : .users(users)
    }

    /// What it costs to keep, in bytes, about.
    var size: Int { body.utf8.count + 256 }

    /// The event as `text/event-stream` has it. The body is one line: JSON text without line breaks.
    var text: String { "event: \(name)\nid: \(position)\ndata: \(body)\n\n" }
}
