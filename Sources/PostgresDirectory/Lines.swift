public import Core
public import Directory
import Postgres

extension PostgresDirectory {
    /// An enabled line by id, in the scope of a tenant: that of its context.
    public func line(_ id: Int, tenant: TenantID?) async throws -> LineRecord? {
        try await read(Self.lineByID, [id, scope(tenant)]) { rows in try rows.first.flatMap(LineRecord.init) }
    }

    /// All enabled lines of all tenants, ordered by id.
    public func lines() async throws -> [LineRecord] {
        try await read(Self.allLines, []) { rows in try rows.compactMap(LineRecord.init) }
    }

    /// What a line `l` is made of. The kinds of endpoint exclude each other (contract 43 §2.3); that of a
    /// disabled one is null.
    static let lineColumns =
        """
        l.id AS line, l.context, lc.tenant_uuid AS line_tenant, sip.name AS sip,
            CASE WHEN sccp.id IS NOT NULL THEN l.name END AS sccp, custom.interface AS custom
        """

    /// The same as the dialplan dials it: the platform's dialplans dial SIP lines by the line's own name, which is the
    /// endpoint's unless somebody edited one of the two (contract 41 §0 "SIP interface").
    static let dialledLineColumns =
        """
        l.id AS line, l.context, lc.tenant_uuid AS line_tenant, \(dialledSIP),
            CASE WHEN sccp.id IS NOT NULL THEN l.name END AS sccp, custom.interface AS custom
        """

    /// The name that a SIP line is dialled by; null where the line has no SIP endpoint.
    static let dialledSIP = "CASE WHEN sip.uuid IS NOT NULL THEN coalesce(l.name, sip.name) END AS sip"

    static let lineJoins =
        """
        LEFT JOIN public.context lc ON lc.name = l.context
        LEFT JOIN public.endpoint_sip sip ON sip.uuid = l.endpoint_sip_uuid
        LEFT JOIN public.sccpline sccp ON sccp.id = l.endpoint_sccp_id AND sccp.commented = 0
        LEFT JOIN public.usercustom custom ON custom.id = l.endpoint_custom_id AND custom.commented = 0
        """

    private static let lineByID = PostgresStatement.read(
        """
        SELECT \(lineColumns) FROM public.linefeatures l \(lineJoins)
        WHERE l.id = $1::bigint AND ($2::text IS NULL OR lc.tenant_uuid = $2::text) AND l.commented = 0
        """
    )

    private static let allLines = PostgresStatement.read(
        "SELECT \(lineColumns) FROM public.linefeatures l \(lineJoins) WHERE l.commented = 0 ORDER BY l.id"
    )
}

extension LineRecord {
    /// `nil` when the row has no line.
    init?(_ row: PostgresRow) throws {
        guard let id: Int = try row.optional("line") else { return nil }
        var endpoint: Endpoint?
        if let name: String = try row.optional("sip") {
            endpoint = .sip(name: name)
        } else if let name: String = try row.optional("sccp") {
            endpoint = .sccp(name: name)
        } else if let interface: String = try row.optional("custom") {
            endpoint = .custom(interface: interface)
        }
        self.init(
            id: id,
            context: try row.value("context"),
            endpoint: endpoint,
            tenant: try row.optional("line_tenant").map { TenantID($0) }
        )
    }
}
