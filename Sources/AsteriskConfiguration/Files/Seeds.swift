/// What counts where a table is missing, may not be read, or is empty: the values that the platform begins with
/// (contract 44), and in place of its French texts English ones.
enum Seeds {
    static let transports = [
        Transport(
            uuid: "",
            name: "transport-udp",
            options: options(("protocol", "udp"), ("bind", "0.0.0.0:5060"))
        ),
        // its address is not used: WebSocket comes through http.conf
        Transport(uuid: "", name: "transport-wss", options: options(("protocol", "wss"), ("bind", "0.0.0.0:5060"))),
    ]

    static let pjsip = [
        RawSection(
            name: "global",
            options: options(("user_agent", "Tandem"), ("endpoint_identifier_order", "auth_username,username,ip"))
        ),
        RawSection(name: "system"),
    ]

    static let confBridge = [
        RawSection(name: "general"),
        RawSection(name: "wazo_default_bridge", options: options(("type", "bridge"))),
        RawSection(
            name: "wazo_default_user",
            options: options(("type", "user"), ("dsp_drop_silence", "yes"), ("talk_detection_events", "yes"))
        ),
    ]

    static let rtp = [
        RawSection(name: "general", options: options(("rtpstart", "10000"), ("rtpend", "20000"))),
        RawSection(name: "ice_host_candidates"),
    ]

    static let queues = options(("persistentmembers", "yes"), ("autofill", "no"), ("shared_lastcall", "yes"))

    static let features = [
        "general": options(
            ("transferdigittimeout", "5"),
            ("pickupexten", "*8"),
            ("featuredigittimeout", "1500"),
            ("atxfernoanswertimeout", "15"),
            ("atxferdropcall", "no"),
            ("atxferloopdelay", "10"),
            ("atxfercallbackretries", "2")
        ),
        "featuremap": options(("blindxfer", "*1"), ("disconnect", "*0"), ("atxfer", "*2")),
        "applicationmap": options(("togglerecord", "*3,self,AGI(agi://${GLOBAL(WAZO_AGID_IP)}/call_recording)")),
    ]

    static let voicemail = options(
        ("maxmsg", "100"),
        ("silencethreshold", "256"),
        ("minsecs", "0"),
        ("maxsecs", "0"),
        ("maxsilence", "15"),
        ("review", "yes"),
        ("operator", "yes"),
        ("format", "wav"),
        ("maxlogins", "3"),
        ("envelope", "yes"),
        ("saycid", "no"),
        ("sayduration", "yes"),
        ("saydurationm", "2"),
        ("forcename", "no"),
        ("forcegreetings", "no"),
        ("tempgreetwarn", "yes"),
        ("maxgreet", "0"),
        ("skipms", "3000"),
        ("sendvoicemail", "no"),
        ("usedirectory", "yes"),
        ("nextaftercmd", "yes"),
        ("attach", "yes"),
        ("volgain", "0"),
        ("mailcmd", "/usr/sbin/sendmail -t"),
        ("serveremail", "voicemail"),
        ("charset", "UTF-8"),
        ("fromstring", "Voicemail"),
        ("emailsubject", "Voice message from ${VM_CALLERID}"),
        (
            "emailbody",
            "${VM_NAME},\n\n${VM_CALLERID} left a message of ${VM_DUR} in your mailbox ${VM_MAILBOX} on ${VM_DATE}.\n"
        ),
        ("emaildateformat", "%A, %d %B %Y, %H:%M"),
        ("pbxskip", "no"),
        ("searchcontexts", "no")
    )

    static let voicemailZones = options(
        ("eu-fr", "Europe/Paris|'vm-received' q 'digits/at' kM"),
        ("gb-london", "Europe/London|'vm-received' q 'digits/at' IMp"),
        ("na-eastern", "America/New_York|'vm-received' q 'digits/at' IMp"),
        ("us-detroit", "America/Detroit|'vm-received' q 'digits/at' IMp")
    )

    static let iax = options(
        ("bindport", "4569"),
        ("bandwidth", "high"),
        ("jitterbuffer", "no"),
        ("transfer", "yes"),
        ("codecpriority", "host"),
        ("autokill", "yes"),
        ("calltokenoptional", "0.0.0.0"),
        ("rtcachefriends", "yes")
    )

    private static func options(_ pairs: (String, String)...) -> [ConfigurationOption] {
        pairs.map { ConfigurationOption($0.0, $0.1) }
    }
}
