public import Core
public import Directory
import Foundation
import Postgres

extension PostgresDirectory {
    /// A conference room by id, of any tenant.
    public func conference(_ id: Int) async throws -> ConferenceRecord? {
        try await read(Self.conferenceByID, [id]) { rows in try rows.first.map(ConferenceRecord.init) }
    }

    /// The conference rooms in the scope of a tenant, ordered by id.
    public func conferences(tenant: TenantID) async throws -> [ConferenceRecord] {
        try await read(Self.conferencesOfTenant, [scope(tenant)]) { rows in try rows.map(ConferenceRecord.init) }
    }

    /// A meeting by uuid, of any tenant.
    public func meeting(_ id: String) async throws -> MeetingRecord? {
        // The column is of type uuid: another text is no such meeting, instead of a refused statement.
        guard let uuid = UUID(uuidString: id) else { return nil }
        return try await read(Self.meetingByID, [uuid.uuidString.lowercased()]) { rows in
            try rows.first.map { row in
                let owners: String = try row.optional("owners") ?? ""
                return MeetingRecord(
                    id: try row.value("uuid"),
                    tenant: TenantID(try row.value("tenant_uuid")),
                    owners: owners.lowercased().parts(separatedBy: ",").sorted().map { UserID($0) }
                )
            }
        }
    }

    /// A parking lot by id, of any tenant; of several enabled numbers that of the lowest id.
    public func parkingLot(_ id: Int) async throws -> ParkingLotRecord? {
        try await read(Self.parkingLotByID, [id]) { rows in try rows.first.map(ParkingLotRecord.init) }
    }

    /// Name of a group's Asterisk queue, in the scope of a tenant.
    public func groupName(_ id: Int, tenant: TenantID?) async throws -> String? {
        try await read(Self.groupByID, [id, scope(tenant)]) { rows in try rows.first?.value("name") }
    }

    private static let conferenceByID = PostgresStatement.read(
        "SELECT c.id, c.tenant_uuid FROM public.conference c WHERE c.id = $1::bigint"
    )

    private static let conferencesOfTenant = PostgresStatement.read(
        """
        SELECT c.id, c.tenant_uuid FROM public.conference c
        WHERE $1::text IS NULL OR c.tenant_uuid = $1::text
        ORDER BY c.id
        """
    )

    private static let meetingByID = PostgresStatement.read(
        """
        SELECT m.uuid, m.tenant_uuid, (
            SELECT string_agg(o.user_uuid, ',') FROM public.meeting_owner o WHERE o.meeting_uuid = m.uuid
        ) AS owners
        FROM public.meeting m
        WHERE m.uuid = $1::uuid
        """
    )

    private static let parkingLotByID = PostgresStatement.read(
        """
        SELECT p.id, p.tenant_uuid, p.name, p.slots_start, p.slots_end, p.timeout, e.exten, e.context
        FROM public.parking_lot p
        LEFT JOIN public.extensions e ON e.type = 'parking' AND e.typeval = p.id::text AND e.commented = 0
        WHERE p.id = $1::bigint
        ORDER BY e.id
        LIMIT 1
        """
    )

    private static let groupByID = PostgresStatement.read(
        """
        SELECT g.name FROM public.groupfeatures g
        WHERE g.id = $1::bigint AND ($2::text IS NULL OR g.tenant_uuid = $2::text)
        """
    )
}

extension ConferenceRecord {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(id: try row.value("id"), tenant: TenantID(try row.value("tenant_uuid")))
    }
}

extension ParkingLotRecord {
    fileprivate init(_ row: PostgresRow) throws {
        var number: Extension?
        if let exten: String = try row.optional("exten") {
            number = Extension(exten: exten, context: try row.value("context"))
        }
        self.init(
            id: try row.value("id"),
            tenant: TenantID(try row.value("tenant_uuid")),
            name: try row.optional("name"),
            firstSlot: try row.value("slots_start"),
            lastSlot: try row.value("slots_end"),
            timeout: try row.optional("timeout"),
            number: number
        )
    }
}
