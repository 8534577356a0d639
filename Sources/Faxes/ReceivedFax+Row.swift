import Core
import Foundation
import Persistence

extension ReceivedFax {
    /// Kind of the row in `gateway.aggregate`.
    static let rowKind = "received_fax"

    /// The row of the present state.
    var row: AggregateRow {
        AggregateRow(
            kind: Self.rowKind,
            id: id,
            tenant: tenant,
            revision: revision,
            deadline: due,
            body: [
                "phase": .string(phase.rawValue), "received_at": .number(receivedAt.timeIntervalSince1970),
                "file": .string(arrival.file), "destination": .string(arrival.destination),
                "email": .string(arrival.email), "caller_id": .string(arrival.callerID),
                "pages": arrival.pages.map { .integer(Int64($0)) } ?? .null,
                "remote_station_id": .string(arrival.remoteStationID), "context": .string(arrival.context),
                "user_uuid": arrival.user.map { .string($0.rawValue) } ?? .null,
                "fault": .text(arrival.fault), "deliveries": .array(deliveries.map(\.json)), "ended_at": .date(endedAt),
                "until": .date(until),
            ]
        )
    }

    /// The job of a stored row; `nil` when the row cannot be read (written by another version).
    init?(row: AggregateRow) {
        let body = row.body
        guard row.kind == Self.rowKind, let phase = body["phase"]?.string.flatMap(Phase.init(rawValue:)),
            let receivedAt = body["received_at"]?.date, let file = body["file"]?.string,
            let destination = body["destination"]?.string, let stored = body["deliveries"]?.array
        else { return nil }
        let deliveries = stored.compactMap(Delivery.init)
        let fault = body["fault"]?.string
        guard deliveries.count == stored.count, !deliveries.isEmpty || fault != nil else { return nil }
        self.init(
            id: row.id,
            arrival: FaxArrival(
                file: file,
                destination: destination,
                email: body["email"]?.string ?? "",
                callerID: body["caller_id"]?.string ?? "",
                pages: body["pages"]?.integer.flatMap(Int.init(exactly:)),
                remoteStationID: body["remote_station_id"]?.string ?? "",
                tenant: row.tenant.rawValue.isEmpty ? nil : row.tenant,
                context: body["context"]?.string ?? "",
                user: body["user_uuid"]?.string.map { UserID($0) },
                fault: fault
            ),
            receivedAt: receivedAt,
            deliveries: deliveries,
            phase: phase,
            revision: row.revision
        )
        endedAt = body["ended_at"]?.date
        until = body["until"]?.date
    }
}

extension ReceivedFax.Delivery {
    fileprivate var json: JSONValue {
        let state: JSONValue
        switch self.state {
        case .pending: state = "pending"
        case .delivered: state = "delivered"
        case .failed: state = "failed"
        }
        return [
            "backend": .string(backend), "attempts": .integer(Int64(attempts)), "state": state,
            "due": .date(due),
            "cause": cause.map { .string($0) } ?? .null,
        ]
    }

    fileprivate init?(_ json: JSONValue) {
        guard let backend = json["backend"]?.string, let attempts = json["attempts"]?.integer else { return nil }
        let cause = json["cause"]?.string
        self.init(backend: backend, attempts: Int(attempts), state: .delivered)
        switch (json["state"]?.string, json["due"]?.date) {
        case ("pending", let due?): state = .pending(due: due, cause: cause)
        case ("delivered", _): state = .delivered
        case ("failed", _): state = .failed(cause: cause ?? "")
        default: return nil
        }
    }
}

extension JSONValue {
    fileprivate static func date(_ date: Date?) -> JSONValue {
        date.map { .number($0.timeIntervalSince1970) } ?? .null
    }

    /// Seconds since 1970.
    fileprivate var date: Date? {
        switch self {
        case .number(let seconds): Date(timeIntervalSince1970: seconds)
        case .integer(let seconds): Date(timeIntervalSince1970: Double(seconds))
        default: nil
        }
    }
}
