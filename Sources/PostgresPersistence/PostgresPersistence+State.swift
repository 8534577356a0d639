import Core
import Events
public import Foundation
public import Persistence
import Postgres

extension PostgresPersistence: StateStoring {
    private static let rows = PostgresStatement.read(
        """
        SELECT kind, id, tenant_uuid, revision, deadline, body::text AS body
        FROM gateway.aggregate WHERE kind = $1 ORDER BY created_at, id
        """
    )

    /// One statement, so that a change costs one round trip and counts whole or not at all.
    private static let commit = PostgresStatement.write(
        """
        WITH saves AS (
            SELECT * FROM jsonb_to_recordset($1::jsonb) AS save(
                kind text, id text, tenant_uuid text, revision int, deadline timestamptz, body jsonb)
        ), inserted AS (
            INSERT INTO gateway.aggregate (kind, id, tenant_uuid, revision, deadline, body)
            SELECT kind, id, tenant_uuid, revision, deadline, body FROM saves WHERE revision = 1
            ON CONFLICT (kind, id) DO NOTHING
            RETURNING 1
        ), updated AS (
            UPDATE gateway.aggregate AS present
            SET revision = saves.revision, deadline = saves.deadline, body = saves.body, updated_at = now()
            FROM saves
            WHERE saves.revision > 1 AND present.kind = saves.kind AND present.id = saves.id
                AND present.revision = saves.revision - 1
            RETURNING 1
        ), removed AS (
            DELETE FROM gateway.aggregate AS present
            USING jsonb_to_recordset($2::jsonb) AS removal(kind text, id text)
            WHERE present.kind = removal.kind AND present.id = removal.id
        ), remembered AS (
            INSERT INTO gateway.aggregate_history (kind, id, tenant_uuid, phase_before, phase_after, cause, user_uuid, at)
            SELECT kind, id, tenant_uuid, phase_before, phase_after, cause, user_uuid, at FROM ROWS FROM (
                jsonb_to_recordset($3::jsonb) AS (
                    kind text, id text, tenant_uuid text, phase_before text, phase_after text, cause text,
                    user_uuid text, at timestamptz)
            ) WITH ORDINALITY ORDER BY ordinality
        ), posted AS (
            INSERT INTO gateway.outbox (resource, routing_key, headers, body)
            SELECT resource, routing_key, headers, body FROM ROWS FROM (
                jsonb_to_recordset($4::jsonb) AS (resource text, routing_key text, headers jsonb, body text)
            ) WITH ORDINALITY ORDER BY ordinality
        )
        SELECT CASE WHEN expected = done THEN 0 ELSE gateway.refuse_conflict(expected, done) END
        FROM (SELECT (SELECT count(*) FROM saves) AS expected, (SELECT count(*) FROM inserted) + (SELECT count(*) FROM updated) AS done) AS counts
        """
    )

    /// Rows of a kind, ordered by creation.
    public func rows(ofKind kind: String) async throws -> [AggregateRow] {
        let rows = try await query(Self.rows, [kind])
        do {
            return try rows.map { row in
                AggregateRow(
                    kind: try row.value("kind"),
                    id: try row.value("id"),
                    tenant: TenantID(try row.value("tenant_uuid")),
                    revision: try row.value("revision"),
                    deadline: try row.optional("deadline"),
                    body: try JSONValue(parsing: Data(try row.value("body", as: String.self).utf8))
                )
            }
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }

    private static let history = PostgresStatement.read(
        """
        SELECT kind, id, tenant_uuid, phase_before, phase_after, cause, user_uuid, at
        FROM gateway.aggregate_history WHERE kind = $1 AND id = $2 ORDER BY history_id
        """
    )

    /// History of an aggregate.
    public func history(ofKind kind: String, id: String) async throws -> [HistoryEntry] {
        let rows = try await query(Self.history, [kind, id])
        do {
            return try rows.map { row in
                HistoryEntry(
                    kind: try row.value("kind"),
                    id: try row.value("id"),
                    tenant: TenantID(try row.value("tenant_uuid")),
                    from: try row.value("phase_before"),
                    to: try row.value("phase_after"),
                    cause: try row.value("cause"),
                    user: try row.optional("user_uuid", as: String.self).map(UserID.init(_:)),
                    at: try row.value("at")
                )
            }
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }

    private static let discard = PostgresStatement.write(
        "DELETE FROM gateway.aggregate_history WHERE at < $1::timestamptz"
    )

    /// Deletes old history lines.
    public func discardHistory(before date: Date) async throws {
        try await query(Self.discard, [date])
    }

    /// Stores a change in one statement.
    public func commit(_ change: StateChange) async throws {
        if change.isEmpty { return }
        var saves: [JSONValue] = []
        var removals: [JSONValue] = []
        for write in change.writes {
            switch write {
            case .save(let row): saves.append(row.json)
            case .remove(let kind, let id): removals.append(["kind": .string(kind), "id": .string(id)])
            }
        }
        try await query(
            Self.commit,
            [
                JSONValue.array(saves).text,
                JSONValue.array(removals).text,
                JSONValue.array(change.history.map(\.json)).text,
                JSONValue.array(change.messages.map(\.json)).text,
            ]
        )
    }
}

extension AggregateRow {
    fileprivate var json: JSONValue {
        [
            "kind": .string(kind),
            "id": .string(id),
            "tenant_uuid": .string(tenant.rawValue),
            "revision": .integer(Int64(revision)),
            "deadline": deadline.map { .string($0.postgresText) } ?? .null,
            "body": body,
        ]
    }
}

extension HistoryEntry {
    fileprivate var json: JSONValue {
        [
            "kind": .string(kind),
            "id": .string(id),
            "tenant_uuid": .string(tenant.rawValue),
            "phase_before": .string(from),
            "phase_after": .string(to),
            "cause": .string(cause),
            "user_uuid": user.map { .string($0.rawValue) } ?? .null,
            "at": .string(at.postgresText),
        ]
    }
}

extension BusMessage {
    /// As the statements that store messages take it.
    var json: JSONValue {
        [
            "resource": .string(resource),
            "routing_key": .string(routingKey),
            "headers": .object(headers),
            "body": .string(body),
        ]
    }
}
