public import Directory
import Postgres

extension PostgresDirectory: CallRightDirectory {
    /// The enabled rules of the three levels with their patterns, ordered by level, rule and pattern.
    public func callRightRules(user: Int?, outcall: Int?) async throws -> [CallRightRule] {
        try await read(Self.rulesOfCall, [user, outcall]) { rows in
            try rows.map { row in
                let number: Int = try row.value("level")
                guard let level = CallRightRule.Level(rawValue: number) else {
                    throw PostgresFailure.unexpected("level \(number)")
                }
                let password = try row.text("passwd")
                let code = try row.text("code")
                return CallRightRule(
                    level: level,
                    authorizes: try row.value("authorization", as: Int.self) == 1,
                    password: password.map { code ?? $0 },
                    pattern: try row.value("exten")
                )
            }
        }
    }

    private static let rulesOfCall = PostgresStatement.read(
        """
        WITH caller AS (
            SELECT id, tenant_uuid, rightcallcode FROM public.userfeatures WHERE id = $1::bigint AND commented = 0
        ), concerned AS (
            SELECT 1 AS level, 'user' AS type, c.id::text AS typeval, c.tenant_uuid, c.rightcallcode AS code
            FROM caller c
            UNION
            SELECT 2, 'group', g.id::text, c.tenant_uuid, NULL
            FROM caller c
            JOIN public.queuemember m ON m.userid = c.id AND m.usertype = 'user' AND m.category = 'group'
                AND m.commented = 0
            JOIN public.queue q ON q.name = m.queue_name AND q.category = 'group' AND q.commented = 0
            JOIN public.groupfeatures g ON g.name = q.name AND g.tenant_uuid = c.tenant_uuid
            UNION
            SELECT 3, 'outcall', o.id::text, o.tenant_uuid, NULL
            FROM public.outcall o
            WHERE o.id = $2::bigint
        )
        SELECT k.level, k.code, r.passwd, r."authorization", x.exten
        FROM concerned k
        JOIN public.rightcallmember m ON m.type = k.type AND m.typeval = k.typeval
        JOIN public.rightcall r ON r.id = m.rightcallid AND r.commented = 0 AND r.tenant_uuid = k.tenant_uuid
        JOIN public.rightcallexten x ON x.rightcallid = r.id
        ORDER BY k.level, r.id, x.id
        """
    )
}
