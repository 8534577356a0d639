import Testing

@testable import AsteriskConfiguration

@Suite("queues.conf, voicemail.conf and the small files")
struct RoomFileTests {
    @Test("queues: empty and outdated options go, a linear group rings all, members in their order")
    func queues() {
        var site = Site()
        site.users = [User(id: 5, uuid: "U")]
        site.groups = [QueueObject(id: 1, name: "grp", label: "Sales")]
        site.queueGeneral = [ConfigurationOption("updatecdr", "no"), ConfigurationOption("autofill", "no")]
        site.queues = [
            Queue(
                name: "grp",
                isGroup: true,
                options: [
                    ConfigurationOption("strategy", "linear"), ConfigurationOption("context", ""),
                    ConfigurationOption("membermacro", "x"), ConfigurationOption("ringinuse", "0"),
                ]
            ),
            Queue(name: "a", isGroup: false, options: [ConfigurationOption("strategy", "linear")]),
        ]
        site.queueMembers = [
            QueueMember(queue: "grp", interface: "Local/9@x", user: 0, position: 2),
            QueueMember(queue: "grp", interface: "PJSIP/ann", penalty: 3, user: 5, position: 1),
            QueueMember(queue: "grp", interface: "a,b", user: 0, position: 3),
        ]
        #expect(
            text(QueuesFile(site).sections()) == """
                [general]
                autofill = no

                [a]
                strategy = linear

                ; Sales
                [grp]
                strategy = ringall
                ringinuse = 0
                member = Local/U@usersharedlines,3,,hint:U@usersharedlines
                member = Local/9@x,0,,

                """
        )
    }

    @Test("mailboxes: commas and bars are taken out, breaks written, options in their order")
    func voicemail() {
        var site = Site()
        site.voicemailGeneral = [
            ConfigurationOption("emailbody", "a\r\nb;"), ConfigurationOption("adsifdn", "1"),
            ConfigurationOption("externpass", "/x"),
        ]
        site.voicemailZones = [ConfigurationOption("eu-fr", "Europe/Paris|kM")]
        site.mailboxes = [
            Mailbox(
                id: 1,
                context: "c",
                number: "1001",
                password: "4;2",
                fullName: "Archer, Ann",
                email: "a@b",
                language: "fr_FR",
                zone: "eu-fr",
                attaches: false,
                deletes: true,
                maximum: 5,
                options: [ConfigurationOption("emailsubject", "x|\ty")]
            ),
            Mailbox(id: 2, context: "b", number: "9", zone: "mars"),
            Mailbox(id: 3, context: "b", number: "8", password: "*1"),
        ]
        var file = VoicemailFile(site)
        let sections = file.sections()
        #expect(
            text(sections) == """
                [general]
                emailbody = a\\nb\\;
                externpass = /x

                [zonemessages]
                eu-fr = Europe/Paris|kM

                [b]
                9 => ,,,,deletevoicemail=no

                [c]
                1001 => 4\\;2,Archer Ann,a@b,,language=fr_FR|tz=eu-fr|attach=no|deletevoicemail=yes|maxmsg=5|emailsubject=x\\ty

                """
        )
        #expect(
            file.remarks == [
                "mailbox 3 left out: its password begins with a star",
                "mailbox 2: its time zone is not among the zone messages",
            ]
        )
    }

    @Test("conferences inherit from bases that are always there")
    func conferences() {
        var site = Site()
        site.rawFiles["confbridge.conf"] = [
            RawSection(name: "wazo_default_user", options: [ConfigurationOption("type", "user")])
        ]
        site.conferences = [
            Conference(id: 4, label: "Board", musicClass: "jazz", hasAdministrator: true), Conference(id: 5),
        ]
        let file = text(ConfBridgeFile(site).sections())
        #expect(
            file.hasPrefix(
                """
                [general]

                [wazo_default_bridge]
                type = bridge

                [wazo_default_user]
                type = user

                ; Board
                [wazo-bridge-profile-4](wazo_default_bridge)
                type = bridge
                max_members = 50
                record_conference = no

                [wazo-user-profile-4](wazo_default_user)
                type = user
                quiet = no
                announce_join_leave = no
                announce_user_count = no
                announce_only_user = yes
                music_on_hold_when_empty = yes
                music_on_hold_class = jazz

                [wazo-admin-profile-4](wazo-user-profile-4)
                admin = yes

                [wazo-bridge-profile-5](wazo_default_bridge)
                """
            )
        )
        #expect(!file.contains("wazo-admin-profile-5"))
    }

    @Test(
        "parking lots need a number and a range",
        arguments: [("701", "709", 1), ("709", "701", 0), ("a", "b", 0), ("0", "5", 0)]
    )
    func parking(first: String, last: String, count: Int) {
        var site = Site()
        site.parkingLots = [
            ParkingLot(id: 4, firstSlot: first, lastSlot: last), ParkingLot(id: 5, firstSlot: "1", lastSlot: "2"),
        ]
        site.extensions = [Extension(id: 1, context: "c", exten: "700", type: "parking", target: "4")]
        var file = ParkingFile(site)
        let sections = file.sections()
        #expect(sections.filter { $0.name.hasPrefix("parkinglot-") }.count == count)
        #expect(file.remarks.count == 1 - count)
    }

    @Test("music: folders below the given one, other modes as files, no name that leaves it")
    func music() {
        var site = Site()
        site.musicClasses = [
            MusicClass(name: "../x"),
            MusicClass(name: "radio", mode: "custom", application: "/bin/radio; rm", sort: nil),
            MusicClass(name: "jazz", mode: "mp3", sort: "random_start"),
        ]
        var file = MusicFile(site, folder: "moh")
        let sections = file.sections()
        #expect(
            text(sections) == """
                [default]
                mode = files
                directory = moh

                [jazz]
                mode = files
                directory = moh/jazz
                sort = randstart

                [radio]
                mode = custom
                application = /bin/radio\\; rm

                """
        )
        #expect(file.folders == ["default", "jazz"])
    }

    @Test("features: the code that hangs up also gives a transfer up")
    func features() {
        var site = Site()
        site.features = [
            "featuremap": [ConfigurationOption("disconnect", "*0")],
            "general": [ConfigurationOption("pickupexten", "*8")],
        ]
        #expect(
            text(FeaturesFile(site).sections())
                == "[general]\npickupexten = *8\natxferabort = *0\n\n[featuremap]\ndisconnect = *0\n\n[applicationmap]\n"
        )
    }

    @Test("IAX: only with a trunk; a list of codecs forbids the others")
    func iax() {
        var site = Site()
        #expect(GeneratedConfiguration(site).files.first { $0.name == "iax.conf" }?.isNeeded == false)
        site.trunks = [Trunk(id: 1, iaxEndpoint: 3)]
        site.iax.general = [
            ConfigurationOption("disallow", "x"), ConfigurationOption("allow", "ulaw, alaw"),
            ConfigurationOption("register", "a:b@c"),
        ]
        site.iax.callLimits = [IAXSite.CallLimit(network: "10.0.0.0/255.0.0.0", calls: "5")]
        site.iax.peers = [
            IAXSite.Peer(
                id: 3,
                name: "p",
                options: [ConfigurationOption("allow", "gsm"), ConfigurationOption("host", "h")]
            )
        ]
        #expect(
            text(IAXFile(site).sections()) == """
                [general]
                disallow = all
                allow = ulaw
                allow = alaw
                register => a:b@c

                [callnumberlimits]
                10.0.0.0/255.0.0.0 = 5

                [p]
                disallow = all
                allow = gsm
                host = h

                """
        )
    }
}
