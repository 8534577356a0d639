import Core
import Postgres

/// Columns that the directory reads and the database lacks, as `table.column`.
public struct MissingColumns: Sendable, Hashable {
    /// Without these some look-ups are refused.
    public var required: [String]
    /// Recent additions of the platform: without them what they tell is off.
    public var optional: [String]

    /// Whether nothing is missing.
    public var isEmpty: Bool { required.isEmpty && optional.isEmpty }
}

extension PostgresDirectory {
    /// Which columns of the contract's tables are not there, or not to be read by our role: asked once at the
    /// start, so that a log line names them all (contract 43 §0).
    /// - Throws: `DatabaseFailure`.
    public func missingColumns() async throws -> MissingColumns {
        let optional = Set(Self.optionalColumns)
        let wanted = Self.requiredColumns + Self.optionalColumns
        return try await read(Self.columnCheck, [wanted.joined(separator: ",")]) { rows in
            let missing: [String] = try rows.map { try $0.value("wanted") }
            return MissingColumns(
                required: missing.filter { !optional.contains($0) },
                optional: missing.filter { optional.contains($0) }
            )
        }
    }

    private static let columnCheck = PostgresStatement.read(
        """
        SELECT wanted
        FROM unnest(string_to_array($1, ',')) AS wanted
        WHERE NOT EXISTS (
            SELECT FROM pg_catalog.pg_attribute a
            JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relname = split_part(wanted, '.', 1)
                AND a.attname = split_part(wanted, '.', 2) AND a.attnum > 0 AND NOT a.attisdropped
                AND has_column_privilege(c.oid, a.attnum, 'SELECT')
        )
        ORDER BY wanted
        """
    )

    /// Every column that a statement of this target names; a test runs them all with no other column there.
    static let requiredColumns = tables.flatMap { table, columns in
        columns.parts(separatedBy: " ").map { "\(table).\($0)" }
    }

    /// Read through JSON, or left out when they may not be read.
    static let optionalColumns = [
        "endpoint_sip_section.uuid", "endpoint_sip_section.type", "endpoint_sip_section.endpoint_sip_uuid",
        "endpoint_sip_section_option.key", "endpoint_sip_section_option.value",
        "endpoint_sip_section_option.endpoint_sip_section_uuid",
        "groupfeatures.dtmf_record_toggle", "queuefeatures.dtmf_record_toggle",
        "userfeatures.mobile_fallback_enabled", "voicemail.accesstype",
    ]

    private static let tables = [
        ("agent_login_status", "agent_id state_interface"),
        ("agentfeatures", "id tenant_uuid number passwd language preprocess_subroutine"),
        ("application", "uuid tenant_uuid name"),
        ("application_dest_node", "application_uuid type music_on_hold answer"),
        ("blocklist_number", "uuid number blocklist_uuid"),
        ("blocklist_user", "user_uuid blocklist_uuid"),
        ("callerid", "mode callerdisplay type typeval"),
        ("callfilter", "id tenant_uuid bosssecretary callfrom ringseconds commented"),
        ("callfiltermember", "id callfilterid type typeval ringseconds priority bstype active"),
        ("conference", "id tenant_uuid name pin admin_pin preprocess_subroutine"),
        ("context", "name tenant_uuid commented"),
        ("contextinclude", "context include priority"),
        ("dialaction", "event category categoryval action actionarg1 actionarg2"),
        ("dialpattern", "id type typeid externprefix stripnum callerid"),
        ("endpoint_sip", "uuid name"),
        ("extensions", "id commented context exten type typeval"),
        ("feature_extension", "exten feature enabled"),
        (
            "groupfeatures",
            "id tenant_uuid name label transfer_user transfer_call write_caller write_calling ignore_forward timeout "
                + "preprocess_subroutine mark_answered_elsewhere"
        ),
        ("incall", "id tenant_uuid preprocess_subroutine greeting_sound commented"),
        ("infos", "uuid timezone"),
        ("line_extension", "line_id extension_id main_extension"),
        ("linefeatures", "id name context commented endpoint_sip_uuid endpoint_sccp_id endpoint_custom_id"),
        ("meeting", "uuid tenant_uuid name number"),
        ("meeting_owner", "meeting_uuid user_uuid"),
        ("moh", "uuid tenant_uuid name"),
        ("outcall", "id tenant_uuid internal preprocess_subroutine hangupringtime commented"),
        ("outcalltrunk", "outcallid trunkfeaturesid priority"),
        (
            "paging",
            "id tenant_uuid number duplex ignore record quiet timeout announcement_file announcement_play "
                + "announcement_caller commented"
        ),
        ("paginguser", "pagingid userfeaturesid caller"),
        ("parking_lot", "id tenant_uuid name slots_start slots_end timeout"),
        ("phone_number", "uuid tenant_uuid number shared main"),
        ("pickup", "id tenant_uuid commented"),
        ("pickupmember", "pickupid category membertype memberid"),
        ("queue", "name category commented musicclass strategy maxlen timeout retry ringinuse wrapuptime"),
        (
            "queuefeatures",
            "id tenant_uuid name number context data_quality hitting_callee hitting_caller retries ring transfer_user "
                + "transfer_call write_caller write_calling ignore_forward mark_answered_elsewhere url "
                + "announceoverride timeout preprocess_subroutine announce_holdtime waittime waitratio"
        ),
        ("queuemember", "queue_name userid usertype category commented interface position"),
        ("queueskillrule", "id tenant_uuid"),
        ("rightcall", "id tenant_uuid passwd authorization commented"),
        ("rightcallexten", "id rightcallid exten"),
        ("rightcallmember", "rightcallid type typeval"),
        ("sccpline", "id commented"),
        ("schedule", "id timezone fallback_action fallback_actionid fallback_actionargs commented"),
        ("schedule_path", "schedule_id path pathid"),
        ("schedule_time", "id schedule_id mode hours weekdays monthdays months action actionid actionargs commented"),
        ("switchboard", "uuid tenant_uuid name hold_moh_uuid queue_moh_uuid timeout"),
        ("tenant", "uuid country"),
        (
            "trunkfeatures",
            "id tenant_uuid endpoint_sip_uuid endpoint_iax_id endpoint_custom_id outgoing_caller_id_format"
        ),
        ("user_line", "user_id line_id main_line main_user"),
        ("usercustom", "id interface intfsuffix commented"),
        ("userfeatures", "id uuid firstname lastname tenant_uuid mobilephonenumber voicemailid agentid commented"),
        (
            "userfeatures",
            "callerid outcallerid ringseconds simultcalls language musiconhold userfield preprocess_subroutine "
                + "enablednd dtmf_hangup enablexfer enableonlinerec incallfilter enablevoicemail rightcallcode "
                + "enableunc destunc enablerna destrna enablebusy destbusy "
                + "call_record_outgoing_external_enabled call_record_outgoing_internal_enabled "
                + "call_record_incoming_external_enabled call_record_incoming_internal_enabled"
        ),
        ("useriax", "id name"),
        ("voicemail", "uniqueid context mailbox fullname email language password skipcheckpass commented"),
    ]
}
