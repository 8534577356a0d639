public import Core
public import Directory
import Logging
import Postgres

extension PostgresDirectory {
    /// A box by id, in the scope of a tenant.
    public func voicemail(_ id: Int, tenant: TenantID?) async throws -> VoicemailRecord? {
        try await voicemails(Self.voicemailByID, [id, scope(tenant)]).first
    }

    /// The personal box of a user, in the scope of a tenant.
    public func voicemail(of user: UserID, tenant: TenantID?) async throws -> VoicemailRecord? {
        try await voicemails(Self.voicemailOfUser, [user.rawValue, scope(tenant)]).first
    }

    /// The box of a number in a context, of any tenant.
    public func voicemail(number: String, context: String) async throws -> VoicemailRecord? {
        try await voicemails(Self.voicemailByNumber, [number, context]).first
    }

    /// The boxes of exactly this tenant, ordered by id.
    public func voicemails(tenant: TenantID, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord] {
        try await voicemails(Self.voicemailsOfTenant, [tenant.rawValue, access?.rawValue])
    }

    /// The boxes of a tenant and of those below it; of the master tenant all.
    public func voicemails(below tenant: TenantID?, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord] {
        try await voicemails(Self.voicemailsBelow, [scope(tenant), access?.rawValue])
    }

    private func voicemails(
        _ statement: PostgresStatement,
        _ parameters: [(any PostgresText)?]
    ) async throws -> [VoicemailRecord] {
        try await read(statement, parameters) { rows in
            try rows.compactMap { row in
                if let record = try VoicemailRecord(row) { return record }
                let id: Int = try row.value("uniqueid")
                logger.warning("voicemail of unknown access type left out", metadata: ["id": "\(id)"])
                return nil
            }
        }
    }

    /// The column of the access type is recent and may be missing: then all boxes are personal.
    private static let columns =
        """
        SELECT v.uniqueid, v.fullname, v.mailbox, v.context, c.tenant_uuid, \(access) AS access,
            (
                SELECT string_agg(m.uuid, ',') FROM public.userfeatures m WHERE m.voicemailid = v.uniqueid
            ) AS users
        FROM public.voicemail v JOIN public.context c ON c.name = v.context

        """

    private static let access = "coalesce(to_jsonb(v) ->> 'accesstype', 'personal')"

    private static let voicemailByID = PostgresStatement.read(
        columns + "WHERE v.uniqueid = $1::bigint AND ($2::text IS NULL OR c.tenant_uuid = $2::text)"
    )

    private static let voicemailOfUser = PostgresStatement.read(
        columns
            + """
            JOIN public.userfeatures u ON u.voicemailid = v.uniqueid
            WHERE u.uuid = $1 AND ($2::text IS NULL OR u.tenant_uuid = $2::text)
            """
    )

    private static let voicemailByNumber = PostgresStatement.read(
        columns + "WHERE v.mailbox = $1 AND v.context = $2"
    )

    private static let voicemailsOfTenant = PostgresStatement.read(
        columns
            + "WHERE c.tenant_uuid = $1 AND ($2::text IS NULL OR \(access) = $2::text) ORDER BY v.uniqueid"
    )

    private static let voicemailsBelow = PostgresStatement.read(
        columns
            + """
            WHERE ($1::text IS NULL OR c.tenant_uuid = $1::text) AND ($2::text IS NULL OR \(access) = $2::text)
            ORDER BY v.uniqueid
            """
    )
}

extension VoicemailRecord {
    /// `nil` when its access type is unknown.
    fileprivate init?(_ row: PostgresRow) throws {
        guard let access = Access(rawValue: try row.value("access")) else { return nil }
        let users: String = try row.optional("users") ?? ""
        self.init(
            id: try row.value("uniqueid"),
            tenant: TenantID(try row.value("tenant_uuid")),
            name: try row.value("fullname"),
            number: try row.value("mailbox"),
            context: try row.value("context"),
            access: access,
            users: users.parts(separatedBy: ",").sorted().map { UserID($0) }
        )
    }
}
