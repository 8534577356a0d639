import Core
import Events

/// Bus events of received faxes (contract 30 §11 row 11): ours, the platform has none.
enum BusEvents {
    /// The events of a notice: one for the tenant, and one for the user whose call it was. None without a tenant:
    /// the envelope needs one.
    static func events(_ notice: ReceivedFax.Notice, of fax: ReceivedFax) -> [BusEvent] {
        guard let tenant = fax.arrival.tenant else { return [] }
        let word = notice == .received ? "received" : "failed"
        let data = data(notice, of: fax)
        let forTenant = BusEvent(
            name: "fax_inbound_\(word)",
            routingKey: "faxes.inbound.\(word)",
            audience: .tenant(tenant),
            data: data,
            resource: resource(of: fax)
        )
        guard let user = fax.arrival.user else { return [forTenant] }
        let forUser = BusEvent(
            name: "fax_inbound_user_\(word)",
            routingKey: "faxes.inbound.users.\(BusEvent.routingWord(user.rawValue)).\(word)",
            audience: .user(tenant, user),
            data: data,
            resource: resource(of: fax)
        )
        return [forTenant, forUser]
    }

    private static func resource(of fax: ReceivedFax) -> String { "fax:\(fax.id)" }

    private static func data(_ notice: ReceivedFax.Notice, of fax: ReceivedFax) -> JSONValue {
        [
            "id": .string(fax.id),
            "caller_id": .string(fax.arrival.callerID),
            "destination": .string(fax.arrival.destination),
            "pages": fax.arrival.pages.map { .integer(Int64($0)) } ?? .null,
            "remote_station_id": .string(fax.arrival.remoteStationID),
            "tenant_uuid": .string(fax.tenant.rawValue),
            "user_uuid": fax.arrival.user.map { .string($0.rawValue) } ?? .null,
            "status": notice == .received ? "received" : "failed",
            "error": .text(notice == .received ? fax.incompleteness : fax.error),
        ]
    }
}
