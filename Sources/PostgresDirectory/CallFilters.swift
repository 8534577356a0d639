import Core
public import Directory
import Postgres

extension PostgresDirectory {
    /// The enabled filter of a boss with its active secretaries; of several filters, that of the lowest id.
    public func callFilter(boss: Int, caller: Int?) async throws -> CallFilter? {
        try await read(Self.filterOfBoss, [boss, caller], Self.callFilter)
    }

    static func callFilter(_ rows: [PostgresRow]) throws -> CallFilter? {
        try rows.first.flatMap { try CallFilter($0, rows) }
    }

    /// One row per active secretary; one without a secretary when there is none.
    static let filterOfBoss = PostgresStatement.read(
        """
        WITH chosen AS (
            SELECT f.id, f.bosssecretary, f.callfrom, f.ringseconds, b.ringseconds AS boss_ringseconds, f.tenant_uuid
            FROM public.callfiltermember b
            JOIN public.callfilter f ON f.id = b.callfilterid AND f.commented = 0
            WHERE b.bstype = 'boss' AND b.type = 'user' AND b.typeval = ($1::bigint)::text
            ORDER BY f.id
            LIMIT 1
        )
        SELECT c.id, c.bosssecretary, c.callfrom, c.ringseconds, c.boss_ringseconds, r.mode, r.callerdisplay,
            u.uuid AS secretary, u.ringseconds AS secretary_ringseconds,
            EXISTS (
                SELECT FROM public.callfiltermember own
                JOIN public.callfiltermember other
                    ON other.callfilterid = own.callfilterid AND other.bstype = 'secretary' AND other.type = 'user'
                WHERE own.bstype = 'boss' AND own.type = 'user' AND own.typeval = ($1::bigint)::text
                    AND other.typeval = ($2::bigint)::text
            ) AS caller_is_secretary
        FROM chosen c
        LEFT JOIN public.callerid r ON r.type = 'callfilter' AND r.typeval = c.id AND r.mode IS NOT NULL
        LEFT JOIN (
            public.callfiltermember m JOIN public.userfeatures u ON m.typeval = u.id::text AND u.commented = 0
        ) ON m.callfilterid = c.id AND m.bstype = 'secretary' AND m.type = 'user' AND m.active <> 0
            AND u.tenant_uuid = c.tenant_uuid
        ORDER BY m.priority, m.id
        """
    )
}

extension CallFilter {
    /// `nil` when the filter has no strategy or no zone.
    fileprivate init?(_ row: PostgresRow, _ rows: [PostgresRow]) throws {
        guard let strategyText: String = try row.optional("bosssecretary"),
            let zoneText: String = try row.optional("callfrom")
        else { return nil }
        guard let strategy = Strategy(rawValue: strategyText), let zone = Zone(rawValue: zoneText) else {
            throw PostgresFailure.unexpected("callfilter is '\(strategyText)' from '\(zoneText)'")
        }
        self.init(
            id: try row.value("id"),
            strategy: strategy,
            zone: zone,
            ringSeconds: try row.value("ringseconds"),
            bossRingSeconds: try row.value("boss_ringseconds"),
            secretaries: try rows.compactMap { row in
                guard let uuid: String = try row.optional("secretary") else { return nil }
                return Secretary(user: UserID(uuid), ringSeconds: try row.value("secretary_ringseconds"))
            },
            isCallerSecretary: try row.value("caller_is_secretary"),
            callerID: try CallerIDRule(row)
        )
    }
}
