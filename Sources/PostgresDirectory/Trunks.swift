import Core
public import Directory
import Logging
import Postgres

extension PostgresDirectory {
    /// All trunks of all tenants that have an endpoint, ordered by id. A role that may not read the options of
    /// SIP endpoints, where their passwords are, gets them without their registrations.
    public func trunks() async throws -> [TrunkRecord] {
        do {
            return try await trunks(by: Self.allTrunks)
        } catch DatabaseFailure.refused(let state, let message) where Self.unreadable.contains(state) {
            logger.warning("trunks are read without their registrations", metadata: ["cause": "\(message)"])
            return try await trunks(by: Self.allTrunksWithoutRegistration)
        }
    }

    /// No right, no column, no table.
    private static let unreadable: Set = ["42501", "42703", "42P01"]

    private func trunks(by statement: PostgresStatement) async throws -> [TrunkRecord] {
        try await read(statement, []) { rows in try rows.compactMap(TrunkRecord.init) }
    }

    /// The registrations are joined as a whole: no index leads from a section to its options.
    private static let allTrunks = PostgresStatement.read(
        """
        SELECT t.id, t.tenant_uuid, sip.name AS sip, iax.name AS iax, custom.interface AS custom, r.client_uri
        \(trunkTables)
        LEFT JOIN (
            SELECT s.endpoint_sip_uuid, min(o.value) AS client_uri
            FROM public.endpoint_sip_section s
            JOIN public.endpoint_sip_section_option o ON o.endpoint_sip_section_uuid = s.uuid
            WHERE s.type = 'registration' AND o.key = 'client_uri'
            GROUP BY s.endpoint_sip_uuid
        ) r ON r.endpoint_sip_uuid = t.endpoint_sip_uuid
        ORDER BY t.id
        """
    )

    private static let allTrunksWithoutRegistration = PostgresStatement.read(
        """
        SELECT t.id, t.tenant_uuid, sip.name AS sip, iax.name AS iax, custom.interface AS custom,
            NULL AS client_uri
        \(trunkTables)
        ORDER BY t.id
        """
    )

    private static let trunkTables =
        """
        FROM public.trunkfeatures t
        LEFT JOIN public.endpoint_sip sip ON sip.uuid = t.endpoint_sip_uuid
        LEFT JOIN public.useriax iax ON iax.id = t.endpoint_iax_id
        LEFT JOIN public.usercustom custom ON custom.id = t.endpoint_custom_id
        """
}

extension TrunkRecord {
    /// `nil` when the trunk has no endpoint.
    fileprivate init?(_ row: PostgresRow) throws {
        let endpoint: Endpoint
        if let name: String = try row.optional("sip") {
            endpoint = .sip(name: name, registration: try row.optional("client_uri"))
        } else if let name: String = try row.optional("iax") {
            endpoint = .iax(name: name)
        } else if let interface: String = try row.optional("custom") {
            endpoint = .custom(interface: interface)
        } else {
            return nil
        }
        self.init(id: try row.value("id"), tenant: TenantID(try row.value("tenant_uuid")), endpoint: endpoint)
    }
}
