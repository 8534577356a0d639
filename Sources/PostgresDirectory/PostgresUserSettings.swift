import Core
public import Directory
public import Postgres

/// Users' switches, forwards and services in the tables of confd (contract 43 §0): the switches on every site, the
/// others where there is no confd.
public struct PostgresUserSettings: UserSettingStoring, UserSwitchStoring {
    private let pool: PostgresPool

    /// - Parameter pool: May write the columns of `sql/standalone`'s grants.
    public init(pool: PostgresPool) { self.pool = pool }

    /// The three forwards.
    public func forwards(of user: Int) async throws -> [ForwardKind: ForwardSetting] {
        let row = try await row(Self.forwardsOfUser, [user])
        func setting(_ flag: String, _ destination: String) throws -> ForwardSetting {
            ForwardSetting(isEnabled: try row.flag(flag), destination: try row.value(destination))
        }
        return try Self.translated {
            [
                .busy: try setting("enablebusy", "destbusy"), .noAnswer: try setting("enablerna", "destrna"),
                .unconditional: try setting("enableunc", "destunc"),
            ]
        }
    }

    /// Changes one forward.
    public func setForward(_ kind: ForwardKind, to setting: ForwardSetting, of user: Int) async throws {
        let statement =
            switch kind {
            case .busy: Self.setBusy
            case .noAnswer: Self.setNoAnswer
            case .unconditional: Self.setUnconditional
            }
        _ = try await row(statement, [user, setting.isEnabled ? 1 : 0, setting.destination])
    }

    /// Switches the three forwards off.
    public func disableForwards(of user: Int) async throws { _ = try await row(Self.clearForwards, [user]) }

    /// Whether a service is on.
    public func isEnabled(_ service: UserService, of user: Int) async throws -> Bool {
        let row = try await row(Self.servicesOfUser, [user])
        return try Self.translated { try row.flag(service == .doNotDisturb ? "enablednd" : "incallfilter") }
    }

    /// Switches a service.
    public func setService(_ service: UserService, isEnabled: Bool, of user: Int) async throws {
        let statement = service == .doNotDisturb ? Self.setDoNotDisturb : Self.setScreening
        _ = try await row(statement, [user, isEnabled ? 1 : 0])
    }

    /// All four flags together.
    public func toggleRecording(of user: Int) async throws -> Bool? { try await state(Self.switchRecording, [user]) }

    /// The password of a user's box, even a disabled one.
    public func voicemailPassword(of user: Int) async throws -> String? {
        try await first(Self.boxOfUser, [user]) { try $0.optional("password") ?? "" }
    }

    /// Whether the box is in use.
    public func toggleVoicemail(of user: Int) async throws -> Bool? { try await state(Self.switchVoicemail, [user]) }

    /// Whether the member is active.
    public func toggleCallFilter(member: Int, by user: Int) async throws -> Bool? {
        try await state(Self.switchFilterMember, [member, user])
    }

    // MARK: Statements

    private static let forwardsOfUser = PostgresStatement.read(
        """
        SELECT enableunc, destunc, enablerna, destrna, enablebusy, destbusy
        FROM public.userfeatures WHERE id = $1::bigint
        """
    )

    private static let setBusy = PostgresStatement.write(
        """
        UPDATE public.userfeatures SET enablebusy = $2::integer, destbusy = coalesce($3, destbusy)
        WHERE id = $1::bigint RETURNING id
        """
    )

    private static let setNoAnswer = PostgresStatement.write(
        """
        UPDATE public.userfeatures SET enablerna = $2::integer, destrna = coalesce($3, destrna)
        WHERE id = $1::bigint RETURNING id
        """
    )

    private static let setUnconditional = PostgresStatement.write(
        """
        UPDATE public.userfeatures SET enableunc = $2::integer, destunc = coalesce($3, destunc)
        WHERE id = $1::bigint RETURNING id
        """
    )

    private static let clearForwards = PostgresStatement.write(
        """
        UPDATE public.userfeatures SET enableunc = 0, enablerna = 0, enablebusy = 0
        WHERE id = $1::bigint RETURNING id
        """
    )

    private static let servicesOfUser = PostgresStatement.read(
        "SELECT enablednd, incallfilter FROM public.userfeatures WHERE id = $1::bigint"
    )

    private static let setDoNotDisturb = PostgresStatement.write(
        "UPDATE public.userfeatures SET enablednd = $2::integer WHERE id = $1::bigint RETURNING id"
    )

    private static let setScreening = PostgresStatement.write(
        "UPDATE public.userfeatures SET incallfilter = $2::integer WHERE id = $1::bigint RETURNING id"
    )

    private static let switchRecording = PostgresStatement.write(
        """
        UPDATE public.userfeatures SET (
            call_record_outgoing_external_enabled, call_record_outgoing_internal_enabled,
            call_record_incoming_external_enabled, call_record_incoming_internal_enabled
        ) = (
            SELECT wanted, wanted, wanted, wanted FROM (
                SELECT NOT (call_record_outgoing_external_enabled AND call_record_outgoing_internal_enabled
                    AND call_record_incoming_external_enabled AND call_record_incoming_internal_enabled) AS wanted
            ) AS toggled
        )
        WHERE id = $1::bigint AND commented = 0
        RETURNING call_record_incoming_internal_enabled AS state
        """
    )

    private static let boxOfUser = PostgresStatement.read(
        """
        SELECT v.password FROM public.userfeatures u JOIN public.voicemail v ON v.uniqueid = u.voicemailid
        WHERE u.id = $1::bigint
        """
    )

    private static let switchVoicemail = PostgresStatement.write(
        """
        UPDATE public.userfeatures SET enablevoicemail = CASE WHEN enablevoicemail = 0 THEN 1 ELSE 0 END
        WHERE id = $1::bigint AND voicemailid IS NOT NULL
        RETURNING enablevoicemail <> 0 AS state
        """
    )

    private static let switchFilterMember = PostgresStatement.write(
        """
        UPDATE public.callfiltermember SET active = CASE WHEN active = 0 THEN 1 ELSE 0 END
        WHERE id = $1::bigint AND callfilterid IN (
            SELECT own.callfilterid FROM public.callfiltermember own
            WHERE own.type = 'user' AND own.typeval = ($2::bigint)::text
        )
        RETURNING active <> 0 AS state
        """
    )

    // MARK: Reading

    private func state(_ statement: PostgresStatement, _ parameters: [(any PostgresText)?]) async throws -> Bool? {
        try await first(statement, parameters) { try $0.value("state") }
    }

    /// The row of a user.
    private func row(_ statement: PostgresStatement, _ parameters: [(any PostgresText)?]) async throws -> PostgresRow {
        guard let row = try await first(statement, parameters, { $0 }) else {
            // no_data_found
            throw DatabaseFailure.refused(sqlState: "P0002", message: "no such user")
        }
        return row
    }

    private func first<Value>(
        _ statement: PostgresStatement,
        _ parameters: [(any PostgresText)?],
        _ make: (PostgresRow) throws -> Value
    ) async throws -> Value? {
        do {
            return try (try await pool.query(statement, parameters)).first.map(make)
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }

    private static func translated<Value>(_ make: () throws -> Value) throws -> Value {
        do { return try make() } catch let failure as PostgresFailure { throw DatabaseFailure(failure) }
    }
}
