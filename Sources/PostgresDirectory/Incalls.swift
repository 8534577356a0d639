import Core
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
