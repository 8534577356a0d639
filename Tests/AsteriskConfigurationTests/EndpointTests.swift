import Testing

@testable import AsteriskConfiguration

@Suite("pjsip.conf")
struct EndpointTests {
    /// A line of one user, with templates that say the same things differently.
    private func site() -> Site {
        var site = Site()
        site.tenants = [Tenant(uuid: "T", recordingStart: "beep")]
        site.users = [User(id: 5, uuid: "U", callerID: "\"Ann\"", mailbox: 9, recordsOnline: true)]
        site.lines = [Line(id: 7, context: "inside", sipEndpoint: "own")]
        site.userLines = [UserLine(user: 5, line: 7)]
        site.extensions = [Extension(id: 1, context: "inside", exten: "1001", type: "user", target: "5")]
        site.lineExtensions = [LineExtension(line: 7, extension: 1)]
        site.mailboxes = [Mailbox(id: 9, context: "inside", number: "1001")]
        var grand = SIPEndpoint(uuid: "grand", name: "grand", tenant: "T", transport: "udp")
        grand.parts[.endpoint] = [
            ConfigurationOption("allow", "ulaw"), .variable("X", "1"), ConfigurationOption("dtmf_mode", "info"),
        ]
        var parent = SIPEndpoint(uuid: "parent", name: "parent", tenant: "T", parents: ["grand"])
        parent.parts[.endpoint] = [ConfigurationOption("allow", "alaw"), .variable("X", "2"), .variable("_X", "3")]
        parent.parts[.aor] = [ConfigurationOption("max_contacts", "1")]
        var own = SIPEndpoint(uuid: "own", name: "ann", label: "Ann", tenant: "T", parents: ["parent"])
        own.parts[.endpoint] = [.variable("X", "4")]
        own.parts[.auth] = [ConfigurationOption("password", "p;w"), ConfigurationOption("username", "ann")]
        site.endpoints = [grand, parent, own]
        site.transports = [
            Transport(uuid: "udp", name: "transport-udp", options: [ConfigurationOption("protocol", "udp")])
        ]
        site.rawFiles["pjsip.conf"] = []
        return site
    }

    private func file(_ site: Site) -> (text: String, remarks: [String]) {
        var site = site
        site.contexts = ["inside", "from", "other"].map { Context(name: $0, tenant: "T") }
        return fileAsItIs(site)
    }

    private func fileAsItIs(_ site: Site) -> (text: String, remarks: [String]) {
        var file = PJSIPFile(site)
        let sections = file.sections()
        return (text(sections), file.remarks)
    }

    @Test(
        "a line: defaults, then templates from far to near, then its own rows; the last wins in the first one's place"
    )
    func line() {
        #expect(
            file(site()).text == """
                [global]
                type = global

                [system]
                type = system

                [transport-udp]
                type = transport
                protocol = udp

                ; Ann
                [ann]
                context = inside
                mailboxes = 1001@inside
                allow = alaw
                dtmf_mode = info
                transport = transport-udp
                callerid = "Ann" <1001>
                aors = ann
                auth = ann
                set_var = WAZO_CHANNEL_DIRECTION=from-wazo
                set_var = WAZO_LINE_ID=7
                set_var = TRANSFER_CONTEXT=inside
                set_var = XIVO_USERID=5
                set_var = WAZO_USERID=5
                set_var = XIVO_USERUUID=U
                set_var = WAZO_USERUUID=U
                set_var = WAZO_USER_DTMF_RECORD_TOGGLE_ENABLED=1
                set_var = WAZO_CALLER_SIMULTCALLS=5
                set_var = PICKUPMARK=1001%inside
                set_var = __WAZO_RECORDING_START_SOUND=beep
                set_var = __WAZO_TENANT_UUID=T
                set_var = _X=3
                set_var = X=4
                set_var = XIVO_ORIGINAL_CALLER_ID="Ann" <1001>
                type = endpoint

                [ann]
                mailboxes = 1001@inside
                max_contacts = 1
                type = aor

                [ann]
                password = p\\;w
                username = ann
                type = auth

                """
        )
    }

    @Test("a disabled line does not register")
    func disabled() {
        var site = site()
        site.lines[0].isEnabled = false
        #expect(!file(site).text.contains("[ann]"))
    }

    @Test("of a shared line's users the main one is in its variables, the mailboxes of all are lit")
    func shared() {
        var site = site()
        site.users.append(User(id: 6, uuid: "V", callerID: "\"Ben\"", mailbox: 10))
        site.userLines.append(UserLine(user: 6, line: 7, isMainUser: false, isMainLine: false))
        site.mailboxes.append(Mailbox(id: 10, context: "inside", number: "1002"))
        let text = file(site).text
        #expect(text.contains("set_var = WAZO_USERUUID=U\n"))
        #expect(!text.contains("=V\n"))
        #expect(text.contains("mailboxes = 1001@inside,1002@inside\n"))
    }

    @Test("a line of an application enters it, and still transfers in its own context")
    func application() {
        var site = site()
        site.lines[0].application = "A"
        let text = file(site).text
        #expect(text.contains("\ncontext = stasis-wazo-app-A\n"))
        #expect(text.contains("set_var = TRANSFER_CONTEXT=inside\n"))
    }

    @Test("a context that is stored in a template is stronger than the line's; a stored caller id is kept")
    func storedWins() {
        var site = site()
        site.endpoints[0].parts[.endpoint]?.append(ConfigurationOption("context", "other"))
        site.endpoints[2].parts[.endpoint]?.append(ConfigurationOption("callerid", "\"X\" <9>"))
        let text = file(site).text
        #expect(text.contains("\ncontext = other\n"))
        #expect(!text.contains("context = inside"))
        #expect(text.contains("callerid = \"X\" <9>\n"))
        #expect(text.contains("set_var = XIVO_ORIGINAL_CALLER_ID=\"X\" <9>\n"))
    }

    @Test(
        "a trunk has all its parts, and its registration names the endpoint with line support only",
        arguments: [false, true]
    )
    func trunk(hasLine: Bool) {
        var site = site()
        site.lines = []
        site.trunks = [Trunk(id: 1, sipEndpoint: "trunk", context: "from", callerIDFormat: "E164")]
        var trunk = SIPEndpoint(uuid: "trunk", name: "t", tenant: "Q")
        trunk.parts[.aor] = [ConfigurationOption("contact", "sip:a"), ConfigurationOption("contact", "sip:b")]
        trunk.parts[.identify] = [ConfigurationOption("match", "1.2.3.4"), ConfigurationOption("match", "1.2.3.5")]
        trunk.parts[.registration] =
            [ConfigurationOption("client_uri", "sip:x@y")] + (hasLine ? [ConfigurationOption("line", "yes")] : [])
        trunk.parts[.registrationOutboundAuth] = [ConfigurationOption("username", "x")]
        site.endpoints = [trunk]
        let expected = """
            [t]
            context = from
            aors = t
            set_var = __WAZO_TENANT_UUID=Q
            set_var = WAZO_PAI_FORMAT=E164
            type = endpoint

            [t]
            contact = sip:a
            contact = sip:b
            type = aor

            [t]
            match = 1.2.3.4
            match = 1.2.3.5
            type = identify
            endpoint = t

            [t]
            client_uri = sip:x@y
            \(hasLine ? "line = yes\ntype = registration\nendpoint = t" : "type = registration")
            outbound_auth = auth_reg_t

            [auth_reg_t]
            username = x
            type = auth

            """
        #expect(file(site).text.hasSuffix("\n\n" + expected))
    }

    @Test("a line's outbound authentication is written, not only referred to")
    func outboundAuth() {
        var site = site()
        site.endpoints[2].parts[.outboundAuth] = [ConfigurationOption("username", "ann")]
        let text = file(site).text
        #expect(text.contains("outbound_auth = outbound_auth_ann\n"))
        #expect(text.hasSuffix("\n\n[outbound_auth_ann]\nusername = ann\ntype = auth\n"))
    }

    @Test("templates in a circle end, with a remark")
    func circle() {
        var site = site()
        site.endpoints[0].parents = ["parent"]
        let (text, remarks) = file(site)
        #expect(text.contains("[ann]\n"))
        #expect(remarks == ["endpoint ann: its templates go round in a circle, or are too many"])
    }

    @Test(
        "a name that is taken or cannot be written leaves the endpoint out",
        arguments: ["global", "transport-udp", "a]b", "a,b", "a\nb"]
    )
    func names(name: String) {
        var site = site()
        site.endpoints[2].name = name
        let (text, remarks) = file(site)
        #expect(!text.contains("type = endpoint"))
        #expect(remarks.count == 1)
    }

    @Test("pickup groups: of users, and of groups and queues for their members' main lines")
    func pickups() {
        var site = site()
        site.pickups = [Pickup(id: 12), Pickup(id: 3), Pickup(id: 4)]
        site.groups = [QueueObject(id: 1, name: "grp")]
        site.queueMembers = [QueueMember(queue: "grp", interface: "PJSIP/ann", user: 5)]
        site.pickupMembers = [
            PickupMember(pickup: 12, category: .member, type: "user", member: 5),
            PickupMember(pickup: 3, category: .member, type: "user", member: 5),
            PickupMember(pickup: 4, category: .pickup, type: "group", member: 1),
            PickupMember(pickup: 99, category: .pickup, type: "user", member: 5),
        ]
        let both = file(site).text
        #expect(both.contains("\nnamed_pickup_group = 3,12\nnamed_call_group = 4\n"))
        site.userLines[0].isMainLine = false
        #expect(!file(site).text.contains("named_call_group"))
    }

    @Test("a context that is not there and a codec that nobody knows are said")
    func doubts() {
        var site = site()
        site.endpoints[2].parts[.endpoint]?.append(ConfigurationOption("allow", "!all,ulaw:20,ilbc,latin"))
        #expect(
            fileAsItIs(site).remarks == [
                "endpoint ann: there is no context inside, so its calls fail",
                "endpoint ann: Asterisk knows no codec latin",
            ]
        )
    }
}
