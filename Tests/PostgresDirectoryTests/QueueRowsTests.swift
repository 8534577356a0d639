import Core
import Directory
import Postgres
import PostgresDirectory
import TandemLab
import Testing

@Suite("Groups and queues", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct QueueRowsTests {
    @Test("A group has its queue's settings, its lowest enabled number and its rule", arguments: Role.allCases)
    func group(role: Role) async throws {
        try await withQueueTenant(as: role) { tenant, directory async throws in
            let name = "g-\(tenant.mark)"
            let id = try await tenant.addGroup(name, label: "Zoë's \"group\"")
            var expected = CallGroup(id: id, tenant: tenant.id, name: name, label: "Zoë's \"group\"")
            expected.memberTimeout = 0
            #expect(try await directory.callGroup(id) == expected)

            for (exten, commented) in [("299", 1), ("201", 0), ("200", 0)] {
                try await tenant.insert(
                    """
                    INSERT INTO extensions (context, exten, type, typeval, commented)
                    VALUES ($1, $2, 'group', $3, $4::int)
                    """,
                    tenant.context,
                    exten,
                    "\(id)",
                    commented
                )
            }
            try await tenant.insert(
                """
                UPDATE queue SET musicclass = 'jazz', strategy = 'linear', maxlen = 0, timeout = 15, retry = 5
                WHERE name = $1
                """,
                name
            )
            try await tenant.insert(
                """
                UPDATE groupfeatures SET transfer_user = 1, transfer_call = 1, write_caller = 1, write_calling = 1,
                    ignore_forward = 1, mark_answered_elsewhere = 1, timeout = 60, preprocess_subroutine = 'before',
                    dtmf_record_toggle = true
                WHERE id = $1::int
                """,
                id
            )
            let add =
                "INSERT INTO callerid (mode, callerdisplay, type, typeval) VALUES ($2::callerid_mode, 'S', 'group', $1::int)"
            try await tenant.insert(add, id, "append")
            expected.exten = "201"
            expected.context = tenant.context
            expected.options.calleeMayTransfer = true
            expected.options.callerMayTransfer = true
            expected.options.calleeMayRecord = true
            expected.options.callerMayRecord = true
            expected.options.ignoresForwards = true
            expected.options.marksAnsweredElsewhere = true
            expected.music = "jazz"
            expected.strategy = "linear"
            expected.maximumCalls = 0
            expected.timeout = 60
            expected.memberTimeout = 15
            expected.retryDelay = 5
            expected.preprocessSubroutine = "before"
            expected.isRecordToggleEnabled = true
            expected.callerID = CallerIDRule(mode: .append, display: "S")
            #expect(try await directory.callGroup(id) == expected)

            try await tenant.insert("UPDATE queue SET commented = 1, musicclass = '' WHERE name = $1", name)
            #expect(try await directory.callGroup(id) == nil)
            let nobody = CallGroupMembers(tenant: tenant.id, ringsInUse: false, members: [])
            #expect(try await directory.callGroupMembers(id) == nobody, "a disabled group is known, and calls nobody")
            #expect(try await directory.callGroupMembers(0) == nil)
            #expect(try await directory.callGroup(0) == nil)
        }
    }

    @Test("Members come by position, users by their id whatever their interface", arguments: Role.allCases)
    func members(role: Role) async throws {
        try await withQueueTenant(as: role) { tenant, directory async throws in
            let name = "g-\(tenant.mark)"
            let id = try await tenant.addGroup(name, label: "L")
            let none = CallGroupMembers(tenant: tenant.id, ringsInUse: false, members: [])
            #expect(try await directory.callGroupMembers(id) == none)

            let (first, firstID) = try await tenant.addUser(first: "A", last: "")
            let (second, secondID) = try await tenant.addUser(first: "B", last: "")
            let (off, _) = try await tenant.addUser(first: "C", last: "", commented: 1)
            try await tenant.insert("UPDATE userfeatures SET enablednd = 1 WHERE id = $1::int", second)
            let rows: [(String, Int, Int, Int)] = [
                ("Local/\(tenant.mark)-custom", first, 3, 0), ("Local/201@inside", 0, 2, 0),
                ("PJSIP/b", second, 1, 0), ("PJSIP/c", off, 0, 0), ("PJSIP/gone", 2_000_000_000, 0, 0),
                ("PJSIP/nobody", 0, 0, 0), ("Local/999@off", 0, 0, 1),
            ]
            for (interface, user, position, commented) in rows {
                try await tenant.addMember(
                    of: name,
                    interface,
                    category: "group",
                    user: user,
                    position: position,
                    commented: commented
                )
            }
            try await tenant.addMember(of: name, "Local/agent@x", category: "group", type: "agent", user: 0)
            try await tenant.insert("UPDATE queue SET ringinuse = 1 WHERE name = $1", name)
            let expected = CallGroupMembers(
                tenant: tenant.id,
                ringsInUse: true,
                members: [
                    .user(secondID, isDoNotDisturbEnabled: true), .number("201@inside"),
                    .user(firstID, isDoNotDisturbEnabled: false),
                ]
            )
            #expect(try await directory.callGroupMembers(id) == expected)
        }
    }

    @Test("A queue has its queue's settings, its pickups and its rule", arguments: Role.allCases)
    func queue(role: Role) async throws {
        try await withQueueTenant(as: role) { tenant, directory async throws in
            let name = "q-\(tenant.mark)"
            let id = try await tenant.addCallQueue(name)
            var expected = CallQueue(id: id, tenant: tenant.id, name: name)
            expected.options.ignoresForwards = true
            expected.options.marksAnsweredElsewhere = true
            #expect(try await directory.callQueue(id) == expected)

            try await tenant.insert("UPDATE queue SET musicclass = 'jazz', wrapuptime = 8 WHERE name = $1", name)
            try await tenant.insert(
                """
                UPDATE queuefeatures SET number = '300', context = 'inside', data_quality = 1, hitting_callee = 1,
                    hitting_caller = 1, retries = 1, ring = 1, transfer_user = 1, transfer_call = 1, write_caller = 1,
                    write_calling = 1, ignore_forward = 0, mark_answered_elsewhere = 0, url = 'http://x',
                    announceoverride = 'hello', timeout = 90, preprocess_subroutine = 'before', announce_holdtime = 1,
                    waittime = 60, waitratio = 1.5, dtmf_record_toggle = true
                WHERE id = $1::int
                """,
                id
            )
            try await tenant.insert(
                "INSERT INTO callerid (mode, callerdisplay, type, typeval) VALUES ('overwrite', 'O', 'queue', $1::int)",
                id
            )
            let addPickup = """
                WITH p AS (
                    INSERT INTO pickup (id, tenant_uuid, name, commented)
                    VALUES ($1::int, $2, $3::varchar || $1::int, $4::int) RETURNING id
                )
                INSERT INTO pickupmember (pickupid, category, membertype, memberid)
                SELECT id, $5::pickup_category, 'queue', $6::int FROM p
                """
            let base = id * 10 + 1_000_000 * (role == .lab ? 1 : 2)
            let pickups: [(Int, Int, String)] = [
                (4, 0, "member"), (3, 0, "member"), (2, 1, "member"), (1, 0, "pickup"),
            ]
            for (number, commented, category) in pickups {
                try await tenant.insert(
                    addPickup,
                    base + number,
                    tenant.id.rawValue,
                    tenant.mark,
                    commented,
                    category,
                    id
                )
            }
            expected.number = "300"
            expected.context = "inside"
            expected.options = QueueCallOptions()
            expected.options.calleeMayTransfer = true
            expected.options.callerMayTransfer = true
            expected.options.calleeMayRecord = true
            expected.options.callerMayRecord = true
            expected.isData = true
            expected.calleeMayHangUp = true
            expected.callerMayHangUp = true
            expected.hasNoRetries = true
            expected.ringsCaller = true
            expected.url = "http://x"
            expected.announceOverride = "hello"
            expected.music = "jazz"
            expected.wrapUpSeconds = 8
            expected.isRecordToggleEnabled = true
            expected.preprocessSubroutine = "before"
            expected.timeout = 90
            expected.announcesHoldTime = true
            expected.divertingHoldTime = 60
            expected.divertingRatio = 1.5
            expected.pickups = [base + 3, base + 4]
            expected.callerID = CallerIDRule(mode: .overwrite, display: "O")
            #expect(try await directory.callQueue(id) == expected)
            try await tenant.insert("UPDATE queue SET commented = 1 WHERE name = $1", name)
            #expect(try await directory.callQueue(id) == nil)
        }
    }

    @Test("A skill rule has a tenant", arguments: Role.allCases)
    func skillRule(role: Role) async throws {
        try await withQueueTenant(as: role) { tenant, directory async throws in
            let rule = try await tenant.insert(
                "INSERT INTO queueskillrule (tenant_uuid, name) VALUES ($1, 'r') RETURNING id",
                tenant.id.rawValue
            )
            #expect(try await directory.tenant(ofSkillRule: rule) == tenant.id)
            #expect(try await directory.tenant(ofSkillRule: 0) == nil)
        }
    }
}
