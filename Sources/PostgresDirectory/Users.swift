public import Core
public import Directory
import Postgres

extension PostgresDirectory {
    /// An enabled user of a tenant with his enabled lines, the main line first.
    public func user(_ id: UserID, tenant: TenantID) async throws -> UserRecord? {
        try await read(Self.userByID, [id.rawValue, tenant.rawValue]) { rows in
            try rows.first.map { user in
                let names: [String] = [try user.value("firstname"), try user.value("lastname")]
                return UserRecord(
                    id: UserID(try user.value("uuid")),
                    tenant: TenantID(try user.value("tenant_uuid")),
                    name: names.filter { !$0.isEmpty }.joined(separator: " "),
                    lines: try rows.compactMap(LineRecord.init)
                )
            }
        }
    }

    /// One row per line; one without a line when the user has none. The kinds of endpoint exclude each other
    /// (contract 43 §2.3); that of a disabled one is null.
    private static let userByID = PostgresStatement.read(
        """
        SELECT u.uuid, u.tenant_uuid, u.firstname, u.lastname, l.id AS line, l.context,
            sip.name AS sip, CASE WHEN sccp.id IS NOT NULL THEN l.name END AS sccp, custom.interface AS custom
        FROM public.userfeatures u
        LEFT JOIN (
            public.user_line ul JOIN public.linefeatures l ON l.id = ul.line_id AND l.commented = 0
        ) ON ul.user_id = u.id
        LEFT JOIN public.endpoint_sip sip ON sip.uuid = l.endpoint_sip_uuid
        LEFT JOIN public.sccpline sccp ON sccp.id = l.endpoint_sccp_id AND sccp.commented = 0
        LEFT JOIN public.usercustom custom ON custom.id = l.endpoint_custom_id AND custom.commented = 0
        WHERE u.uuid = $1 AND u.tenant_uuid = $2 AND u.commented = 0
        ORDER BY ul.main_line DESC, l.id
        """
    )
}

extension LineRecord {
    fileprivate init?(_ row: PostgresRow) throws {
        guard let id: Int = try row.optional("line") else { return nil }
        var endpoint: Endpoint?
        if let name: String = try row.optional("sip") {
            endpoint = .sip(name: name)
        } else if let name: String = try row.optional("sccp") {
            endpoint = .sccp(name: name)
        } else if let interface: String = try row.optional("custom") {
            endpoint = .custom(interface: interface)
        }
        self.init(id: id, context: try row.value("context"), endpoint: endpoint)
    }
}
