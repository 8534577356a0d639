import Core
import Directory
import Postgres
import PostgresDirectory
import TandemLab
import Testing

private let tenant = TenantID("10000000-0000-4000-8000-00000000000a")
private let user = UserID("20000000-0000-4000-8000-00000000000a")

/// One object of each kind.
private let rows = """
    SET search_path TO public;
    INSERT INTO tenant (uuid) VALUES ('\(tenant)');
    INSERT INTO context (name, tenant_uuid) VALUES ('c', '\(tenant)');
    INSERT INTO moh (uuid, tenant_uuid, name, label, mode) VALUES ('moh', '\(tenant)', 'piano', '', 'files');
    INSERT INTO voicemail (uniqueid, context, mailbox) VALUES (44, 'c', '101'), (45, 'c', '102');
    INSERT INTO func_key_template (id, tenant_uuid) VALUES (1, '\(tenant)');
    INSERT INTO userfeatures (id, uuid, tenant_uuid, firstname, voicemailid, func_key_private_template_id, description)
    VALUES (12, '\(user)', '\(tenant)', 'Odile', 44, 1, '');
    INSERT INTO application (uuid, tenant_uuid) VALUES ('app', '\(tenant)');
    INSERT INTO endpoint_sip (uuid, name, tenant_uuid) VALUES
        ('e0000000-0000-4000-8000-000000000001', 'line', '\(tenant)'),
        ('e0000000-0000-4000-8000-000000000002', 'trunk', '\(tenant)');
    INSERT INTO endpoint_sip_section (uuid, type, endpoint_sip_uuid) VALUES
        ('e1000000-0000-4000-8000-000000000001', 'registration', 'e0000000-0000-4000-8000-000000000002');
    INSERT INTO sccpline (id, tenant_uuid, name, context, cid_name, cid_num) VALUES (8, '\(tenant)', '', '', '', '');
    INSERT INTO usercustom (id, tenant_uuid, interface, category) VALUES
        (4, '\(tenant)', 'a', 'user'), (5, '\(tenant)', 'b', 'trunk');
    INSERT INTO useriax (id, tenant_uuid, name, type, category) VALUES (2, '\(tenant)', 'i', 'friend', 'trunk');
    INSERT INTO linefeatures (id, name, context, provisioningid, endpoint_sip_uuid, endpoint_sccp_id,
        endpoint_custom_id) VALUES
        (31, 'l', 'c', 0, 'e0000000-0000-4000-8000-000000000001', NULL, NULL), (32, 'm', 'c', 0, NULL, 8, NULL),
        (33, 'n', 'c', 0, NULL, NULL, 4);
    INSERT INTO user_line VALUES (12, 31, true, true);
    INSERT INTO trunkfeatures (id, tenant_uuid, endpoint_sip_uuid, endpoint_iax_id, endpoint_custom_id) VALUES
        (7, '\(tenant)', 'e0000000-0000-4000-8000-000000000002', NULL, NULL), (8, '\(tenant)', NULL, 2, NULL),
        (9, '\(tenant)', NULL, NULL, 5);
    INSERT INTO switchboard (uuid, tenant_uuid, name, queue_moh_uuid) VALUES ('s', '\(tenant)', 'R', 'moh');
    INSERT INTO conference (id, tenant_uuid) VALUES (15, '\(tenant)');
    INSERT INTO meeting (uuid, tenant_uuid, number) VALUES
        ('d0000000-0000-4000-8000-000000000003', '\(tenant)', '1');
    INSERT INTO parking_lot (id, tenant_uuid, slots_start, slots_end) VALUES (6, '\(tenant)', '701', '710');
    INSERT INTO groupfeatures (id, tenant_uuid, name, label) VALUES (5, '\(tenant)', 'g', '');
    """

@Suite(
    "Notifications of the standalone tables",
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab"),
    .timeLimit(.minutes(2))
)
struct NotificationTests {
    private static let meeting = DirectoryChange.meeting("d0000000-0000-4000-8000-000000000003")

    /// Statements in their order, each with all that it must tell.
    private let changes: [(String, Set<DirectoryChange>)] = [
        ("UPDATE userfeatures SET firstname = 'O' WHERE id = 12", [.user(user), .voicemail(44)]),
        ("UPDATE userfeatures SET voicemailid = 45 WHERE id = 12", [.user(user), .voicemail(44), .voicemail(45)]),
        ("UPDATE userfeatures SET firstname = 'X' WHERE id = 99", []),
        ("UPDATE user_line SET main_line = false", [.user(user), .line(31)]),
        ("INSERT INTO user_line VALUES (12, 32, false, true)", [.user(user), .line(32)]),
        ("DELETE FROM user_line WHERE line_id = 32", [.user(user), .line(32)]),
        ("UPDATE linefeatures SET commented = 1 WHERE id = 33", [.line(33)]),
        ("UPDATE endpoint_sip SET name = name || 'x'", [.line(31), .trunk(7)]),
        ("UPDATE sccpline SET commented = 1", [.line(32)]),
        ("UPDATE usercustom SET interface = interface || 'x'", [.line(33), .trunk(9)]),
        ("UPDATE useriax SET name = 'j'", [.trunk(8)]),
        (
            """
            INSERT INTO endpoint_sip_section_option (endpoint_sip_section_uuid, key, value)
            VALUES ('e1000000-0000-4000-8000-000000000001', 'client_uri', 'sip:a@b')
            """, [.trunk(nil)]
        ),
        ("DELETE FROM endpoint_sip WHERE name = 'linex'", [.line(31)]),
        ("UPDATE trunkfeatures SET context = 'c' WHERE id = 7", [.trunk(7)]),
        ("UPDATE switchboard SET timeout = 5", [.switchboard("s")]),
        ("UPDATE moh SET name = 'organ'", [.music("moh")]),
        ("DELETE FROM moh", [.music("moh"), .switchboard("s")]),
        ("UPDATE voicemail SET fullname = 'x' WHERE uniqueid = 44", [.voicemail(44)]),
        ("INSERT INTO application_dest_node VALUES ('app', 'holding', NULL, true)", [.application("app")]),
        ("UPDATE application SET name = 'x'", [.application("app")]),
        ("UPDATE conference SET name = 'x'", [.conference(15)]),
        ("UPDATE meeting SET name = 'x'", [meeting]),
        ("INSERT INTO meeting_owner SELECT uuid, '\(user)' FROM meeting", [meeting]),
        ("UPDATE parking_lot SET timeout = 5", [.parkingLot(6)]),
        (
            "INSERT INTO extensions (id, context, exten, type, typeval) VALUES (1, 'c', '700', 'parking', '6')",
            [.parkingLot(6)]
        ),
        ("UPDATE extensions SET type = 'user', typeval = '0'", [.parkingLot(6)]),
        ("UPDATE extensions SET exten = '800'", []),
        ("UPDATE groupfeatures SET name = 'h'", [.group(5)]),
        ("UPDATE context SET displayname = 'x'", [.user(nil), .line(nil), .voicemail(nil)]),
        ("INSERT INTO tenant (uuid) VALUES ('other')", [.tenant]),
        ("TRUNCATE user_line", [.user(nil), .line(nil)]),
        ("TRUNCATE switchboard CASCADE", [.switchboard(nil)]),
        (
            "DELETE FROM userfeatures",
            [.user(user), .voicemail(45), meeting]
        ),
    ]

    @Test("each change of a row tells the objects that it changes, and no other")
    func payloads() async throws {
        try await listening { database, events in
            for (sql, expected) in changes {
                try await database.pool.query(.write(sql))
                try await database.pool.query(.write("NOTIFY gateway_config, '{\"table\":\"the end\"}'"))
                var told: Set<DirectoryChange> = []
                while case .notified(let notification)? = await events.next(),
                    notification.payload != "{\"table\":\"the end\"}"
                {
                    told.formUnion(DirectoryChange.changes(notification: notification.payload))
                }
                #expect(told == expected, "\(sql)")
            }
        }
    }

    @Test("what our own role writes is told too")
    func ownRole() async throws {
        try await listening { database, events in
            let pool = PostgresPool(
                try database.configuration(user: "tandem"),
                name: "tandem",
                logger: TestDatabase.silentLogger
            )
            try await pool.query(
                .write("UPDATE public.userfeatures SET enablednd = 1 WHERE uuid = $1"),
                [user.rawValue]
            )
            var told: Set<DirectoryChange> = []
            while told.count < 2, case .notified(let notification)? = await events.next() {
                told.formUnion(DirectoryChange.changes(notification: notification.payload))
            }
            #expect(told == [.user(user), .voicemail(44)])
            await pool.close()
        }
    }

    @Test("tables that do not tell of their changes are noticed")
    func silentTables() async throws {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            let directory = PostgresDirectory(pool: database.pool)
            #expect(try await directory.notifiesChanges())
            try await database.pool.query(.write("ALTER TABLE public.user_line DISABLE TRIGGER gateway_part"))
            #expect(try await directory.notifiesChanges() == false)
            try await database.pool.query(.write("ALTER TABLE public.user_line ENABLE TRIGGER gateway_part"))
            #expect(try await directory.notifiesChanges())
            try await database.pool.query(.write("DROP TRIGGER gateway_row ON public.voicemail"))
            #expect(try await directory.notifiesChanges() == false)
        }
    }

    @Test("the file of the triggers can be run again and again")
    func idempotent() async throws {
        try await TestDatabase.use { database in
            for _ in 0..<2 { try await database.loadStandaloneTables() }
            let triggers = try await database.pool.query(
                .read("SELECT count(*) AS n FROM pg_trigger WHERE tgname LIKE 'gateway%'")
            )
            #expect(try triggers[0].value("n") == 14 * 2 + 6 + 5)
        }
    }

    @Test("a change in the real tables drops what is kept; nothing else does")
    func cache() async throws {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            try await database.pool.session { try $0.run(script: rows) }
            let cached = CachedDirectory(PostgresDirectory(pool: database.pool))
            let started = AsyncStream.makeStream(of: Void.self)
            let listener = try feed(of: cached, from: database) { started.continuation.yield() }
            let run = Task { try await listener.run() }
            for await _ in started.stream { break }
            #expect(try await cached.user(user, tenant: tenant)?.name == "Odile")

            // Without the trigger nobody hears of it: the old name shows that it is kept.
            try await database.pool.session { session in
                try session.run(
                    script: """
                        ALTER TABLE userfeatures DISABLE TRIGGER gateway_row;
                        UPDATE userfeatures SET firstname = 'Unheard';
                        ALTER TABLE userfeatures ENABLE TRIGGER gateway_row;
                        """
                )
            }
            #expect(try await cached.user(user, tenant: tenant)?.name == "Odile")

            try await database.pool.query(.write("UPDATE userfeatures SET firstname = 'Ottilie'"))
            _ = try await eventually("the new name") {
                try await cached.user(user, tenant: tenant)?.name == "Ottilie" ? true : nil
            }
            run.cancel()
            try await run.value
        }
    }

    /// Wired as a server wires it.
    private func feed(
        of cached: CachedDirectory,
        from database: TestDatabase,
        started: @escaping @Sendable () -> Void
    ) throws -> PostgresListener {
        PostgresListener(
            try database.configuration(),
            channels: [DirectoryChange.channel],
            logger: TestDatabase.silentLogger
        ) { event in
            switch event {
            case .listening:
                cached.feedStarted()
                started()
            case .notified(let notification):
                for change in DirectoryChange.changes(notification: notification.payload) { cached.invalidate(change) }
            case .lost: cached.feedLost()
            }
        }
    }

    /// Gives `body` a database with one object of each kind, and what is notified from then on.
    private func listening(
        _ body: (TestDatabase, Told) async throws -> Void
    ) async throws {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            try await database.pool.session { try $0.run(script: rows) }
            let (events, sink) = AsyncStream.makeStream(of: PostgresListener.Event.self)
            let listener = PostgresListener(
                try database.configuration(),
                channels: [DirectoryChange.channel],
                logger: TestDatabase.silentLogger
            ) { sink.yield($0) }
            let run = Task { try await listener.run() }
            let told = Told(stream: events)
            #expect(await told.next() == .listening)
            do {
                try await body(database, told)
            } catch {
                run.cancel()
                throw error
            }
            run.cancel()
            try await run.value
        }
    }
}

/// What a listener told, one by one.
private struct Told: Sendable {
    let stream: AsyncStream<PostgresListener.Event>

    func next() async -> PostgresListener.Event? {
        for await event in stream { return event }
        return nil
    }
}
