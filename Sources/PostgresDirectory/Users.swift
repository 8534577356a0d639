public import Core
public import Directory
import Postgres

extension PostgresDirectory {
    /// A user, also one who is disabled, with his enabled lines, the main line first.
    public func user(_ id: UserID, tenant: TenantID?) async throws -> UserRecord? {
        try await read(Self.userByID, [id.rawValue, scope(tenant)]) { rows in
            try rows.first.map { user in
                let names: [String] = [try user.value("firstname"), try user.value("lastname")]
                let mobile: String = try user.value("mobilephonenumber")
                return UserRecord(
                    id: UserID(try user.value("uuid")),
                    tenant: TenantID(try user.value("tenant_uuid")),
                    name: names.filter { !$0.isEmpty }.joined(separator: " "),
                    lines: try rows.compactMap(LineRecord.init),
                    mobileNumber: mobile.isEmpty ? nil : mobile,
                    isMobileFallbackEnabled: try user.optional("mobile_fallback") ?? false
                )
            }
        }
    }

    /// One row per line; one without a line when the user has none. The column of the mobile fallback is recent
    /// and may be missing (contract 43 §0): named through JSON it is null then.
    private static let userByID = PostgresStatement.read(
        """
        SELECT u.uuid, u.tenant_uuid, u.firstname, u.lastname, u.mobilephonenumber,
            (to_jsonb(u) ->> 'mobile_fallback_enabled')::boolean AS mobile_fallback,
            \(lineColumns)
        FROM public.userfeatures u
        LEFT JOIN (
            public.user_line ul JOIN public.linefeatures l ON l.id = ul.line_id AND l.commented = 0
        ) ON ul.user_id = u.id
        \(lineJoins)
        WHERE u.uuid = $1 AND ($2::text IS NULL OR u.tenant_uuid = $2::text)
        ORDER BY ul.main_line DESC, l.id
        """
    )
}
