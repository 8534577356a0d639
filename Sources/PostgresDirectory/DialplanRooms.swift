public import Core
public import Directory
import Foundation
import Postgres

extension PostgresDirectory: DialplanRoomDirectory {
    /// A conference room, in a tenant when one is given.
    public func dialplanConference(_ id: Int, tenant: TenantID?) async throws -> DialplanConference? {
        try await read(Self.dialplanConferenceByID, [id, tenant?.rawValue]) { rows in
            try rows.first.map { row in
                DialplanConference(
                    id: try row.value("id"),
                    tenant: TenantID(try row.value("tenant_uuid")),
                    name: try row.optional("name"),
                    pin: try row.optional("pin") ?? "",
                    administratorPIN: try row.optional("admin_pin") ?? "",
                    preprocessSubroutine: try row.optional("preprocess_subroutine")
                )
            }
        }
    }

    /// A tenant's meeting by its number.
    public func dialplanMeeting(number: String, tenant: TenantID) async throws -> DialplanMeeting? {
        try await meeting(Self.dialplanMeetingByNumber, [number, tenant.rawValue])
    }

    /// A tenant's meeting by its uuid.
    public func dialplanMeeting(uuid: String, tenant: TenantID) async throws -> DialplanMeeting? {
        // The column is of type uuid: another text is no such meeting, instead of a refused statement.
        guard let uuid = UUID(uuidString: uuid) else { return nil }
        return try await meeting(Self.dialplanMeetingByUUID, [uuid.uuidString.lowercased(), tenant.rawValue])
    }

    private func meeting(
        _ statement: PostgresStatement,
        _ parameters: [(any PostgresText)?]
    ) async throws -> DialplanMeeting? {
        try await read(statement, parameters) { rows in
            try rows.first.map { DialplanMeeting(id: try $0.value("uuid"), name: try $0.optional("name")) }
        }
    }

    private static let dialplanConferenceByID = PostgresStatement.read(
        """
        SELECT c.id, c.tenant_uuid, c.name, c.pin, c.admin_pin, c.preprocess_subroutine
        FROM public.conference c
        WHERE c.id = $1::bigint AND ($2::text IS NULL OR c.tenant_uuid = $2::text)
        """
    )

    private static let dialplanMeetingByNumber = PostgresStatement.read(
        "SELECT m.uuid, m.name FROM public.meeting m WHERE m.number = $1 AND m.tenant_uuid = $2"
    )

    private static let dialplanMeetingByUUID = PostgresStatement.read(
        "SELECT m.uuid, m.name FROM public.meeting m WHERE m.uuid = $1::uuid AND m.tenant_uuid = $2"
    )
}
