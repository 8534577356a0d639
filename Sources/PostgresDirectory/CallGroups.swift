import Core
public import Directory
import Postgres

extension PostgresDirectory: CallGroupDirectory {
    /// An enabled group with its queue, number and caller-id rule.
    public func callGroup(_ id: Int) async throws -> CallGroup? {
        try await read(Self.groupOfID, [id]) { rows in try rows.first.map(CallGroup.init) }
    }

    /// The members of a group by position; a disabled one calls nobody.
    public func callGroupMembers(_ id: Int) async throws -> CallGroupMembers? {
        try await read(Self.membersOfGroup, [id]) { rows in
            try rows.first.map { row in
                CallGroupMembers(
                    tenant: TenantID(try row.value("tenant_uuid")),
                    ringsInUse: try row.flag("ringinuse"),
                    members: try rows.compactMap(CallGroupMembers.Member.init)
                )
            }
        }
    }

    /// The column of the record toggle is recent and may be missing (contract 43 §0): named through JSON it is null
    /// then.
    private static let groupOfID = PostgresStatement.read(
        """
        SELECT g.id, g.tenant_uuid, g.name, g.label, g.transfer_user, g.transfer_call, g.write_caller, g.write_calling,
            g.ignore_forward, g.mark_answered_elsewhere, g.timeout, g.preprocess_subroutine,
            (to_jsonb(g) ->> 'dtmf_record_toggle')::boolean AS record_toggle,
            q.musicclass, q.strategy, q.maxlen, q.timeout AS member_timeout, q.retry, e.exten, e.context,
            c.mode, c.callerdisplay
        FROM public.groupfeatures g
        JOIN public.queue q ON q.name = g.name AND q.category = 'group' AND q.commented = 0
        LEFT JOIN public.extensions e ON e.type = 'group' AND e.typeval = g.id::text AND e.commented = 0
        LEFT JOIN public.callerid c ON c.type = 'group' AND c.typeval = g.id AND c.mode IS NOT NULL
        WHERE g.id = $1::bigint
        ORDER BY e.id
        LIMIT 1
        """
    )

    /// One row per member; one without a member when there is none. A member is a user's when it names one
    /// (contract 41 §7 row 11), whatever its interface.
    private static let membersOfGroup = PostgresStatement.read(
        """
        SELECT g.tenant_uuid, coalesce(q.ringinuse, 0) AS ringinuse, m.userid, m.interface, u.uuid, u.enablednd
        FROM public.groupfeatures g
        LEFT JOIN public.queue q ON q.name = g.name AND q.category = 'group' AND q.commented = 0
        LEFT JOIN public.queuemember m
            ON m.queue_name = q.name AND m.category = 'group' AND m.usertype = 'user' AND m.commented = 0
        LEFT JOIN public.userfeatures u ON u.id = m.userid AND u.commented = 0 AND u.tenant_uuid = g.tenant_uuid
        WHERE g.id = $1::bigint
        ORDER BY m.position, m.interface
        """
    )
}

extension CallGroup {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.value("id"),
            tenant: TenantID(try row.value("tenant_uuid")),
            name: try row.value("name"),
            label: try row.value("label")
        )
        exten = try row.optional("exten")
        context = try row.optional("context")
        options = try QueueCallOptions(row)
        music = try row.text("musicclass")
        strategy = try row.optional("strategy")
        maximumCalls = try row.optional("maxlen")
        timeout = try row.optional("timeout")
        memberTimeout = try row.optional("member_timeout")
        retryDelay = try row.optional("retry")
        preprocessSubroutine = try row.optional("preprocess_subroutine")
        isRecordToggleEnabled = try row.optional("record_toggle") ?? false
        callerID = try CallerIDRule(row)
    }
}

extension CallGroupMembers.Member {
    /// `nil` for a row without a member, a user that is not there or is disabled, and an interface of another kind.
    fileprivate init?(_ row: PostgresRow) throws {
        guard let user: Int = try row.optional("userid") else { return nil }
        if user != 0 {
            guard let uuid: String = try row.optional("uuid") else { return nil }
            self = .user(UserID(uuid), isDoNotDisturbEnabled: try row.flag("enablednd"))
            return
        }
        let interface: String = try row.value("interface")
        guard let place = interface.suffix(after: "Local/") else { return nil }
        self = .number(place)
    }
}

extension QueueCallOptions {
    /// The columns that `groupfeatures` and `queuefeatures` have in common.
    init(_ row: PostgresRow) throws {
        self.init()
        calleeMayTransfer = try row.flag("transfer_user")
        callerMayTransfer = try row.flag("transfer_call")
        calleeMayRecord = try row.flag("write_caller")
        callerMayRecord = try row.flag("write_calling")
        ignoresForwards = try row.flag("ignore_forward")
        marksAnsweredElsewhere = try row.flag("mark_answered_elsewhere")
    }
}
