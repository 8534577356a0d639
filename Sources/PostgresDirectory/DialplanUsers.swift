public import Core
public import Directory
import Postgres

extension PostgresDirectory: DialplanUserDirectory {
    /// An enabled user by integer id.
    public func dialplanUser(_ id: Int) async throws -> DialplanUser? {
        try await read(Self.dialplanUserByID, [id]) { rows in try rows.first.map(DialplanUser.init) }
    }

    /// Both enabled users of a call, read at once.
    public func callParties(
        caller: Int?,
        callee: Int?
    ) async throws -> (caller: DialplanUser?, callee: DialplanUser?) {
        if caller == nil && callee == nil { return (nil, nil) }
        return try await read(Self.dialplanUsersByID, [caller, callee]) { rows in
            try Self.parties(caller, callee, rows)
        }
    }

    static func parties(
        _ caller: Int?,
        _ callee: Int?,
        _ rows: [PostgresRow]
    ) throws -> (caller: DialplanUser?, callee: DialplanUser?) {
        let users = try rows.map(DialplanUser.init)
        return (users.first { $0.id == caller }, users.first { $0.id == callee })
    }

    /// All that a call to a user needs: four statements, one hand-over to a connection's thread.
    public func userCall(_ question: UserCallQuestion) async throws -> UserCallRecords {
        let (caller, callee) = (question.caller, question.callee)
        do {
            let answers = try await pool.queries([
                PostgresQuestion(Self.dialplanUsersByID, [caller, callee]),
                PostgresQuestion(Self.calleeLines, [callee, question.extensionID]),
                PostgresQuestion(Self.dialActionsOfObject, ["user", String(callee)]),
                PostgresQuestion(Self.filterOfBoss, [callee, caller]),
            ]).map(Array.init)
            let parties = try Self.parties(caller, callee, answers[0])
            return UserCallRecords(
                caller: parties.caller,
                callee: parties.callee,
                number: try calleeExtension(answers[1]),
                actions: try Self.dialActions(answers[2]),
                filter: try Self.callFilter(answers[3])
            )
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }

    /// An enabled user by uuid.
    public func dialplanUser(uuid: UserID) async throws -> DialplanUser? {
        try await read(Self.dialplanUserByUUID, [uuid.rawValue]) { rows in try rows.first.map(DialplanUser.init) }
    }

    /// An enabled user by extension; of several, the one of the lowest id.
    public func dialplanUser(exten: String, context: String) async throws -> DialplanUser? {
        try await read(Self.dialplanUserByExtension, [exten, context]) { rows in
            try rows.first.map(DialplanUser.init)
        }
    }

    /// The enabled user who is an agent; of several, the one of the lowest id.
    public func dialplanUser(agent id: Int) async throws -> DialplanUser? {
        try await read(Self.dialplanUserByAgent, [id]) { rows in try rows.first.map(DialplanUser.init) }
    }

    /// The name of a music class of any tenant.
    public func musicClass(_ uuid: String) async throws -> String? { try await music(uuid)?.name }

    private static let userColumns =
        """
        SELECT u.id, u.uuid, u.tenant_uuid, t.country, u.firstname, u.lastname, u.callerid, u.outcallerid,
            u.ringseconds, u.simultcalls, u.language, u.musiconhold, u.userfield, u.preprocess_subroutine,
            u.mobilephonenumber, u.enablednd, u.dtmf_hangup, u.enablexfer, u.enableonlinerec, u.incallfilter,
            u.call_record_outgoing_external_enabled, u.call_record_outgoing_internal_enabled,
            u.call_record_incoming_external_enabled, u.call_record_incoming_internal_enabled,
            u.enableunc, u.destunc, u.enablerna, u.destrna, u.enablebusy, u.destbusy,
            v.mailbox, v.context, v.email, v.language AS box_language
        FROM public.userfeatures u
        JOIN public.tenant t ON t.uuid = u.tenant_uuid
        LEFT JOIN public.voicemail v
            ON v.uniqueid = u.voicemailid AND u.enablevoicemail <> 0 AND v.commented = 0

        """

    private static let dialplanUserByID = PostgresStatement.read(
        userColumns + "WHERE u.id = $1::bigint AND u.commented = 0"
    )

    static let dialplanUsersByID = PostgresStatement.read(
        userColumns + "WHERE u.id IN ($1::bigint, $2::bigint) AND u.commented = 0"
    )

    private static let dialplanUserByUUID = PostgresStatement.read(
        userColumns + "WHERE u.uuid = $1 AND u.commented = 0"
    )

    private static let dialplanUserByAgent = PostgresStatement.read(
        userColumns + "WHERE u.agentid = $1::bigint AND u.commented = 0 ORDER BY u.id LIMIT 1"
    )

    private static let dialplanUserByExtension = PostgresStatement.read(
        userColumns + """
            JOIN public.user_line ul ON ul.user_id = u.id AND ul.main_line
            JOIN public.line_extension le ON le.line_id = ul.line_id
            JOIN public.extensions e ON e.id = le.extension_id AND e.commented = 0
            WHERE e.exten = $1 AND e.context = $2 AND u.commented = 0
            ORDER BY u.id
            LIMIT 1
            """
    )
}

extension DialplanUser {
    fileprivate init(_ row: PostgresRow) throws {
        let names: [String] = [try row.value("firstname"), try row.value("lastname")]
        self.init(
            id: try row.value("id"),
            uuid: UserID(try row.value("uuid")),
            tenant: TenantID(try row.value("tenant_uuid")),
            country: try row.text("country"),
            name: names.filter { !$0.isEmpty }.joined(separator: " ")
        )
        callerID = try row.optional("callerid") ?? ""
        outgoingCallerID = try row.value("outcallerid")
        ringSeconds = try row.value("ringseconds")
        simultaneousCalls = try row.value("simultcalls")
        language = try row.text("language")
        music = try row.value("musiconhold")
        userField = try row.text("userfield")
        preprocessSubroutine = try row.optional("preprocess_subroutine")
        mobileNumber = try row.value("mobilephonenumber")
        isDoNotDisturbEnabled = try row.flag("enablednd")
        rights = try CallRights(row)
        recording = try Recording(row)
        unconditional = try Forward(row, "enableunc", "destunc")
        noAnswer = try Forward(row, "enablerna", "destrna")
        busy = try Forward(row, "enablebusy", "destbusy")
        mailbox = try Mailbox(row)
    }
}

extension DialplanUser.CallRights {
    fileprivate init(_ row: PostgresRow) throws {
        self.init()
        mayHangUp = try row.flag("dtmf_hangup")
        mayTransfer = try row.flag("enablexfer")
        mayRecord = try row.flag("enableonlinerec")
        screensCallers = try row.flag("incallfilter")
    }
}

extension DialplanUser.Recording {
    fileprivate init(_ row: PostgresRow) throws {
        self.init()
        isOutgoingExternalEnabled = try row.value("call_record_outgoing_external_enabled")
        isOutgoingInternalEnabled = try row.value("call_record_outgoing_internal_enabled")
        isIncomingExternalEnabled = try row.value("call_record_incoming_external_enabled")
        isIncomingInternalEnabled = try row.value("call_record_incoming_internal_enabled")
    }
}

extension DialplanUser.Forward {
    fileprivate init(_ row: PostgresRow, _ flag: String, _ destination: String) throws {
        self.init(isEnabled: try row.flag(flag), destination: try row.value(destination))
    }
}

extension DialplanUser.Mailbox {
    fileprivate init?(_ row: PostgresRow) throws {
        guard let number: String = try row.optional("mailbox") else { return nil }
        self.init(
            number: number,
            context: try row.value("context"),
            email: try row.optional("email"),
            language: try row.text("box_language")
        )
    }
}

extension PostgresRow {
    /// An integer that is used as a truth value.
    func flag(_ column: String) throws -> Bool { try value(column, as: Int.self) != 0 }

    /// A text; `nil` when it is null or empty.
    func text(_ column: String) throws -> String? {
        try optional(column, as: String.self).flatMap { $0.isEmpty ? nil : $0 }
    }
}
