import Core
public import Events
public import Foundation
public import Persistence
import Postgres

extension PostgresPersistence: RecordingStoring {
    private static let save = PostgresStatement.write(
        """
        WITH posted AS (
            INSERT INTO gateway.outbox (resource, routing_key, headers, body)
            SELECT resource, routing_key, headers, body FROM ROWS FROM (
                jsonb_to_recordset($11::jsonb) AS (resource text, routing_key text, headers jsonb, body text)
            ) WITH ORDINALITY ORDER BY ordinality
        )
        INSERT INTO gateway.recording (
            id, call_id, channel, tenant_uuid, user_uuid, file, phase, started_at, pauses, ended_at)
        VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8::timestamptz, $9::jsonb, $10::timestamptz)
        ON CONFLICT (id) DO UPDATE
        SET phase = excluded.phase, pauses = excluded.pauses, ended_at = excluded.ended_at
        """
    )
    private static let open = PostgresStatement.read(
        """
        SELECT id::text AS id, call_id, channel, tenant_uuid, user_uuid, file, phase, started_at,
            (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'from', extract(epoch FROM (pause ->> 'from')::timestamptz)::text,
                'to', extract(epoch FROM (pause ->> 'to')::timestamptz)::text) ORDER BY place), '[]')
            FROM jsonb_array_elements(pauses) WITH ORDINALITY AS part (pause, place))::text AS pauses
        FROM gateway.recording WHERE ended_at IS NULL ORDER BY started_at, id
        """
    )
    private static let discardEnded = PostgresStatement.write(
        "DELETE FROM gateway.recording WHERE ended_at < $1::timestamptz"
    )

    /// Writes a recording with its messages.
    public func save(_ recording: RecordingRow, messages: [BusMessage]) async throws {
        let pauses = recording.pauses.map { pause -> JSONValue in
            ["from": .string(pause.from.postgresText), "to": pause.to.map { .string($0.postgresText) } ?? .null]
        }
        try await query(
            Self.save,
            [
                recording.id, recording.call, recording.channel, recording.tenant.rawValue, recording.user?.rawValue,
                recording.file, recording.phase, recording.startedAt, JSONValue.array(pauses).text, recording.endedAt,
                JSONValue.array(messages.map(\.json)).text,
            ]
        )
    }

    /// Recordings that have not ended.
    public func openRecordings() async throws -> [RecordingRow] {
        let rows = try await query(Self.open)
        do {
            return try rows.map { row in
                let pauses = try JSONValue(parsing: Data(try row.value("pauses", as: String.self).utf8)).array ?? []
                return RecordingRow(
                    id: try row.value("id"),
                    call: try row.value("call_id"),
                    channel: try row.value("channel"),
                    tenant: TenantID(try row.value("tenant_uuid")),
                    user: try row.optional("user_uuid", as: String.self).map(UserID.init(_:)),
                    file: try row.value("file"),
                    phase: try row.value("phase"),
                    startedAt: try row.value("started_at"),
                    pauses: pauses.map { pause in
                        RecordingRow.Pause(
                            from: Self.date(pause["from"]) ?? Date(timeIntervalSince1970: 0),
                            to: Self.date(pause["to"])
                        )
                    }
                )
            }
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }

    /// Of seconds since 1970 as text.
    private static func date(_ seconds: JSONValue?) -> Date? {
        seconds?.string.flatMap { Double($0) }.map { Date(timeIntervalSince1970: $0) }
    }

    /// Forgets old recordings.
    public func discardRecordings(endedBefore date: Date) async throws {
        try await query(Self.discardEnded, [date])
    }
}
