import Testing

@testable import tandem

/// The normal path of a handler on the demo's rows (sql/demo): a call as the dialplan would make it.
struct Scenario: Sendable, CustomTestStringConvertible {
    var call: Rehearsal.Call
    /// Its arguments as docs/agi.md names them.
    var shownArguments: String
    /// Rows that the demo lacks, as SQL.
    var rows = ""
    /// Whether it changes rows, standalone.
    var isWriter = false

    var testDescription: String { "\(call.script) \(call.arguments.joined(separator: " "))" }

    init(
        _ script: String,
        _ arguments: [String] = [],
        shown: String = "",
        with variables: [String: String] = [:],
        environment: [String: String] = [:],
        digits: [String] = [],
        rows: String = "",
        isWriter: Bool = false
    ) {
        call = Rehearsal.Call(
            script: script,
            arguments: arguments,
            variables: variables,
            environment: environment,
            digits: digits
        )
        shownArguments = shown
        self.rows = rows
        self.isWriter = isWriter
    }

    static let tenant = "10000000-0000-4000-8000-000000000001"
    static let erin = "20000000-0000-4000-8000-000000000011"
    static let frank = "20000000-0000-4000-8000-000000000012"

    static let loggedIn = """
        INSERT INTO agent_login_status (agent_id, agent_number, extension, context, interface, state_interface)
        VALUES (1, '3001', '1110', 'default', 'Local/id-1@agentcallback', 'PJSIP/nina');
        INSERT INTO agent_membership_status (agent_id, queue_id, queue_name) VALUES (1, 2, 'demo-hotline');
        """

    /// Handlers that must not cost a call (contract 41 §7 row 1).
    static let bestEffort: Set = [
        "in_callerid", "callerid_extend", "callerid_forphones", "getring", "record_caller", "start_mix_monitor",
        "record_answered", "call_recording", "wake_mobile", "screen_blocklist", "queue_answered_call",
        "group_answered_call", "check_diversion", "holdtime_announce", "ignore_b_option", "pre_subroutine_compat",
        "post_subroutine_compat", "queue_skill_rule_set", "phone_progfunckey_devstate", "check_schedule",
    ]

    /// Every handler at least once.
    static let all: [Scenario] = [users, outside, queues, agents, features, rooms, others].flatMap(\.self)
}

extension Scenario {
    private static let users: [Scenario] = [
        Scenario(
            "incoming_user_set_features",
            with: [
                "WAZO_USERID": "11", "WAZO_DSTID": "16", "WAZO_CALLORIGIN": "intern", "WAZO_SRCNUM": "1101",
                "WAZO_DSTNUM": "1106", "WAZO_BASE_CONTEXT": "default", "WAZO_TENANT_UUID": tenant,
            ]
        ),
        Scenario(
            "get_user_interfaces",
            [erin],
            shown: "user's uuid",
            with: ["HINT(\(erin)@usersharedlines)": "PJSIP/erin"]
        ),
        Scenario("wake_mobile", [frank], shown: "user's uuid", with: ["WAZO_WAIT_FOR_MOBILE": "1"]),
        Scenario("screen_blocklist", [frank], shown: "callee's uuid", with: ["CALLERID(num)": "0123456789"]),
        Scenario(
            "getring",
            with: ["WAZO_REAL_NUMBER": "1101", "WAZO_REAL_CONTEXT": "default", "WAZO_CALLORIGIN": "extern"]
        ),
        Scenario(
            "user_set_call_rights",
            with: [
                "WAZO_USERID": "17", "WAZO_DSTNUM": "0812345678", "WAZO_OUTCALLID": "1", "WAZO_TENANT_UUID": tenant,
            ]
        ),
    ]

    private static let outside: [Scenario] = [
        Scenario(
            "callerid_forphones",
            with: ["WAZO_INCALL_ID": "13", "WAZO_TENANT_UUID": tenant],
            environment: ["agi_callerid": "0123456789", "agi_calleridname": "unknown"]
        ),
        Scenario("in_callerid", environment: ["agi_callerid": "123456789", "agi_calleridname": "123456789"]),
        Scenario("callerid_extend", environment: ["agi_callington": "0"]),
        Scenario("incoming_did_set_features", with: ["WAZO_INCALL_ID": "13", "WAZO_TENANT_UUID": tenant]),
        Scenario("check_schedule", with: ["WAZO_PATH": "incall", "WAZO_PATH_ID": "20", "WAZO_TENANT_UUID": tenant]),
        Scenario(
            "outgoing_user_set_features",
            with: [
                "WAZO_USERID": "11", "WAZO_USERUUID": erin, "WAZO_DSTID": "1", "WAZO_DSTNUM": "0123456789",
                "WAZO_SRCNUM": "1101", "WAZO_BASE_CONTEXT": "default", "WAZO_TENANT_UUID": tenant,
                "PJSIP_HEADER(read,To)": "<sip:0123456789@pbx.example.org>",
                "PJSIP_PARSE_URI(<sip:0123456789@pbx.example.org>,host)": "pbx.example.org",
            ]
        ),
        Scenario(
            "format_and_set_outgoing_caller_id",
            with: [
                "TRUNK_OUTGOING_CALLER_ID_FORMAT": "+E164", "WAZO_TENANT_COUNTRY": "FR",
                "WAZO_SELECTED_CALLER_ID": "0123456789",
            ]
        ),
        Scenario("switchboard_set_features", ["30000000-0000-4000-8000-000000000002"], shown: "switchboard's uuid"),
    ]

    private static let queues: [Scenario] = [
        Scenario("incoming_group_set_features", with: ["WAZO_DSTID": "1", "WAZO_TENANT_UUID": tenant]),
        Scenario(
            "linear_group_get_interfaces",
            ["2"],
            shown: "group's id",
            with: ["WAZO_TENANT_UUID": tenant, "EXTENSION_STATE(\(frank)@usersharedlines)": "NOT_INUSE"]
        ),
        Scenario("linear_group_check_timeout", with: ["WAZO_DSTID": "2", "WAZO_GROUPTIMEOUT": "20"]),
        Scenario(
            "group_answered_call",
            with: ["WAZO_CALLORIGIN": "extern"],
            environment: ["agi_channel": "Local/\(erin)@usersharedlines-00000001;1"]
        ),
        Scenario("group_member_add", [tenant, erin, "1"], shown: "tenant, user's uuid, group's id"),
        Scenario("group_member_remove", [tenant, erin, "1"], shown: "tenant, user's uuid, group's id"),
        Scenario(
            "group_member_present",
            [tenant, erin, "1"],
            shown: "tenant, user's uuid, group's id",
            with: ["QUEUE_MEMBER_LIST(grp-demo-sales)": "Local/\(erin)@usersharedlines"]
        ),
        Scenario("incoming_queue_set_features", with: ["WAZO_DSTID": "1", "WAZO_TENANT_UUID": tenant]),
        Scenario("check_diversion", with: ["WAZO_DSTID": "1", "WAZO_TENANT_UUID": tenant]),
        Scenario("queue_skill_rule_set", with: ["ARG2": "10"]),
        Scenario(
            "holdtime_announce",
            with: ["WAZO_DSTID": "1", "WAZO_TENANT_UUID": tenant, "QUEUEHOLDTIME": "90"],
            rows: "UPDATE queuefeatures SET announce_holdtime = 1 WHERE id = 1;"
        ),
        Scenario(
            "queue_answered_call",
            with: ["WAZO_CALLORIGIN": "extern"],
            environment: ["agi_channel": "Local/\(frank)@usersharedlines-00000001;1"]
        ),
    ]

    private static let agents: [Scenario] = [
        Scenario("agent_get_options", [tenant, "3001"], shown: "tenant, number or `*` and id"),
        Scenario(
            "agent_login",
            [tenant, "1", "1110", "default"],
            shown: "tenant, agent's id, extension, context, endpoint or none",
            isWriter: true
        ),
        Scenario("agent_logoff", [tenant, "1"], shown: "tenant, agent's id", rows: loggedIn, isWriter: true),
        Scenario("agent_get_status", [tenant, "1"], shown: "tenant, agent's id"),
        Scenario(
            "incoming_agent_set_features",
            ["1"],
            shown: "agent's id",
            with: ["WAZO_QUEUEOPTIONS": "dtx"],
            rows: loggedIn
        ),
    ]

    private static let features: [Scenario] = [
        Scenario("phone_get_features", with: ["WAZO_USERID": "13"]),
        Scenario(
            "phone_set_feature",
            ["dnd"],
            shown: "`dnd` or `incallfilter`",
            with: ["WAZO_USERID": "11"],
            isWriter: true
        ),
        Scenario(
            "phone_set_feature",
            ["callrecord"],
            shown: "`callrecord`",
            with: ["WAZO_USERID": "11"],
            isWriter: true
        ),
        Scenario(
            "phone_set_feature",
            ["vm", "1106"],
            shown: "`vm`, extension or none",
            with: ["WAZO_USERID": "11", "WAZO_BASE_CONTEXT": "default"],
            isWriter: true
        ),
        Scenario(
            "phone_set_feature",
            ["unc", "1", "1101"],
            shown: "`unc`, `rna` or `busy`, `1` or `0`, destination",
            with: ["WAZO_USERID": "12"],
            isWriter: true
        ),
        Scenario("fwdundoall", with: ["WAZO_USERID": "13"], isWriter: true),
        Scenario("phone_progfunckey", ["12***221*1101"], shown: "the key's code", with: ["WAZO_USERID": "12"]),
        Scenario(
            "phone_progfunckey_devstate",
            ["callrecord", "INUSE"],
            shown: "feature, device state, destination or none",
            with: ["WAZO_USERID": "12"]
        ),
        Scenario("callfilter", ["2"], shown: "member's id", with: ["WAZO_USERID": "18"], isWriter: true),
        Scenario(
            "paging",
            ["1"],
            shown: "number",
            with: ["WAZO_USERID": "11", "WAZO_TENANT_UUID": tenant],
            rows: """
                INSERT INTO paging (id, tenant_uuid, number) VALUES (1, '\(tenant)', '1') ON CONFLICT DO NOTHING;
                INSERT INTO paginguser (pagingid, userfeaturesid, caller) VALUES (1, 11, 1), (1, 12, 0)
                ON CONFLICT DO NOTHING;
                """
        ),
        Scenario(
            "callback",
            ["default"],
            shown: "context",
            with: ["WAZO_SRCNUM": "1101", "AST_CONFIG(asterisk.conf,directories,astspooldir)": "/var/spool/asterisk"]
        ),
        Scenario("provision", ["autoprov", "192.0.2.5:5060"], shown: "code or `autoprov`, address"),
    ]

    private static let rooms: [Scenario] = [
        Scenario(
            "vmbox_get_info",
            ["1106"],
            shown: "number or none",
            with: ["WAZO_USERID": "16", "WAZO_BASE_CONTEXT": "default"]
        ),
        Scenario("user_get_vmbox", shown: "extension or none", with: ["WAZO_USERID": "16"]),
        Scenario("check_vmbox_password", ["1106", "default"], shown: "number, context"),
        Scenario(
            "incoming_conference_set_features",
            with: ["WAZO_DSTID": "1", "WAZO_TENANT_UUID": tenant],
            digits: ["1234"]
        ),
        Scenario(
            "meeting_user",
            ["700001"],
            shown: "number or `wazo-meeting-` and uuid",
            with: ["WAZO_TENANT_UUID": tenant],
            rows: """
                INSERT INTO meeting (uuid, tenant_uuid, name, number)
                VALUES ('70000000-0000-4000-8000-000000000001', '\(tenant)', 'Weekly', '700001')
                ON CONFLICT DO NOTHING;
                """
        ),
    ]

    private static let others: [Scenario] = [
        Scenario("record_caller", with: ["WAZO_USERUUID": erin]),
        Scenario("start_mix_monitor"),
        Scenario("record_answered", with: ["WAZO_RECORD_PENDING": "1", "WAZO_TENANT_UUID": tenant]),
        Scenario("call_recording", with: ["WAZO_TENANT_UUID": tenant]),
        Scenario("pre_subroutine_compat", with: ["WAZO_CALLOPTIONS": "tT"]),
        Scenario("post_subroutine_compat", with: ["WAZO_CALLOPTIONS": "tT"]),
        Scenario("ignore_b_option", with: ["WAZO_CALLOPTIONS": "tb(own^1)"]),
    ]
}
