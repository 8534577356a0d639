import Postgres
import TandemLab

/// A small site in the standalone tables: everything that a file is made of, once.
enum SiteRows {
    static let tenant = "11111111-0000-4000-8000-000000000001"
    static let ann = "22222222-0000-4000-8000-000000000001"
    static let ben = "22222222-0000-4000-8000-000000000002"
    static let application = "33333333-0000-4000-8000-000000000001"

    /// A database with the tables, the seeds and these rows.
    static func use<Result: Sendable>(_ body: (TestDatabase) async throws -> Result) async throws -> Result {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            try await database.pool.session { session in
                try session.setStatementLimit(.seconds(60))
                try session.run(script: "SET search_path TO public;" + directory + routing + rooms + keys)
            }
            return try await body(database)
        }
    }

    private static let directory = """
        INSERT INTO tenant (uuid, slug, record_start_announcement) VALUES ('\(tenant)', 'site', 'beep');
        SELECT tandem_prepare_tenant('\(tenant)');
        INSERT INTO context (name, tenant_uuid, displayname, contexttype, commented) VALUES
            ('site-phones', '\(tenant)', 'Phones', 'internal', 0), ('site-in', '\(tenant)', 'In', 'incall', 0),
            ('site-out', '\(tenant)', 'Out', 'outcall', 0), ('site-services', '\(tenant)', 'Rest', 'services', 0),
            ('site-old', '\(tenant)', 'Old', 'internal', 1);
        INSERT INTO contextinclude (context, include, priority) VALUES
            ('site-phones', 'site-out', 1), ('site-phones', 'site-old', 2);
        INSERT INTO application (uuid, tenant_uuid, name) VALUES ('\(application)', '\(tenant)', 'app');
        INSERT INTO voicemail (uniqueid, context, mailbox, password, fullname, email, tz, attach, maxmsg, options)
        VALUES (1, 'site-phones', '1001', '42;17', 'Ann, Archer', 'ann@example.org', 'eu-fr', 1, 20,
            ARRAY[ARRAY['saycid', 'yes']]);
        INSERT INTO func_key_template (id, tenant_uuid, private) SELECT id, '\(tenant)', true
        FROM generate_series(11, 13) AS id;
        INSERT INTO userfeatures (id, uuid, tenant_uuid, firstname, callerid, voicemailid, enableonlinerec,
            func_key_private_template_id, description) VALUES
            (11, '\(ann)', '\(tenant)', 'Ann', '"Ann Archer"', 1, 1, 11, ''),
            (12, '\(ben)', '\(tenant)', 'Ben', '"Ben" <1002>', NULL, 0, 12, ''),
            (13, '22222222-0000-4000-8000-000000000003', '\(tenant)', 'Cid', NULL, NULL, 0, 13, '');
        INSERT INTO endpoint_sip (uuid, name, label, tenant_uuid) VALUES
            ('44444444-0000-4000-8000-000000000001', 'ann-phone', 'Ann', '\(tenant)'),
            ('44444444-0000-4000-8000-000000000002', 'ben-phone', 'Ben', '\(tenant)'),
            ('44444444-0000-4000-8000-000000000003', 'cid-phone', 'Cid', '\(tenant)'),
            ('44444444-0000-4000-8000-000000000004', 'carrier', 'Carrier; the "big" one', '\(tenant)'),
            ('44444444-0000-4000-8000-000000000005', 'guest', 'Guest', '\(tenant)');
        INSERT INTO endpoint_sip_template (child_uuid, parent_uuid, priority)
        SELECT e.uuid, t.global_sip_template_uuid, 0 FROM endpoint_sip e, tenant t
        WHERE e.name IN ('ann-phone', 'cid-phone') AND t.uuid = '\(tenant)';
        INSERT INTO endpoint_sip_template (child_uuid, parent_uuid, priority)
        SELECT e.uuid, t.webrtc_sip_template_uuid, 1 FROM endpoint_sip e, tenant t
        WHERE e.name IN ('ben-phone') AND t.uuid = '\(tenant)';
        INSERT INTO endpoint_sip_template (child_uuid, parent_uuid, priority)
        SELECT e.uuid, t.registration_trunk_sip_template_uuid, 0 FROM endpoint_sip e, tenant t
        WHERE e.name = 'carrier' AND t.uuid = '\(tenant)';
        INSERT INTO endpoint_sip_template (child_uuid, parent_uuid, priority)
        SELECT e.uuid, t.meeting_guest_sip_template_uuid, 0 FROM endpoint_sip e, tenant t
        WHERE e.name = 'guest' AND t.uuid = '\(tenant)';
        WITH wanted (name, part, key, value) AS (VALUES
            ('ann-phone', 'auth', 'username', 'ann-phone'), ('ann-phone', 'auth', 'password', 'a;b;--c'),
            ('ben-phone', 'auth', 'username', 'ben-phone'), ('ben-phone', 'auth', 'password', 'secret'),
            ('cid-phone', 'auth', 'username', 'cid-phone'), ('cid-phone', 'auth', 'password', 'secret'),
            ('guest', 'auth', 'username', 'guest'), ('guest', 'auth', 'password', 'secret'),
            ('guest', 'endpoint', 'context', 'wazo-meeting-guest'),
            ('carrier', 'aor', 'contact', 'sip:127.0.0.1:9'), ('carrier', 'identify', 'match', '127.0.0.9'),
            ('carrier', 'outbound_auth', 'username', 'site'), ('carrier', 'outbound_auth', 'password', 'secret'),
            ('carrier', 'registration_outbound_auth', 'username', 'site'),
            ('carrier', 'registration_outbound_auth', 'password', 'secret'),
            ('carrier', 'registration', 'client_uri', 'sip:site@127.0.0.1:9'),
            ('carrier', 'registration', 'server_uri', 'sip:127.0.0.1:9'),
            ('carrier', 'registration', 'transport', 'transport-udp')
        ), sections AS (
            INSERT INTO endpoint_sip_section (type, endpoint_sip_uuid)
            SELECT DISTINCT w.part::endpoint_sip_section_type, e.uuid FROM wanted w JOIN endpoint_sip e USING (name)
            RETURNING uuid, type, endpoint_sip_uuid
        )
        INSERT INTO endpoint_sip_section_option (key, value, endpoint_sip_section_uuid)
        SELECT w.key, w.value, s.uuid FROM wanted w JOIN endpoint_sip e USING (name)
            JOIN sections s ON s.endpoint_sip_uuid = e.uuid AND s.type::text = w.part;
        INSERT INTO linefeatures (id, name, context, provisioningid, endpoint_sip_uuid, commented, application_uuid)
        VALUES
            (21, 'ann-phone', 'site-phones', 1, '44444444-0000-4000-8000-000000000001', 0, NULL),
            (22, 'ben-phone', 'site-phones', 2, '44444444-0000-4000-8000-000000000002', 0, '\(application)'),
            (23, 'cid-phone', 'site-phones', 3, '44444444-0000-4000-8000-000000000003', 1, NULL);
        INSERT INTO user_line (user_id, line_id, main_user, main_line) VALUES
            (11, 21, true, true), (12, 22, true, true), (12, 21, false, false), (13, 23, true, true);
        """

    private static let routing = """
        INSERT INTO trunkfeatures (id, tenant_uuid, endpoint_sip_uuid, context, outgoing_caller_id_format)
        VALUES (1, '\(tenant)', '44444444-0000-4000-8000-000000000004', 'site-in', 'national');
        INSERT INTO queue (name, category, strategy, timeout, retry, musicclass) VALUES
            ('grp-site', 'group', 'linear', 15, 5, ''), ('help', 'queue', 'ringall', 15, 5, 'jazz');
        INSERT INTO groupfeatures (id, tenant_uuid, name, label) VALUES (7, '\(tenant)', 'grp-site', 'Sales');
        INSERT INTO queuefeatures (id, tenant_uuid, name, displayname) VALUES (8, '\(tenant)', 'help', 'Help');
        INSERT INTO queuemember (queue_name, interface, usertype, userid, channel, category, position) VALUES
            ('grp-site', 'PJSIP/ben-phone', 'user', 12, 'PJSIP', 'group', 2),
            ('grp-site', 'PJSIP/ann-phone', 'user', 11, 'PJSIP', 'group', 1),
            ('grp-site', 'Local/5@site-out', 'user', 0, 'Local', 'group', 3),
            ('help', 'Agent/1', 'agent', 1, 'Agent', 'queue', 1);
        INSERT INTO pickup (id, tenant_uuid, name) VALUES (3, '\(tenant)', 'all');
        INSERT INTO pickupmember (pickupid, category, membertype, memberid) VALUES
            (3, 'member', 'user', 11), (3, 'pickup', 'group', 7);
        INSERT INTO extensions (id, context, exten, type, typeval) VALUES
            (101, 'site-phones', '1001', 'user', '11'), (102, 'site-phones', '1002', 'user', '12'),
            (103, 'site-phones', '1003', 'user', '13'), (104, 'site-phones', '2000', 'group', '7'),
            (105, 'site-phones', '3000', 'queue', '8'), (106, 'site-phones', '4000', 'conference', '5'),
            (107, 'site-in', '5000', 'incall', '6'), (108, 'site-out', '_0X.', 'outcall', '9'),
            (109, 'site-phones', '700', 'parking', '4'), (110, 'site-phones', '1999', 'user', '0');
        INSERT INTO line_extension (line_id, extension_id, main_extension) VALUES
            (21, 101, true), (22, 102, true), (23, 103, true);
        """

    private static let rooms = """
        INSERT INTO conference (id, tenant_uuid, name, pin, admin_pin, music_on_hold)
        VALUES (5, '\(tenant)', 'Board', '1234', '9999', 'jazz');
        INSERT INTO parking_lot (id, tenant_uuid, name, slots_start, slots_end, timeout)
        VALUES (4, '\(tenant)', 'Lot', '701', '709', 45);
        INSERT INTO moh (uuid, tenant_uuid, name, label, mode, sort)
        VALUES ('55555555-0000-4000-8000-000000000001', '\(tenant)', 'jazz', 'Jazz', 'files', 'random_start');
        INSERT INTO meeting (uuid, name, guest_endpoint_sip_uuid, tenant_uuid, number)
        VALUES ('66666666-0000-4000-8000-000000000001', 'Monday', '44444444-0000-4000-8000-000000000005',
            '\(tenant)', '123456');
        INSERT INTO ivr (id, tenant_uuid, name, menu_sound, invalid_sound)
        VALUES (2, '\(tenant)', 'Welcome', 'vm-intro', 'invalid');
        INSERT INTO ivr_choice (id, ivr_id, exten) VALUES (31, 2, '1'), (32, 2, '2');
        INSERT INTO dialaction (event, category, categoryval, action, actionarg1, actionarg2) VALUES
            ('ivr_choice', 'ivr_choice', '31', 'user', '11', '20;55555555'),
            ('ivr_choice', 'ivr_choice', '32', 'endcall:hangup', NULL, NULL),
            ('timeout', 'ivr', '2', 'sound', 'vm-goodbye', NULL);
        """

    private static let keys = """
        INSERT INTO callfilter (id, tenant_uuid, name, type) VALUES (1, '\(tenant)', 'boss', 'bosssecretary');
        INSERT INTO callfiltermember (id, callfilterid, type, typeval, bstype) VALUES
            (41, 1, 'user', '11', 'boss'), (42, 1, 'user', '12', 'secretary');
        INSERT INTO func_key_mapping (template_id, func_key_id, destination_type_id, position, blf) VALUES
            (11, 1, 5, 1, true), (11, 2, 6, 2, true), (11, 3, 13, 3, true), (11, 4, 11, 4, true),
            (11, 5, 12, 5, true), (11, 6, 10, 6, true), (12, 7, 5, 1, false);
        INSERT INTO func_key_dest_service (func_key_id, feature_extension_uuid)
        SELECT k, uuid FROM feature_extension, unnest(ARRAY[1, 7]) AS k WHERE feature = 'enablednd';
        INSERT INTO func_key_dest_forward (func_key_id, feature_extension_uuid, number)
        SELECT 2, uuid, '1234' FROM feature_extension WHERE feature = 'fwdunc';
        INSERT INTO func_key_dest_groupmember (func_key_id, group_id, feature_extension_uuid)
        SELECT 3, 7, uuid FROM feature_extension WHERE feature = 'groupmembertoggle';
        INSERT INTO func_key_dest_agent (func_key_id, agent_id, feature_extension_uuid)
        SELECT 4, 5, uuid FROM feature_extension WHERE feature = 'agentstaticlogtoggle';
        INSERT INTO func_key_dest_bsfilter (func_key_id, filtermember_id) VALUES (5, 42);
        INSERT INTO func_key_dest_custom (func_key_id, exten) VALUES (6, '8888');
        """
}
