import Core
public import Events
public import Foundation
public import Persistence
import Postgres

extension PostgresPersistence: OutboxStoring, EventKeeping {
    private static let pending = PostgresStatement.read(
        """
        SELECT id, resource, routing_key, headers::text AS headers, body FROM gateway.outbox
        WHERE published_at IS NULL ORDER BY id LIMIT $1
        """
    )
    private static let mark = PostgresStatement.write(
        """
        UPDATE gateway.outbox SET published_at = now()
        WHERE id IN (SELECT value::bigint FROM jsonb_array_elements_text($1::jsonb))
        """
    )
    private static let discard = PostgresStatement.write(
        "DELETE FROM gateway.outbox WHERE published_at < $1::timestamptz"
    )
    private static let giveUp = PostgresStatement.write(
        "DELETE FROM gateway.outbox WHERE published_at IS NULL AND created_at < $1::timestamptz RETURNING id"
    )
    private static let backlog = PostgresStatement.read(
        """
        SELECT count(*) AS pending, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest
        FROM gateway.outbox WHERE published_at IS NULL
        """
    )

    private static let stored = PostgresStatement.read(
        """
        SELECT id, created_at, resource, routing_key, headers::text AS headers, body FROM gateway.outbox
        WHERE created_at >= $1::timestamptz AND created_at <= $2::timestamptz AND id > $3::bigint ORDER BY id LIMIT $4
        """
    )
    private static let keep = PostgresStatement.write(
        """
        INSERT INTO gateway.outbox (resource, routing_key, headers, body, published_at)
        SELECT resource, routing_key, headers, body, now() FROM ROWS FROM (
            jsonb_to_recordset($1::jsonb) AS (resource text, routing_key text, headers jsonb, body text)
        ) WITH ORDINALITY ORDER BY ordinality
        """
    )

    /// What was stored in a time.
    public func storedEvents(in interval: DateInterval, after id: Int64, limit: Int) async throws -> [StoredEvent] {
        let rows = try await query(Self.stored, [interval.start, interval.end, id, limit])
        do {
            return try rows.map { row in
                StoredEvent(
                    id: try row.value("id"),
                    createdAt: try row.value("created_at"),
                    message: try Self.message(row)
                )
            }
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }

    /// Keeps published messages.
    public func keepPublished(_ messages: [BusMessage]) async throws {
        try await query(Self.keep, [JSONValue.array(messages.map(\.json)).text])
    }

    private static func message(_ row: PostgresRow) throws -> BusMessage {
        let headers = try JSONValue(parsing: Data(try row.value("headers", as: String.self).utf8))
        return BusMessage(
            resource: try row.value("resource"),
            routingKey: try row.value("routing_key"),
            headers: headers.object ?? [:],
            body: try row.value("body")
        )
    }

    /// The oldest unpublished messages.
    public func pendingMessages(limit: Int) async throws -> [OutboxEntry] {
        let rows = try await query(Self.pending, [limit])
        do {
            return try rows.map { row in
                OutboxEntry(id: try row.value("id"), message: try Self.message(row))
            }
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }

    /// Marks messages as published.
    public func markPublished(_ ids: [Int64]) async throws {
        try await query(Self.mark, [JSONValue.array(ids.map(JSONValue.integer)).text])
    }

    /// Deletes old published messages.
    public func discardPublished(before date: Date) async throws {
        try await query(Self.discard, [date])
    }

    /// Deletes old messages that were not published.
    public func discardUnpublished(before date: Date) async throws -> Int {
        try await query(Self.giveUp, [date]).count
    }

    /// What waits now.
    public func backlog() async throws -> OutboxBacklog {
        do {
            guard let row = try await query(Self.backlog).first else {
                return OutboxBacklog(pending: 0, oldestSeconds: 0)
            }
            return OutboxBacklog(pending: try row.value("pending"), oldestSeconds: try row.value("oldest"))
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }
}
