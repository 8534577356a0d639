import Core
import Directory
import Postgres
import PostgresDirectory
import TandemLab
import Testing

@Suite("Users of the dialplan", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct DialplanUserRowsTests {
    @Test("A user has his flags, forwards and box, found by id, uuid and extension", arguments: Role.allCases)
    func user(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let (id, uuid) = try await tenant.addUser(first: "Zo\u{eb} \"Z\"", last: "")
            let plain = try #require(try await directory.dialplanUser(id))
            #expect(plain.name == "Zo\u{eb} \"Z\"")
            #expect(plain.tenant == tenant.id && plain.uuid == uuid && plain.country == nil && plain.mailbox == nil)
            #expect(plain.ringSeconds == 30 && plain.simultaneousCalls == 5)
            #expect(plain.recording == DialplanUser.Recording() && plain.rights == DialplanUser.CallRights())

            let box = try await tenant.addBox("8001")
            try await tenant.insert(
                """
                UPDATE userfeatures SET enableunc = 1, destunc = '11', enablebusy = 1, destbusy = '', enablerna = 0,
                    destrna = '33', enablevoicemail = 1, voicemailid = $2::int, enablexfer = 1, incallfilter = 1,
                    call_record_incoming_internal_enabled = true, language = '', userfield = 'f', callerid = '"Z" <1>',
                    outcallerid = 'default', musiconhold = 'jazz', enablednd = 1
                WHERE id = $1::int
                """,
                id,
                box
            )
            try await tenant.insert("UPDATE tenant SET country = 'FR' WHERE uuid = $1", tenant.id.rawValue)
            let full = try #require(try await directory.dialplanUser(uuid: uuid))
            #expect(full.unconditional == DialplanUser.Forward(isEnabled: true, destination: "11"))
            #expect(full.unconditional.isEnabled && !full.busy.isEnabled && !full.noAnswer.isEnabled)
            #expect(full.noAnswer.destination == "33")
            #expect(full.mailbox == .init(number: "8001", context: tenant.context, email: "z@x", language: "fr_FR"))
            #expect(full.rights.mayTransfer && full.rights.screensCallers && !full.rights.mayHangUp)
            #expect(full.recording.isIncomingInternalEnabled && !full.recording.isEverythingEnabled)
            #expect(full.language == nil && full.userField == "f" && full.country == "FR")
            #expect(full.callerID == "\"Z\" <1>" && full.outgoingCallerID == "default" && full.music == "jazz")
            #expect(full.isDoNotDisturbEnabled)

            try await tenant.insert("UPDATE voicemail SET commented = 1 WHERE uniqueid = $1::int", box)
            #expect(try await directory.dialplanUser(id)?.mailbox == nil)
            try await tenant.insert("UPDATE userfeatures SET commented = 1 WHERE id = $1::int", id)
            #expect(try await directory.dialplanUser(id) == nil)
            #expect(try await directory.dialplanUser(uuid: uuid) == nil)
        }
    }

    @Test("A callee's extension has every enabled line with its endpoint", arguments: Role.allCases)
    func lines(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let (id, uuid) = try await tenant.addUser(first: "A", last: "B")
            let name = tenant.id.rawValue
            #expect(try await directory.calleeExtension(of: id, id: nil) == nil)
            let main = try await tenant.addLine(user: id, isMain: true, name: "\(name)-main")
            #expect(try await directory.calleeExtension(of: id, id: nil) == nil)
            let second = try await tenant.addUserExtension("102", lines: [(main, false)])
            let first = try await tenant.addUserExtension("101", lines: [(main, true)])
            let bare = try await directory.calleeExtension(of: id, id: nil)
            #expect(bare == CalleeExtension(exten: "101", context: tenant.context, endpoints: []))
            #expect(try await directory.calleeExtension(of: id, id: second)?.exten == "102")
            #expect(try await directory.calleeExtension(of: id, id: 0) == nil)

            let (other, _) = try await tenant.addUser(first: "C", last: "D")
            let shared = try await tenant.addLine(user: other, isMain: true, name: "Local/\(name)")
            let off = try await tenant.addLine(user: other, isMain: false, name: "\(name)-off", commented: 1)
            for line in [shared, off] {
                try await tenant.insert("INSERT INTO line_extension VALUES ($1::int, $2::int, false)", line, first)
                try await tenant.insert(
                    """
                    WITH e AS (INSERT INTO usercustom (tenant_uuid, interface, category)
                        VALUES ($1::varchar, $1::varchar || $2::varchar, 'user') RETURNING id)
                    UPDATE linefeatures SET endpoint_custom_id = (SELECT id FROM e) WHERE id = $3::int
                    """,
                    name,
                    "\(line)",
                    line
                )
            }
            try await tenant.insert(
                """
                WITH e AS (INSERT INTO endpoint_sip (tenant_uuid, name)
                    VALUES ($1::varchar, $1::varchar || '-endpoint') RETURNING uuid)
                UPDATE linefeatures SET endpoint_sip_uuid = (SELECT uuid FROM e) WHERE id = $2::int
                """,
                name,
                main
            )
            let called = try await directory.calleeExtension(of: id, id: nil)
            #expect(
                called?.endpoints == [.sip(name: "\(name)-main"), .custom(interface: "Local/\(name)")],
                "by the line's name"
            )

            #expect(try await directory.dialplanUser(exten: "102", context: tenant.context)?.uuid == uuid)
            #expect(try await directory.dialplanUser(exten: "101", context: tenant.context)?.uuid == uuid)
            #expect(try await directory.dialplanUser(exten: "101", context: "x'\"\n") == nil)
            try await tenant.insert("UPDATE extensions SET commented = 1 WHERE id = $1::int", first)
            #expect(try await directory.dialplanUser(exten: "101", context: tenant.context) == nil)
        }
    }

    @Test("All destinations of an object come at once, by event", arguments: Role.allCases)
    func actions(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let incall = try await tenant.addIncall()
            for (event, action) in [("answer", "user"), ("busy", "none")] {
                try await tenant.insert(
                    """
                    INSERT INTO dialaction (event, category, categoryval, action, actionarg1)
                    VALUES ($2, 'incall', $1, $3::dialaction_action, '7')
                    """,
                    "\(incall)",
                    event,
                    action
                )
            }
            let found = try await directory.dialActions(category: "incall", object: "\(incall)")
            #expect(
                found == [
                    "answer": DialAction(action: "user", argument1: "7"),
                    "busy": DialAction(action: "none", argument1: "7"),
                ]
            )
            #expect(try await directory.dialActions(category: "ivr_choice", object: "\(incall)") == [:])
            #expect(try await directory.dialActions(category: "no such'", object: "\(incall)") == [:])
        }
    }

    @Test(
        "A boss's filter has its active secretaries by priority and knows a secretary's call",
        arguments: Role.allCases
    )
    func filter(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let boss = try await tenant.addUser(first: "Boss", last: "")
            var secretaries: [(id: Int, uuid: UserID)] = []
            for name in ["Late", "Early", "Off"] {
                secretaries.append(try await tenant.addUser(first: name, last: ""))
            }
            #expect(try await directory.callFilter(boss: boss.id, caller: nil) == nil)
            let filter = try await tenant.insert(
                """
                INSERT INTO callfilter (tenant_uuid, name, type, bosssecretary, callfrom, ringseconds)
                VALUES ($1::varchar, $1::varchar, 'bosssecretary', 'bossfirst-serial', 'internal', 25) RETURNING id
                """,
                tenant.id.rawValue
            )
            let add = """
                INSERT INTO callfiltermember (callfilterid, type, typeval, ringseconds, priority, bstype, active)
                VALUES ($1::int, 'user', $2, 9, $3::int, $4::generic_bsfilter, $5::int)
                """
            try await tenant.insert(add, filter, "\(boss.id)", 0, "boss", 1)
            for (index, secretary) in secretaries.enumerated() {
                try await tenant.insert(add, filter, "\(secretary.id)", 9 - index, "secretary", index == 2 ? 0 : 1)
            }
            var expected = CallFilter(
                id: filter,
                strategy: .bossFirstSerial,
                zone: .internal,
                ringSeconds: 25,
                bossRingSeconds: 9,
                secretaries: [
                    .init(user: secretaries[1].uuid, ringSeconds: 30),
                    .init(user: secretaries[0].uuid, ringSeconds: 30),
                ],
                isCallerSecretary: false,
                callerID: nil
            )
            #expect(try await directory.callFilter(boss: boss.id, caller: nil) == expected)
            #expect(try await directory.callFilter(boss: boss.id, caller: boss.id) == expected)
            #expect(try await directory.callFilter(boss: secretaries[0].id, caller: nil) == nil)
            try await tenant.insert(
                "INSERT INTO callerid VALUES ('prepend', 'Boss', 'callfilter', $1::int)",
                filter
            )
            expected.callerID = CallerIDRule(mode: .prepend, display: "Boss")
            expected.isCallerSecretary = true
            #expect(try await directory.callFilter(boss: boss.id, caller: secretaries[2].id) == expected)
            try await tenant.insert("UPDATE callfilter SET commented = 1 WHERE id = $1::int", filter)
            #expect(try await directory.callFilter(boss: boss.id, caller: nil) == nil)
            for table in ["callerid WHERE type = 'callfilter' AND typeval", "callfiltermember WHERE callfilterid"] {
                try await tenant.insert("DELETE FROM \(table) = $1::int", filter)
            }
        }
    }

    @Test("Both users of a call are found at once, each by his id", arguments: Role.allCases)
    func callParties(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let (caller, _) = try await tenant.addUser(first: "Caller", last: "")
            let (callee, _) = try await tenant.addUser(first: "Callee", last: "")
            let both = try await directory.callParties(caller: caller, callee: callee)
            #expect(both.caller?.name == "Caller" && both.callee?.name == "Callee")
            let swapped = try await directory.callParties(caller: callee, callee: caller)
            #expect(swapped.caller?.name == "Callee" && swapped.callee?.name == "Caller")
            let himself = try await directory.callParties(caller: callee, callee: callee)
            #expect(himself.caller == himself.callee && himself.callee?.id == callee)
            let alone = try await directory.callParties(caller: nil, callee: callee)
            #expect(alone.caller == nil && alone.callee?.id == callee)
            let nobody = try await directory.callParties(caller: nil, callee: nil)
            #expect(nobody.caller == nil && nobody.callee == nil)
            try await tenant.insert("UPDATE userfeatures SET commented = 1 WHERE id = $1::int", caller)
            let disabled = try await directory.callParties(caller: caller, callee: callee)
            #expect(disabled.caller == nil && disabled.callee?.id == callee)
        }
    }

    @Test(
        "A destination that names no incoming call costs the others nothing",
        arguments: ["", "x", "-1", "01", "1.5", "9999999999", "99999999999999999999", "1; DROP TABLE incall"]
    )
    func numberOfNoIncall(value: String) async throws {
        try await withOwnTenant(as: .lab) { tenant, directory async throws in
            let (id, uuid) = try await tenant.addUser(first: "A", last: "")
            let incall = try await tenant.addIncall()
            for category in ["\(incall)", value, "0\(incall)"] {
                try await tenant.insert(
                    """
                    INSERT INTO dialaction (event, category, categoryval, action, actionarg1)
                    VALUES ('answer', 'incall', $1, 'user', $2)
                    """,
                    category,
                    "\(id)"
                )
            }
            let numbers = try await directory.outgoingNumbers(of: uuid, tenant: tenant.id)
            #expect(numbers == [OutgoingNumber(kind: .associated, number: "\(incall)-1")])
            try await tenant.insert("DELETE FROM dialaction WHERE action = 'user' AND actionarg1 = $1", "\(id)")
        }
    }

    @Test("A user shows the tenant's numbers and those of his incoming calls", arguments: Role.allCases)
    func outgoingNumbers(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let (id, uuid) = try await tenant.addUser(first: "A", last: "")
            let incall = try await tenant.addIncall()
            try await tenant.insert(
                """
                INSERT INTO dialaction (event, category, categoryval, action, actionarg1)
                VALUES ('answer', 'incall', $1, 'user', $2)
                """,
                "\(incall)",
                "\(id)"
            )
            try await tenant.insert(
                """
                INSERT INTO phone_number (tenant_uuid, number, shared, main)
                VALUES ($1, '+33100', true, true), ($1, '+33102', true, false), ($1, '+33101', true, false),
                    ($1, '+33103', false, false)
                """,
                tenant.id.rawValue
            )
            let numbers = try await directory.outgoingNumbers(of: uuid, tenant: tenant.id)
            #expect(
                numbers == [
                    OutgoingNumber(kind: .main, number: "+33100"),
                    OutgoingNumber(kind: .associated, number: "\(incall)-1"),
                    OutgoingNumber(kind: .shared, number: "+33101"), OutgoingNumber(kind: .shared, number: "+33102"),
                ]
            )
            #expect(try await directory.outgoingNumbers(of: uuid, tenant: TenantID("x")) == [])
        }
    }

    @Test("A blocked number is found for its user in his tenant only", arguments: Role.allCases)
    func blocklist(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let (_, uuid) = try await tenant.addUser(first: "A", last: "")
            let (_, other) = try await tenant.addUser(first: "B", last: "")
            try await tenant.insert(
                """
                WITH list AS (INSERT INTO blocklist (tenant_uuid) VALUES ($1) RETURNING uuid),
                member AS (INSERT INTO blocklist_user SELECT $2, uuid FROM list)
                INSERT INTO blocklist_number (number, blocklist_uuid) SELECT '+33999', uuid FROM list
                """,
                tenant.id.rawValue,
                uuid.rawValue
            )
            #expect(try await directory.blockedNumber("+33999", user: uuid, tenant: tenant.id)?.count == 36)
            #expect(try await directory.blockedNumber("+33998", user: uuid, tenant: tenant.id) == nil)
            #expect(try await directory.blockedNumber("+33999", user: other, tenant: tenant.id) == nil)
            #expect(try await directory.blockedNumber("+33999", user: uuid, tenant: TenantID("x")) == nil)
        }
    }
}

extension OwnTenant {
    /// A voicemail box in this tenant's context.
    func addBox(_ number: String) async throws -> Int {
        try await insert(
            """
            INSERT INTO voicemail (context, mailbox, fullname, email, language, password)
            VALUES ($1, $2, 'Z', 'z@x', 'fr_FR', '42') RETURNING uniqueid
            """,
            context,
            number
        )
    }

    /// A number in this tenant's context on lines, with whether it is each line's main one.
    func addUserExtension(_ exten: String, lines: [(Int, Bool)]) async throws -> Int {
        let id = try await insert(
            "INSERT INTO extensions (context, exten, type, typeval) VALUES ($1, $2, 'user', '0') RETURNING id",
            context,
            exten
        )
        for (line, isMain) in lines {
            try await insert("INSERT INTO line_extension VALUES ($1::int, $2::int, $3::bool)", line, id, isMain)
        }
        return id
    }
}
