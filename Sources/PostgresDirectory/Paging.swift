public import Core
public import Directory
import Postgres

extension PostgresDirectory: PagingDirectory {
    /// An enabled group with the lines of its users.
    public func paging(number: String, caller: Int, tenant: TenantID?) async throws -> PagingRecord? {
        try await read(Self.pagingByNumber, [number, caller, tenant?.rawValue]) { rows in
            try rows.first.map { row in
                PagingRecord(
                    tenant: TenantID(try row.value("tenant_uuid")),
                    timeout: try row.value("timeout"),
                    options: try PagingRecord.Options(row),
                    isCallerAllowed: try row.value("is_caller_allowed"),
                    endpoints: try rows.compactMap { try LineRecord($0)?.endpoint }
                )
            }
        }
    }

    /// One row per line; one without a line when there is none.
    private static let pagingByNumber = PostgresStatement.read(
        """
        SELECT p.tenant_uuid, p.timeout, p.duplex, p.quiet, p.record, p.ignore, p.announcement_play,
            p.announcement_file, p.announcement_caller,
            EXISTS (
                SELECT FROM public.paginguser c
                WHERE c.pagingid = p.id AND c.userfeaturesid = $2::bigint AND c.caller <> 0
            ) AS is_caller_allowed, \(dialledLineColumns)
        FROM public.paging p
        LEFT JOIN (
            public.paginguser m
            JOIN public.userfeatures u ON u.id = m.userfeaturesid AND u.commented = 0
            JOIN public.user_line ul ON ul.user_id = u.id
            JOIN public.linefeatures l ON l.id = ul.line_id AND l.commented = 0
        ) ON m.pagingid = p.id AND m.caller = 0
        \(lineJoins)
        WHERE p.number = $1 AND p.commented = 0 AND ($3::text IS NULL OR p.tenant_uuid = $3::text)
        ORDER BY l.id, u.id
        """
    )
}

extension PagingRecord.Options {
    fileprivate init(_ row: PostgresRow) throws {
        self.init()
        isDuplex = try row.flag("duplex")
        isQuiet = try row.flag("quiet")
        isRecorded = try row.flag("record")
        ignoresForwards = try row.flag("ignore")
        isCallerSparedAnnouncement = try row.flag("announcement_caller")
        if try row.flag("announcement_play"), let file: String = try row.optional("announcement_file"),
            !file.isEmpty
        {
            announcement = file
        }
    }
}
