extension SiteTables {
    /// Every table that is read (contract 44 §9).
    static let all = [
        tenant, context, contextInclude, extensions, userFeatures, lineFeatures, userLine, lineExtension, sccpLine,
        userCustom, endpointSIP, endpointTemplate, endpointSection, endpointOption, transport, transportOption,
        trunkFeatures, userIAX, staticIAX, iaxLimits, meeting, pickup, pickupMember, groupFeatures, queueFeatures,
        queue, queueMember, staticQueue, voicemail, staticVoicemail, conference, parkingLot, moh, application,
        featureExtension, features, callFilter, callFilterMember, ivr, ivrChoice, dialAction, keyMapping, keyService,
        keyForward, keyGroupMember, keyAgent, keyFilter, keyCustom, file, fileSection, fileVariable,
    ]

    /// Columns without which a table says something wrong; others may be missing.
    static let indispensable: [String: [String]] = [
        "context": ["name", "tenant_uuid"], "extensions": ["id", "context", "exten", "type", "typeval"],
        "userfeatures": ["id", "uuid"], "linefeatures": ["id", "context", "commented", "endpoint_sip_uuid"],
        "user_line": ["user_id", "line_id", "main_user", "main_line"],
        "line_extension": ["line_id", "extension_id", "main_extension"],
        "endpoint_sip": ["uuid", "name", "tenant_uuid"], "endpoint_sip_template": ["child_uuid", "parent_uuid"],
        "endpoint_sip_section": ["uuid", "type", "endpoint_sip_uuid"],
        "endpoint_sip_section_option": ["key", "value", "endpoint_sip_section_uuid"], "queue": ["name", "category"],
        "queuemember": ["queue_name", "interface", "usertype", "userid"],
        "voicemail": ["uniqueid", "context", "mailbox", "password"],
    ]

    static let tenant = SiteTable("tenant", "uuid record_start_announcement record_stop_announcement", order: "uuid")
    static let context = SiteTable("context", "name tenant_uuid displayname contexttype commented", order: "name")
    static let contextInclude = SiteTable(
        "contextinclude",
        "context include priority",
        order: "context,priority,include"
    )
    static let extensions = SiteTable("extensions", "id commented context exten type typeval", order: "id")
    static let userFeatures = SiteTable(
        "userfeatures",
        "id uuid callerid voicemailid simultcalls enablehint enableonlinerec func_key_private_template_id",
        order: "id"
    )
    static let lineFeatures = SiteTable(
        "linefeatures",
        "id context application_uuid commented endpoint_sip_uuid endpoint_sccp_id endpoint_custom_id",
        order: "id"
    )
    static let userLine = SiteTable("user_line", "user_id line_id main_user main_line", order: "user_id,line_id")
    static let lineExtension = SiteTable(
        "line_extension",
        "line_id extension_id main_extension",
        order: "line_id,extension_id"
    )
    static let sccpLine = SiteTable("sccpline", "id name commented", order: "id", isRequired: false)
    static let userCustom = SiteTable("usercustom", "id interface commented", order: "id", isRequired: false)

    static let endpointSIP = SiteTable("endpoint_sip", "uuid label name tenant_uuid transport_uuid", order: "name")
    static let endpointTemplate = SiteTable(
        "endpoint_sip_template",
        "child_uuid parent_uuid priority",
        order: "child_uuid,priority,parent_uuid"
    )
    static let endpointSection = SiteTable("endpoint_sip_section", "uuid type endpoint_sip_uuid", order: "uuid")
    static let endpointOption = SiteTable(
        "endpoint_sip_section_option",
        "key value endpoint_sip_section_uuid",
        order: "endpoint_sip_section_uuid"
    )
    static let transport = SiteTable("pjsip_transport", "uuid name", order: "name", isRequired: false)
    static let transportOption = SiteTable(
        "pjsip_transport_option",
        "id key value pjsip_transport_uuid",
        order: "id",
        isRequired: false
    )
    static let trunkFeatures = SiteTable(
        "trunkfeatures",
        "id endpoint_sip_uuid endpoint_iax_id context outgoing_caller_id_format",
        order: "id"
    )
    static let userIAX = SiteTable(
        "useriax",
        "id name category commented type username secret dbsecret context language accountcode amaflags mailbox "
            + "callerid fullname cid_number trunk auth encryption forceencryption maxauthreq inkeys outkey adsi transfer "
            + "codecpriority jitterbuffer forcejitterbuffer sendani qualify qualifysmoothing qualifyfreqok "
            + "qualifyfreqnotok timezone allow mohinterpret mohsuggest deny permit defaultip sourceaddress setvar host "
            + "port mask regexten peercontext immediate keyrotate parkinglot requirecalltoken options",
        arrays: ["options"],
        order: "id",
        isRequired: false
    )
    static let staticIAX = fileRows("staticiax")
    static let iaxLimits = SiteTable(
        "iaxcallnumberlimits",
        "id destination netmask calllimits",
        order: "id",
        isRequired: false
    )
    static let meeting = SiteTable("meeting", "uuid name guest_endpoint_sip_uuid", order: "uuid", isRequired: false)

    static let pickup = SiteTable("pickup", "id commented", order: "id", isRequired: false)
    static let pickupMember = SiteTable(
        "pickupmember",
        "pickupid category membertype memberid",
        order: "pickupid,category,membertype,memberid",
        isRequired: false
    )
    static let groupFeatures = SiteTable("groupfeatures", "id name label", order: "id")
    static let queueFeatures = SiteTable("queuefeatures", "id name displayname", order: "id")
    static let queue = SiteTable(
        "queue",
        "name category commented musicclass announce context timeout monitor-format queue-youarenext queue-thereare "
            + "queue-callswaiting queue-holdtime queue-minutes queue-seconds queue-thankyou queue-reporthold "
            + "periodic-announce announce-frequency periodic-announce-frequency announce-round-seconds "
            + "announce-holdtime retry wrapuptime maxlen servicelevel strategy joinempty leavewhenempty ringinuse "
            + "reportholdtime memberdelay weight timeoutrestart timeoutpriority autofill autopause setinterfacevar "
            + "setqueueentryvar setqueuevar min-announce-frequency random-periodic-announce announce-position "
            + "announce-position-limit defaultrule",
        order: "name"
    )
    static let queueMember = SiteTable(
        "queuemember",
        "queue_name interface penalty commented usertype userid position",
        order: "queue_name,position,interface"
    )
    static let staticQueue = fileRows("staticqueue")
    static let voicemail = SiteTable(
        "voicemail",
        "uniqueid context mailbox password fullname email pager language tz attach deletevoicemail maxmsg options "
            + "commented",
        arrays: ["options"],
        order: "uniqueid"
    )
    static let staticVoicemail = fileRows("staticvoicemail")

    static let conference = SiteTable(
        "conference",
        "id name max_users record quiet_join_leave announce_join_leave announce_user_count announce_only_user "
            + "music_on_hold admin_pin",
        order: "id",
        isRequired: false
    )
    static let parkingLot = SiteTable(
        "parking_lot",
        "id name slots_start slots_end timeout music_on_hold",
        order: "id",
        isRequired: false
    )
    static let moh = SiteTable("moh", "name label mode application sort", order: "name", isRequired: false)
    static let application = SiteTable("application", "uuid", order: "uuid", isRequired: false)
    static let featureExtension = SiteTable("feature_extension", "uuid enabled exten feature", order: "exten")
    static let features = fileRows("features")
    static let callFilter = SiteTable("callfilter", "id commented", order: "id", isRequired: false)
    static let callFilterMember = SiteTable(
        "callfiltermember",
        "id callfilterid type typeval",
        order: "id",
        isRequired: false
    )
    static let ivr = SiteTable(
        "ivr",
        "id name greeting_sound menu_sound invalid_sound abort_sound timeout max_tries",
        order: "id",
        isRequired: false
    )
    static let ivrChoice = SiteTable("ivr_choice", "id ivr_id exten", order: "id", isRequired: false)
    static let dialAction = SiteTable(
        "dialaction",
        "event category categoryval action actionarg1 actionarg2",
        order: "category,categoryval,event"
    )

    static let keyMapping = SiteTable(
        "func_key_mapping",
        "template_id func_key_id position blf",
        order: "template_id,position",
        isRequired: false
    )
    static let keyService = keyTarget("service", "feature_extension_uuid")
    static let keyForward = keyTarget("forward", "feature_extension_uuid number")
    static let keyGroupMember = keyTarget("groupmember", "feature_extension_uuid group_id")
    static let keyAgent = keyTarget("agent", "feature_extension_uuid agent_id")
    static let keyFilter = keyTarget("bsfilter", "filtermember_id")
    static let keyCustom = keyTarget("custom", "exten")

    static let file = SiteTable("asterisk_file", "id name", order: "id", isRequired: false)
    static let fileSection = SiteTable(
        "asterisk_file_section",
        "id name priority asterisk_file_id",
        order: "priority,id",
        isRequired: false
    )
    static let fileVariable = SiteTable(
        "asterisk_file_variable",
        "id key value priority asterisk_file_section_id",
        order: "priority,id",
        isRequired: false
    )

    private static func fileRows(_ name: String) -> SiteTable {
        SiteTable(
            name,
            "id cat_metric var_metric commented filename category var_name var_val",
            order: "cat_metric,var_metric,id",
            isRequired: false
        )
    }

    private static func keyTarget(_ kind: String, _ columns: String) -> SiteTable {
        SiteTable("func_key_dest_\(kind)", "func_key_id \(columns)", order: "func_key_id", isRequired: false)
    }
}
