import API
import Core
import Events
import Foundation
import Telephony

/// Answers and events of a fax that is sent (contract 30 §3, §7).
extension SentFax {
    /// What the 201 and event `created` hold.
    var members: [String: JSONValue] {
        [
            "id": .string(id), "call_id": .string(id), "context": .string(request.context),
            "extension": .string(request.exten), "caller_id": .string(request.callerID),
            "ivr_extension": .text(request.ivrExtension), "wait_time": .count(request.waitTime),
            "user_uuid": .text(request.user?.rawValue), "tenant_uuid": .string(tenant.rawValue),
        ]
    }

    /// Ours: the job.
    var item: JSONValue {
        var members = members
        members["call_id"] = .string(channel.rawValue)
        members["direction"] = "outbound"
        members["state"] = .string(phase.name)
        members["document_pages"] = .count(documentPages)
        members["pages"] = .count(report.pages)
        members["rate"] = .count(report.rate)
        members["remote_station_id"] = .text(report.remoteStation)
        members["error"] = .text(report.error)
        members["attempts"] = .integer(Int64(attempt))
        members["created_at"] = .string(createdAt.ISO8601Format())
        members["ended_at"] = .text(endedAt?.ISO8601Format())
        return .object(members)
    }

    /// The events of a notice: for the tenant, then for the user.
    func events(for notice: Notice) -> [BusEvent] {
        var data = members
        if notice != .created {
            data["ivr_extension"] = nil
            data["wait_time"] = nil
        }
        if notice == .failed { data["error"] = .string(report.error ?? "") }
        let word: String
        let key: String
        switch notice {
        case .created: (word, key) = ("created", "faxes.outbound.created")
        case .succeeded: (word, key) = ("succeeded", "faxes.outbound.\(BusEvent.routingWord(id)).succeeded")
        case .failed: (word, key) = ("failed", "faxes.outbound.\(BusEvent.routingWord(id)).failed")
        }
        let resource = "fax:\(id)"
        let forTenant = BusEvent(
            name: "fax_outbound_\(word)",
            routingKey: key,
            audience: .tenant(tenant),
            data: .object(data),
            resource: resource
        )
        guard let user = request.user else { return [forTenant] }
        let forUser = BusEvent(
            name: "fax_outbound_user_\(word)",
            routingKey: "faxes.outbound.users.\(BusEvent.routingWord(user.rawValue)).\(word)",
            audience: .user(tenant, user),
            data: .object(data),
            resource: resource
        )
        return [forTenant, forUser]
    }
}

/// Shapes of what the fax routes answer, for the API's descriptions.
enum FaxSchemas {
    static let created = Schema.named(
        "FaxCreated",
        .object([
            "id": .string, "call_id": .string, "context": .string, "extension": .string, "caller_id": .string,
            "ivr_extension": .string.nullable, "wait_time": .integer.nullable, "user_uuid": .string.nullable,
            "tenant_uuid": .string,
        ])
    )
    static let fax = Schema.named(
        "Fax",
        .object([
            "id": .string, "direction": .string, "state": .string, "caller_id": .string, "pages": .integer.nullable,
            "remote_station_id": .string.nullable, "error": .string.nullable, "user_uuid": .string.nullable,
            "tenant_uuid": .string, "created_at": .instant,
        ])
    )
}
