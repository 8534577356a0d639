public import Directory
import Postgres

extension PostgresDirectory: DialplanVoicemailDirectory {
    /// Contexts that lie deeper below the caller's are not searched. Contexts that include each other in a circle
    /// are found once per depth, and so end here.
    private static let deepestInclude = 16

    /// An enabled box by id.
    public func dialplanVoicemail(_ id: Int) async throws -> DialplanVoicemail? { try await box(Self.boxByID, [id]) }

    /// The enabled box of a number as seen from a context.
    public func dialplanVoicemail(number: String, context: String) async throws -> DialplanVoicemail? {
        try await box(Self.boxInContext, [number, context, Self.deepestInclude])
    }

    /// The enabled box that a user uses.
    public func dialplanVoicemail(of user: Int) async throws -> DialplanVoicemail? {
        try await box(Self.boxInUse, [user])
    }

    /// The enabled box that the user of an extension uses; of several users, that of the lowest id.
    public func dialplanVoicemail(ofExtension exten: String, context: String) async throws -> DialplanVoicemail? {
        try await box(Self.boxOfExtension, [exten, context])
    }

    private func box(
        _ statement: PostgresStatement,
        _ parameters: [(any PostgresText)?]
    ) async throws -> DialplanVoicemail? {
        try await read(statement, parameters) { rows in
            // The row of an owner without a box has no number.
            guard let row = rows.first, let number: String = try row.optional("mailbox") else { return nil }
            return DialplanVoicemail(
                number: number,
                context: try row.value("context"),
                language: try row.optional("language").flatMap { $0.isEmpty ? nil : $0 },
                password: try row.optional("password") ?? "",
                isPasswordSkipped: try row.flag("skipcheckpass")
            )
        }
    }

    private static let boxColumns = "SELECT v.mailbox, v.context, v.language, v.password, v.skipcheckpass"

    private static let boxByID = PostgresStatement.read(
        "\(boxColumns) FROM public.voicemail v WHERE v.uniqueid = $1::bigint AND v.commented = 0"
    )

    private static let boxInContext = PostgresStatement.read(
        """
        WITH RECURSIVE reachable (name, depth, priority) AS (
            SELECT k.name::text, 0, 0 FROM public.context k WHERE k.name = $2 AND k.commented = 0
            UNION
            SELECT k.name::text, r.depth + 1, i.priority
            FROM reachable r
            JOIN public.contextinclude i ON i.context = r.name
            JOIN public.context k ON k.name = i.include AND k.commented = 0
            WHERE r.depth < $3::integer
        )
        \(boxColumns)
        FROM public.voicemail v JOIN reachable r ON r.name = v.context
        WHERE v.mailbox = $1 AND v.commented = 0
        ORDER BY r.depth, r.priority, r.name
        LIMIT 1
        """
    )

    private static let usedBox =
        "public.voicemail v ON v.uniqueid = u.voicemailid AND u.enablevoicemail <> 0 AND v.commented = 0"

    private static let boxInUse = PostgresStatement.read(
        """
        \(boxColumns) FROM public.userfeatures u JOIN \(usedBox)
        WHERE u.id = $1::bigint AND u.commented = 0
        """
    )

    /// The first user counts, whether he has a box or not: another's box is not his.
    private static let boxOfExtension = PostgresStatement.read(
        """
        \(boxColumns)
        FROM public.extensions e
        JOIN public.line_extension le ON le.extension_id = e.id
        JOIN public.user_line ul ON ul.line_id = le.line_id AND ul.main_line
        JOIN public.userfeatures u ON u.id = ul.user_id AND u.commented = 0
        LEFT JOIN \(usedBox)
        WHERE e.exten = $1 AND e.context = $2 AND e.commented = 0
        ORDER BY u.id
        LIMIT 1
        """
    )
}
