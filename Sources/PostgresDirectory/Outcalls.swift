import Core
public import Directory
import Postgres

extension PostgresDirectory: OutcallDirectory {
    /// The enabled route of a dial pattern with its trunks by priority, those of one priority by id.
    public func outcall(pattern id: Int) async throws -> OutcallRecord? {
        try await read(Self.outcallOfPattern, [id]) { rows in
            try rows.first.map { row in
                var outcall = try OutcallRecord(row)
                outcall.trunkCount = try rows.count { try $0.optional("trunk", as: Int.self) != nil }
                outcall.trunks = try rows.compactMap(OutcallTrunk.init)
                return outcall
            }
        }
    }

    /// One row per trunk; one without a trunk when there is none.
    private static let outcallOfPattern = PostgresStatement.read(
        """
        SELECT o.id, o.tenant_uuid, n.country, o.internal, o.preprocess_subroutine, o.hangupringtime,
            p.stripnum, p.externprefix, p.callerid,
            t.id AS trunk, t.outgoing_caller_id_format AS format, sip.name AS sip, iax.name AS iax,
            custom.interface AS custom, custom.intfsuffix AS suffix
        FROM public.dialpattern p
        JOIN public.outcall o ON o.id = p.typeid AND o.commented = 0
        LEFT JOIN public.tenant n ON n.uuid = o.tenant_uuid
        LEFT JOIN (
            public.outcalltrunk ot JOIN public.trunkfeatures t ON t.id = ot.trunkfeaturesid
        ) ON ot.outcallid = o.id
        LEFT JOIN public.endpoint_sip sip ON sip.uuid = t.endpoint_sip_uuid
        LEFT JOIN public.useriax iax ON iax.id = t.endpoint_iax_id
        LEFT JOIN public.usercustom custom ON custom.id = t.endpoint_custom_id
        WHERE p.id = $1::bigint AND p.type = 'outcall'
        ORDER BY ot.priority, t.id
        """
    )
}

extension OutcallRecord {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.value("id"),
            tenant: TenantID(try row.value("tenant_uuid")),
            country: try row.text("country")
        )
        isInternal = try row.flag("internal")
        preprocessSubroutine = try row.optional("preprocess_subroutine")
        ringSeconds = try row.value("hangupringtime")
        strippedDigits = try row.optional("stripnum") ?? 0
        prefix = try row.optional("externprefix") ?? ""
        callerID = try row.text("callerid")
    }
}

extension OutcallTrunk {
    /// `nil` when the row has no trunk, or one without endpoint.
    fileprivate init?(_ row: PostgresRow) throws {
        let interface: Interface
        if let name: String = try row.optional("sip") {
            interface = .sip(name: name)
        } else if let name: String = try row.optional("iax") {
            interface = .iax(name: name)
        } else if let custom: String = try row.optional("custom") {
            interface = .custom(interface: custom, suffix: try row.optional("suffix") ?? "")
        } else {
            return nil
        }
        self.init(interface: interface, callerIDFormat: try row.value("format"))
    }
}
