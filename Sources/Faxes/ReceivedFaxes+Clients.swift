import API
import CallControl
import Core
import Foundation

/// What clients see of received faxes, and do with them.
extension ReceivedFaxes {
    /// A fax that a client wants gone, and the client.
    struct Removal: Sendable {
        let fax: ReceivedFax
        let user: UserID?
        let reply: Reply<Void>
    }

    /// The received faxes of a tenant, newest first.
    func items(_ tenant: TenantID) -> [JSONValue] {
        jobs.all.filter { $0.arrival.tenant == tenant && $0.phase.isShown }
            .sorted { ($1.receivedAt, $1.id) < ($0.receivedAt, $0.id) }
            .map(\.item)
    }

    /// A fax; `nil` when the tenant has none with this id.
    func fax(_ id: String, _ tenant: TenantID) -> ReceivedFax? {
        jobs.fax(id).flatMap { $0.arrival.tenant == tenant && $0.phase.isShown ? $0 : nil }
    }

    /// Removes a fax with its document; attempts that are still to come are not made.
    /// - Throws: 404 `no-such-fax`; 409 `fax-not-cancellable` while an attempt is under way, which nobody can call back;
    ///   503 while the database is away: it is removed when that comes back.
    func discard(
        _ id: String,
        _ tenant: TenantID,
        by user: UserID?,
        within limit: Duration = .seconds(8)
    ) async throws {
        guard fax(id, tenant) != nil else { throw Failure.noSuchFax(id) }
        guard let fax = jobs.take(id) else { throw Failure.faxNotCancellable(id) }
        let reply = Reply<Void>()
        guard fax.handle(.discarded(by: user, at: ports.clock.now), rules) != nil,
            removals.offer(Removal(fax: fax, user: user, reply: reply))
        else {
            handBack(id)
            throw Failure.faxNotCancellable(id)
        }
        try await reply.value(within: limit) { Failure.databaseUnreachable }
    }

    /// A worker's part of that.
    func remove(_ removal: Removal) async {
        defer { handBack(removal.fax.id) }
        let event = ReceivedFax.Event.discarded(by: removal.user, at: ports.clock.now)
        guard let next = await advance(removal.fax, event) else {
            return removal.reply.resolve(.failure(Failure.databaseUnreachable))
        }
        await removeWhenDue(next)
        removal.reply.resolve(.success(()))
    }
}

extension ReceivedFax {
    /// That it is incomplete, and why; `nil` when it is not.
    var incompleteness: String? { arrival.fault.map { "INCOMPLETE: \($0)" } }

    /// Why it is incomplete, and the causes of the backends that do not have it, in one line; `nil` when there are none.
    var error: String? {
        let failures = deliveries.compactMap { delivery in delivery.cause.map { "\(delivery.backend): \($0)" } }
        let causes = [incompleteness].compactMap { $0 } + failures
        return causes.isEmpty ? nil : causes.joined(separator: "; ")
    }

    /// Ours: the job.
    var item: JSONValue {
        [
            "id": .string(id), "direction": "inbound", "state": .string(phase.rawValue),
            "caller_id": .string(arrival.callerID), "destination": .string(arrival.destination),
            "pages": .count(arrival.pages), "remote_station_id": .string(arrival.remoteStationID),
            "tenant_uuid": .string(tenant.rawValue), "user_uuid": .text(arrival.user?.rawValue),
            "error": .text(error), "created_at": .string(receivedAt.ISO8601Format()),
            "ended_at": .text(endedAt?.ISO8601Format()),
        ]
    }
}
