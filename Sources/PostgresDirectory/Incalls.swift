public import Core
public import Directory
import Postgres

extension PostgresDirectory {
    /// An enabled incall with its enabled extension; of several extensions, that of the lowest id.
    public func incall(_ id: Int) async throws -> IncallRecord? {
        try await read(Self.incallByID, [id]) { rows in try rows.first.map(IncallRecord.init) }
    }

    private static let incallByID = PostgresStatement.read(
        """
        SELECT i.id, i.tenant_uuid, e.exten, e.context, i.preprocess_subroutine, i.greeting_sound,
            d.action, d.actionarg1, d.actionarg2, c.mode, c.callerdisplay
        FROM public.incall i
        JOIN public.extensions e ON e.type = 'incall' AND e.typeval = i.id::text AND e.commented = 0
        LEFT JOIN public.dialaction d
            ON d.event = 'answer' AND d.category = 'incall' AND d.categoryval = i.id::text
        LEFT JOIN public.callerid c ON c.type = 'incall' AND c.typeval = i.id AND c.mode IS NOT NULL
        WHERE i.id = $1::bigint AND i.commented = 0
        ORDER BY e.id
        LIMIT 1
        """
    )
}

extension PostgresDirectory: IncallCalleeDirectory {
    /// The main user of his main line; the row of the lowest event's name counts.
    public func incallCallee(of incall: Int, tenant: TenantID) async throws -> IncallCallee {
        try await read(Self.calleeOfIncall, [incall, tenant.rawValue]) { rows in
            IncallCallee(
                user: try rows.first?.optional("uuid").map { UserID($0) },
                country: try rows.first?.optional("country").flatMap { $0.isEmpty ? nil : $0 }
            )
        }
    }

    /// One row where there is such a tenant. An argument that is no id is compared with none.
    private static let calleeOfIncall = PostgresStatement.read(
        """
        SELECT t.country, called.uuid
        FROM public.tenant t
        LEFT JOIN (
            public.incall i
            JOIN public.dialaction d
                ON d.category = 'incall' AND d.categoryval = i.id::text AND d.action = 'user'
            JOIN public.userfeatures called
                ON called.id = CASE WHEN d.actionarg1 ~ '^[0-9]{1,9}$' THEN d.actionarg1::integer END
                AND called.commented = 0
            JOIN public.user_line ul ON ul.user_id = called.id AND ul.main_line AND ul.main_user
        ) ON i.id = $1::bigint AND i.commented = 0 AND i.tenant_uuid = t.uuid
        WHERE t.uuid = $2
        ORDER BY d.event, called.id
        LIMIT 1
        """
    )
}

extension IncallRecord {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.value("id"),
            tenant: TenantID(try row.value("tenant_uuid")),
            exten: try row.value("exten"),
            context: try row.value("context"),
            preprocessSubroutine: try row.optional("preprocess_subroutine"),
            greetingSound: try row.optional("greeting_sound"),
            answer: try DialAction(row, "action", "actionarg1", "actionarg2"),
            callerID: try CallerIDRule(row)
        )
    }
}

extension CallerIDRule {
    /// `nil` when the row's mode is null.
    init?(_ row: PostgresRow) throws {
        guard let text: String = try row.optional("mode") else { return nil }
        guard let mode = Mode(rawValue: text) else {
            throw PostgresFailure.unexpected("callerid.mode is '\(text)'")
        }
        self.init(mode: mode, display: try row.value("callerdisplay"))
    }
}
