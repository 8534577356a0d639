import API
import Core
import Directory

/// What clients see, for the API's descriptions.
enum Schemas {
    static let call = Schema.named(
        "ApplicationCall",
        .object([
            "id": .string, "conversation_id": .string.nullable, "creation_time": .string.nullable, "status": .string,
            "caller_id_name": .string, "caller_id_number": .string, "on_hold": .boolean, "muted": .boolean,
            "is_caller": .boolean, "dialed_extension": .string.nullable, "moh_uuid": .string.nullable,
            "node_uuid": .string.nullable, "snoops": .map(of: .object(["uuid": .uuid, "role": .string])),
            "user_uuid": .string.nullable, "tenant_uuid": .string.nullable, "variables": .map(of: .string),
        ])
    )
    static let node = Schema.named(
        "ApplicationNode",
        .object(["uuid": .uuid, "calls": .list(of: .object(["id": .string]))])
    )
    static let snoop = Schema.named(
        "ApplicationSnoop",
        .object([
            "uuid": .uuid, "snooped_call_id": .string, "snooping_call_id": .string, "whisper_mode": .string,
        ])
    )
    static let playback = Schema.named(
        "ApplicationPlayback",
        .object(["uuid": .uuid, "uri": .string, "language": .string, "state": .string])
    )
    static let application = Schema.named("Application", .object(["destination_node_uuid": .uuid.nullable]))
    static let configured = Schema.named(
        "ConfiguredApplication",
        .object([
            "uuid": .uuid, "tenant_uuid": .uuid, "name": .string.nullable, "destination": .string.nullable,
            "destination_options": .objectOrEmpty([
                "type": .string, "music_on_hold": .string.nullable, "answer": .boolean,
            ]),
        ])
    )
}

extension ApplicationRecord {
    /// As confd shows it (contract 38 §2.11).
    var json: JSONValue {
        var options: [String: JSONValue] = [:]
        if let node {
            options = [
                "type": .string(node.type), "music_on_hold": .optional(node.musicOnHold), "answer": .bool(node.answers),
            ]
        }
        return [
            "uuid": .string(id), "tenant_uuid": .string(tenant.rawValue), "name": .optional(name),
            "destination": node == nil ? .null : "node", "destination_options": .object(options),
        ]
    }
}
