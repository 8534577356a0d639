public import Core
public import Directory
import Postgres

extension PostgresDirectory {
    /// A switchboard by uuid, in the scope of a tenant.
    public func switchboard(_ id: String, tenant: TenantID?) async throws -> SwitchboardRecord? {
        try await read(Self.switchboardByID, [id, scope(tenant)]) { rows in
            try rows.first.map(SwitchboardRecord.init)
        }
    }

    /// All switchboards of all tenants, ordered by uuid.
    public func switchboards() async throws -> [SwitchboardRecord] {
        try await read(Self.allSwitchboards, []) { rows in try rows.map(SwitchboardRecord.init) }
    }

    /// Timeout and no-answer destination (contract 41 `switchboard_set_features`).
    public func switchboardFeatures(_ id: String) async throws -> SwitchboardFeatures? {
        try await read(Self.featuresByID, [id]) { rows in
            try rows.first.map { row in
                SwitchboardFeatures(
                    timeout: try row.optional("timeout"),
                    noAnswer: try DialAction(row, "action", "actionarg1", "actionarg2"),
                    tenant: TenantID(try row.value("tenant_uuid"))
                )
            }
        }
    }

    private static let columns =
        """
        SELECT s.uuid, s.tenant_uuid, s.name, q.name AS queue_music, h.name AS hold_music, s.timeout
        FROM public.switchboard s
        LEFT JOIN public.moh q ON q.uuid = s.queue_moh_uuid
        LEFT JOIN public.moh h ON h.uuid = s.hold_moh_uuid

        """

    private static let switchboardByID = PostgresStatement.read(
        columns + "WHERE s.uuid = $1 AND ($2::text IS NULL OR s.tenant_uuid = $2::text)"
    )

    private static let allSwitchboards = PostgresStatement.read(columns + "ORDER BY s.uuid")

    private static let featuresByID = PostgresStatement.read(
        """
        SELECT s.tenant_uuid, s.timeout, d.action, d.actionarg1, d.actionarg2
        FROM public.switchboard s
        LEFT JOIN public.dialaction d
            ON d.event = 'noanswer' AND d.category = 'switchboard' AND d.categoryval = s.uuid
        WHERE s.uuid = $1
        """
    )
}

extension SwitchboardRecord {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.value("uuid"),
            tenant: TenantID(try row.value("tenant_uuid")),
            name: try row.value("name"),
            queueMusic: try row.optional("queue_music"),
            waitingRoomMusic: try row.optional("hold_music"),
            timeout: try row.optional("timeout")
        )
    }
}

extension DialAction {
    /// A destination from three columns; `nil` when the action's is null.
    init?(_ row: PostgresRow, _ action: String, _ argument1: String, _ argument2: String) throws {
        guard let action: String = try row.optional(action) else { return nil }
        self.init(
            action: action,
            argument1: try row.optional(argument1),
            argument2: try row.optional(argument2)
        )
    }
}
