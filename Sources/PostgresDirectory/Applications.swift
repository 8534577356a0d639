import Core
public import Directory
import Postgres

extension PostgresDirectory {
    /// An application by uuid, of any tenant.
    public func application(_ id: String) async throws -> ApplicationRecord? {
        try await read(Self.applicationByID, [id]) { rows in try rows.first.map(ApplicationRecord.init) }
    }

    /// All applications of all tenants, ordered by uuid.
    public func applications() async throws -> [ApplicationRecord] {
        try await read(Self.allApplications, []) { rows in try rows.map(ApplicationRecord.init) }
    }

    /// A music class by uuid, of any tenant.
    public func music(_ id: String) async throws -> MusicRecord? {
        try await read(Self.musicByID, [id]) { rows in try rows.first.map(MusicRecord.init) }
    }

    /// All music classes of all tenants, ordered by uuid.
    public func allMusic() async throws -> [MusicRecord] {
        try await read(Self.everyMusic, []) { rows in try rows.map(MusicRecord.init) }
    }

    private static let applicationColumns =
        """
        SELECT a.uuid, a.tenant_uuid, a.name, n.type, n.music_on_hold, n.answer
        FROM public.application a
        LEFT JOIN public.application_dest_node n ON n.application_uuid = a.uuid

        """

    private static let applicationByID = PostgresStatement.read(applicationColumns + "WHERE a.uuid = $1")

    private static let allApplications = PostgresStatement.read(applicationColumns + "ORDER BY a.uuid")

    private static let musicByID = PostgresStatement.read(
        "SELECT m.uuid, m.name, m.tenant_uuid FROM public.moh m WHERE m.uuid = $1"
    )

    private static let everyMusic = PostgresStatement.read(
        "SELECT m.uuid, m.name, m.tenant_uuid FROM public.moh m ORDER BY m.uuid"
    )
}

extension ApplicationRecord {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.value("uuid"),
            tenant: TenantID(try row.value("tenant_uuid")),
            name: try row.optional("name"),
            node: try row.optional("type").map { type in
                Node(
                    type: type,
                    musicOnHold: try row.optional("music_on_hold"),
                    answers: try row.optional("answer") ?? false
                )
            }
        )
    }
}

extension MusicRecord {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.value("uuid"),
            name: try row.value("name"),
            tenant: TenantID(try row.value("tenant_uuid"))
        )
    }
}
