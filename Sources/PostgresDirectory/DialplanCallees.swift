public import Core
public import Directory
import Logging
import Postgres

extension PostgresDirectory {
    /// An extension with its enabled lines; without an id the main one of the user's main line.
    public func calleeExtension(of user: Int, id: Int?) async throws -> CalleeExtension? {
        try await read(Self.calleeLines, [user, id]) { rows in try calleeExtension(rows) }
    }

    func calleeExtension(_ rows: [PostgresRow]) throws -> CalleeExtension? {
        try rows.first.map { row in
            CalleeExtension(
                exten: try row.value("exten"),
                context: try row.value("extension_context"),
                endpoints: try rows.compactMap { try LineRecord($0).flatMap(dialled) }
            )
        }
    }

    /// A line without endpoint cannot ring (contract 41 §7 row 22).
    private func dialled(_ line: LineRecord) -> LineRecord.Endpoint? {
        if line.endpoint == nil {
            logger.warning("line without endpoint is not rung", metadata: ["line": "\(line.id)"])
        }
        return line.endpoint
    }

    /// Every destination of an object at once, by event.
    public func dialActions(category: String, object: String) async throws -> [String: DialAction] {
        try await read(Self.dialActionsOfObject, [category, object], Self.dialActions)
    }

    static func dialActions(_ rows: [PostgresRow]) throws -> [String: DialAction] {
        var actions: [String: DialAction] = [:]
        for row in rows {
            actions[try row.value("event")] = try DialAction(row, "action", "actionarg1", "actionarg2")
        }
        return actions
    }

    /// One row per line; one without a line when the extension has none. SIP lines and custom ones are dialled by their own
    /// names (contract 41 `incoming_user_set_features` step 6).
    static let calleeLines = PostgresStatement.read(
        """
        WITH main AS (
            SELECT line_id FROM public.user_line WHERE user_id = $1::bigint AND main_line ORDER BY line_id LIMIT 1
        ), called AS (
            SELECT e.id, e.exten, e.context FROM public.extensions e
            WHERE e.id = coalesce($2::bigint, (
                SELECT le.extension_id FROM public.line_extension le JOIN main m ON m.line_id = le.line_id
                ORDER BY le.main_extension DESC, le.extension_id LIMIT 1
            )) AND EXISTS (SELECT FROM main)
        )
        SELECT called.exten, called.context AS extension_context, l.id AS line, l.context,
            lc.tenant_uuid AS line_tenant, \(dialledSIP),
            CASE WHEN sccp.id IS NOT NULL THEN l.name END AS sccp,
            CASE WHEN custom.id IS NOT NULL THEN coalesce(l.name, custom.interface) END AS custom
        FROM called
        LEFT JOIN (
            public.line_extension le JOIN public.linefeatures l ON l.id = le.line_id AND l.commented = 0
        ) ON le.extension_id = called.id
        \(lineJoins)
        ORDER BY l.id
        """
    )

    /// A category that is not in the enumeration is looked up in it, so that it finds nothing instead of failing.
    static let dialActionsOfObject = PostgresStatement.read(
        """
        SELECT d.event, d.action, d.actionarg1, d.actionarg2
        FROM public.dialaction d
        WHERE d.categoryval = $2 AND d.category = (
            SELECT known FROM unnest(enum_range(NULL::public.dialaction_category)) AS known WHERE known::text = $1
        )
        ORDER BY d.event
        """
    )
}

extension PostgresDirectory: OutgoingNumberDirectory, BlocklistDirectory {
    /// The tenant's main number, those of incoming calls that ring the user, and the shared ones: what confd
    /// answers, read from its tables.
    public func outgoingNumbers(of user: UserID, tenant: TenantID) async throws -> [OutgoingNumber] {
        try await read(Self.outgoingNumbersOfUser, [user.rawValue, tenant.rawValue]) { rows in
            try rows.compactMap { row in
                guard let kind = OutgoingNumber.Kind(rawValue: try row.value("kind")) else { return nil }
                return OutgoingNumber(kind: kind, number: try row.value("number"))
            }
        }
    }

    /// The uuid of a number that the user blocked, in his tenant.
    public func blockedNumber(_ number: String, user: UserID, tenant: TenantID) async throws -> String? {
        try await read(Self.blockedNumberOfUser, [number, user.rawValue, tenant.rawValue]) { rows in
            try rows.first?.value("uuid")
        }
    }

    /// The incoming call is found by number, not by text: comparing `id::text` read all of them, 5 ms where there
    /// are 50,000. A text that is no id finds none.
    private static let outgoingNumbersOfUser = PostgresStatement.read(
        """
        SELECT kind, number FROM (
            SELECT 1 AS place, 'main' AS kind, p.number, p.uuid::text AS tie
            FROM public.phone_number p WHERE p.tenant_uuid = $2 AND p.main
            UNION ALL
            SELECT 2, 'associated', e.exten, lpad(e.id::text, 12, '0')
            FROM public.userfeatures u
            JOIN public.dialaction d ON d.action = 'user' AND d.actionarg1 = u.id::text
                AND d.category = 'incall' AND d.event = 'answer'
            JOIN public.incall i ON i.commented = 0 AND i.tenant_uuid = $2
                AND i.id = CASE WHEN d.categoryval ~ '^[1-9][0-9]{0,17}$' THEN d.categoryval::bigint END
            JOIN public.extensions e ON e.type = 'incall' AND e.typeval = d.categoryval AND e.commented = 0
            WHERE u.uuid = $1 AND u.tenant_uuid = $2
            UNION ALL
            SELECT 3, 'shared', p.number, p.number
            FROM public.phone_number p WHERE p.tenant_uuid = $2 AND p.shared AND NOT p.main
        ) AS numbers
        ORDER BY place, tie
        """
    )

    private static let blockedNumberOfUser = PostgresStatement.read(
        """
        SELECT n.uuid
        FROM public.blocklist_user b
        JOIN public.userfeatures u ON u.uuid = b.user_uuid AND u.tenant_uuid = $3
        JOIN public.blocklist_number n ON n.blocklist_uuid = b.blocklist_uuid AND n.number = $1
        WHERE b.user_uuid = $2
        ORDER BY n.uuid
        LIMIT 1
        """
    )
}
