import Core
import Persistence

/// What clients were last told of a box, stored with the events that told them: so a message is announced once, also
/// when it was left while we were down.
struct SeenBox: Sendable, Hashable {
    static let rowKind = "voicemail_box"

    let path: BoxPath
    var tenant: TenantID
    /// That of the stored row; 0: there is none.
    var revision: Int
    /// By their ids.
    var messages: [String: VoicemailMessage]

    /// What has changed since.
    struct Difference: Sendable, Hashable {
        var created: [VoicemailMessage] = []
        var updated: [VoicemailMessage] = []
        /// As they were known last.
        var deleted: [VoicemailMessage] = []

        var isEmpty: Bool { created.isEmpty && updated.isEmpty && deleted.isEmpty }
    }

    /// What has changed; each list in the order of the messages' times.
    func difference(from present: [VoicemailMessage]) -> Difference {
        var difference = Difference()
        var ids: Set<String> = []
        for message in present {
            ids.insert(message.id)
            switch messages[message.id] {
            case nil: difference.created.append(message)
            case message: break
            case _?: difference.updated.append(message)
            }
        }
        difference.deleted = messages.values.filter { !ids.contains($0.id) }
        for list in [\Difference.created, \.updated, \.deleted] {
            difference[keyPath: list].sort { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }
        }
        return difference
    }

    /// The box as it is known after this.
    func knowing(_ present: [VoicemailMessage], tenant: TenantID) -> SeenBox {
        SeenBox(
            path: path,
            tenant: tenant,
            revision: revision + 1,
            messages: Dictionary(present.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        )
    }
}

extension SeenBox {
    /// Its row. Lists in place of objects: a box may have a thousand messages.
    var row: AggregateRow {
        AggregateRow(
            kind: Self.rowKind,
            id: "\(path)",
            tenant: tenant,
            revision: revision,
            deadline: nil,
            body: [
                "messages": .array(
                    messages.values.sorted { $0.id < $1.id }.map { message in
                        [
                            .string(message.id), .integer(Int64(message.folder.rawValue)),
                            .integer(Int64(message.timestamp)), .integer(Int64(message.duration)),
                            message.callerName.map(JSONValue.string) ?? .null,
                            message.callerNumber.map(JSONValue.string) ?? .null,
                        ]
                    }
                )
            ]
        )
    }

    /// - Returns: `nil` when the row makes no sense.
    init?(_ row: AggregateRow) {
        guard let path = BoxPath(mailbox: row.id), let list = row.body["messages"]?.array else { return nil }
        self.path = path
        tenant = row.tenant
        revision = row.revision
        messages = [:]
        for item in list {
            guard let fields = item.array, fields.count == 6, let id = fields[0].string,
                let folder = fields[1].integer.flatMap({ VoicemailFolder(rawValue: Int($0)) }),
                let timestamp = fields[2].integer, let duration = fields[3].integer
            else { return nil }
            messages[id] = VoicemailMessage(
                id: id,
                callerName: fields[4].string,
                callerNumber: fields[5].string,
                duration: Int(duration),
                timestamp: Int(timestamp),
                folder: folder
            )
        }
    }
}
