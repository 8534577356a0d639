public import Core
public import Directory
import Postgres

extension PostgresDirectory: CallQueueDirectory {
    /// An enabled queue with its pickups and caller-id rule.
    public func callQueue(_ id: Int) async throws -> CallQueue? {
        try await read(Self.queueOfID, [id]) { rows in try rows.first.map(CallQueue.init) }
    }

    /// Tenant of a skill rule.
    public func tenant(ofSkillRule id: Int) async throws -> TenantID? {
        try await read(Self.skillRuleOfID, [id]) { rows in try rows.first.map { TenantID(try $0.value("tenant_uuid")) }
        }
    }

    /// The column of the record toggle is recent and may be missing (contract 43 §0): named through JSON it is null
    /// then.
    private static let queueOfID = PostgresStatement.read(
        """
        SELECT f.id, f.tenant_uuid, f.name, f.number, f.context, f.data_quality, f.hitting_callee, f.hitting_caller,
            f.retries, f.ring, f.transfer_user, f.transfer_call, f.write_caller, f.write_calling, f.ignore_forward,
            f.mark_answered_elsewhere, f.url, f.announceoverride, f.timeout, f.preprocess_subroutine,
            f.announce_holdtime, f.waittime, f.waitratio,
            (to_jsonb(f) ->> 'dtmf_record_toggle')::boolean AS record_toggle,
            q.musicclass, q.wrapuptime, c.mode, c.callerdisplay, (
                SELECT string_agg(p.id::text, ',' ORDER BY p.id)
                FROM public.pickupmember m
                JOIN public.pickup p ON p.id = m.pickupid AND p.commented = 0 AND p.tenant_uuid = f.tenant_uuid
                WHERE m.category = 'member' AND m.membertype = 'queue' AND m.memberid = f.id
            ) AS pickups
        FROM public.queuefeatures f
        JOIN public.queue q ON q.name = f.name AND q.category = 'queue' AND q.commented = 0
        LEFT JOIN public.callerid c ON c.type = 'queue' AND c.typeval = f.id AND c.mode IS NOT NULL
        WHERE f.id = $1::bigint
        """
    )

    private static let skillRuleOfID = PostgresStatement.read(
        "SELECT r.tenant_uuid FROM public.queueskillrule r WHERE r.id = $1::bigint"
    )
}

extension CallQueue {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.value("id"),
            tenant: TenantID(try row.value("tenant_uuid")),
            name: try row.value("name")
        )
        number = try row.optional("number")
        context = try row.optional("context")
        options = try QueueCallOptions(row)
        isData = try row.flag("data_quality")
        calleeMayHangUp = try row.flag("hitting_callee")
        callerMayHangUp = try row.flag("hitting_caller")
        hasNoRetries = try row.flag("retries")
        ringsCaller = try row.flag("ring")
        url = try row.value("url")
        announceOverride = try row.value("announceoverride")
        music = try row.text("musicclass")
        wrapUpSeconds = try row.optional("wrapuptime") ?? 0
        isRecordToggleEnabled = try row.optional("record_toggle") ?? false
        preprocessSubroutine = try row.optional("preprocess_subroutine")
        timeout = try row.optional("timeout")
        announcesHoldTime = try row.flag("announce_holdtime")
        divertingHoldTime = try row.optional("waittime")
        divertingRatio = try row.optional("waitratio")
        pickups = (try row.optional("pickups", as: String.self) ?? "").parts(separatedBy: ",").compactMap { Int($0) }
        callerID = try CallerIDRule(row)
    }
}
