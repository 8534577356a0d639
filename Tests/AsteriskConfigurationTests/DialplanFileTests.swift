import Testing

@testable import AsteriskConfiguration

@Suite("extensions.conf")
struct DialplanFileTests {
    private func file(_ site: Site) -> (text: String, remarks: [String]) {
        var file = ExtensionsFile(site)
        let sections = file.sections()
        return (text(sections), file.remarks)
    }

    @Test("each type of context has its entry, its includes and its rest")
    func contexts() {
        var site = Site()
        site.contexts = [
            Context(name: "c-out", tenant: "T", type: "outcall"), Context(name: "b-in", tenant: "T", type: "incall"),
            Context(name: "a-phones", tenant: "T", label: "Phones"), Context(name: "d", tenant: "T", type: "services"),
        ]
        site.includes = [
            ContextInclude(context: "a-phones", include: "c-out", priority: 2),
            ContextInclude(context: "a-phones", include: "d", priority: 1),
        ]
        site.extensions = [
            Extension(id: 1, context: "a-phones", exten: "1001", type: "user", target: "5"),
            Extension(id: 2, context: "b-in", exten: "5000", type: "incall", target: "6"),
            Extension(id: 3, context: "c-out", exten: "_0X.", type: "outcall", target: "7"),
            Extension(id: 4, context: "d", exten: "9", type: "queue", target: "8"),
            Extension(id: 5, context: "a-phones", exten: "10", type: "queue", target: "8"),
        ]
        #expect(
            file(site).text == """
                [usersharedlines]

                ; Phones
                [a-phones]
                include => xivo-features
                include => xivo-extrafeatures
                include => wazo-meeting-user
                include => d
                include => c-out
                include => tandem-internal-rest
                exten => 10,1,Gosub(contextlib,internal,1(T,${CONTEXT},${EXTEN}))
                 same => n,Gosub(queue,s,1(8,))
                 same => n,Hangup()
                exten => 1001,1,Gosub(contextlib,internal,1(T,${CONTEXT},${EXTEN}))
                 same => n,Gosub(user,s,1(5,,1))
                 same => n,Hangup()

                [b-in]
                include => tandem-incall-rest
                exten => 5000,1,Gosub(contextlib,incall,1(T,${CONTEXT},${EXTEN}))
                 same => n,Gosub(did,s,1(6,))
                 same => n,Hangup()

                [c-out]
                exten => _0X.,1,Gosub(contextlib,outcall,1(T,${CONTEXT},${EXTEN}))
                 same => n,Gosub(outcall,s,1(7,))
                 same => n,Hangup()

                [d]
                include => tandem-other-rest

                [xivo-features]

                [xivo-extrafeatures]

                """
        )
    }

    @Test(
        "what cannot be an extension is left out",
        arguments: ["10,1", "${SHELL(x)}", "1\n2", "1;2", "10/5", "", "a b", "1(2)"]
    )
    func extensions(exten: String) {
        var site = Site()
        site.contexts = [Context(name: "c", tenant: "T")]
        site.extensions = [Extension(id: 1, context: "c", exten: exten, type: "user", target: "5")]
        let (text, remarks) = file(site)
        #expect(!text.contains("Gosub"))
        #expect(remarks == ["extension 1 left out: its number or its target cannot be written"])
    }

    @Test("contexts whose name could say more are left out", arguments: ["a(b", "a,b", "a$b", "a b", "a]", ""])
    func contextNames(name: String) {
        var site = Site()
        site.contexts = [Context(name: name, tenant: "T")]
        let (text, remarks) = file(site)
        #expect(text == "[usersharedlines]\n\n[xivo-features]\n\n[xivo-extrafeatures]\n")
        #expect(remarks.count == 1)
    }

    @Test("feature codes: bare forwards, cut arguments, unknown and disabled ones")
    func featureCodes() {
        let codes = [
            FeatureCode(uuid: "1", exten: "_*735.", feature: "phoneprogfunckey"),
            FeatureCode(uuid: "2", exten: "_*21.", feature: "fwdunc"),
            FeatureCode(uuid: "3", exten: "*26", feature: "callrecord", isEnabled: false),
            FeatureCode(uuid: "4", exten: "*34", feature: "calluser"),
            FeatureCode(uuid: "5", exten: "_*8.", feature: "pickup"),
        ]
        let entry = "Gosub(contextlib,features,1(${WAZO_TENANT_UUID},${CONTEXT},${EXTEN}))"
        #expect(
            text([FeatureCodes(codes).section()]) == """
                [xivo-features]
                exten => _*21.,1,\(entry)
                 same => n,Gosub(feature_forward,s,1(unc,${EXTEN:3}))
                 same => n,Hangup()
                exten => _*735.,1,\(entry)
                 same => n,Gosub(phoneprogfunckey,s,1(${EXTEN:0:4},${EXTEN:4}))
                 same => n,Hangup()
                exten => _*8.,1,\(entry)
                 same => n,Gosub(wazo-pickup,s,1(${EXTEN:2},${CONTEXT}))
                 same => n,Hangup()
                exten => *21,1,\(entry)
                 same => n,Gosub(feature_forward,s,1(unc))
                 same => n,Hangup()

                """
        )
    }

    @Test("an application's context is there also when we are down, and says so")
    func application() {
        var site = Site()
        site.applications = ["A-1"]
        #expect(
            file(site).text.hasSuffix(
                """
                [stasis-wazo-app-A-1]
                exten => _[!-~]!,1,Stasis(wazo-app-A-1)
                 same => n,GotoIf($["${STASISSTATUS}" = "FAILED" | "${TANDEM_REFUSED}" = "1"]?agi_fail,announce,1)
                 same => n,Hangup()
                exten => h,1,NoOp()

                """
            )
        )
    }

    @Test("a voice menu: destinations end the call, tries are counted, the rest has defaults")
    func voiceMenu() {
        var site = Site()
        site.voiceMenus = [
            VoiceMenu(
                id: 2,
                label: "Welcome",
                greetingSound: "hello",
                menuSound: "menu",
                invalidSound: "invalid",
                timeout: 0,
                choices: [VoiceMenu.Choice(id: 9, exten: "2"), VoiceMenu.Choice(id: 8, exten: "1")]
            )
        ]
        site.destinations = [
            Destination(
                event: "ivr_choice",
                category: "ivr_choice",
                object: "8",
                action: "user",
                argument1: "5",
                argument2: "20;moh"
            ),
            Destination(event: "abort", category: "ivr", object: "2", action: "none"),
        ]
        var menus = VoiceMenus(site)
        let sections = menus.sections()
        #expect(
            text(sections) == """
                ; Welcome
                [xivo-ivr-2]
                exten => s,1,Set(TANDEM_IVR_TRIES=0)
                 same => n,Gosub(xivo-pickup,s,1)
                 same => n,Background(hello)
                 same => n(start),Set(TANDEM_IVR_TRIES=$[${TANDEM_IVR_TRIES} + 1])
                 same => n,Background(menu)
                 same => n,Goto(t,1)
                exten => 1,1,CELGenUserEvent(WAZO_IVR_CHOICE,{"id": 2, "exten": "1"})
                 same => n,Gosub(forward,s,1(user,5,20\\;moh))
                 same => n,Hangup()
                exten => 2,1,CELGenUserEvent(WAZO_IVR_CHOICE,{"id": 2, "exten": "2"})
                 same => n,Hangup()
                exten => t,1,GotoIf($[${TANDEM_IVR_TRIES} < 3]?s,start)
                 same => n,Goto(abort,1)
                exten => i,1,GotoIf($[${TANDEM_IVR_TRIES} >= 3]?abort,1)
                 same => n,Playback(invalid)
                 same => n,Goto(s,start)
                exten => abort,1,Gosub(forward,s,1(none,,))
                 same => n,Hangup()

                """
        )
        #expect(menus.remarks.isEmpty)
    }
}

@Suite("Hints")
struct HintTests {
    private func site() -> Site {
        var site = Site()
        site.contexts = [Context(name: "c", tenant: "T")]
        site.users = [User(id: 5, uuid: "U", template: 50)]
        site.endpoints = [
            SIPEndpoint(uuid: "e1", name: "one", tenant: "T"), SIPEndpoint(uuid: "e2", name: "two", tenant: "T"),
        ]
        site.lines = [
            Line(id: 1, context: "c", sipEndpoint: "e1"),
            Line(id: 2, context: "c", isEnabled: false, sipEndpoint: "e2"),
            Line(id: 3, context: "c", custom: 7),
        ]
        site.customInterfaces = [7: "Local/99@c"]
        site.userLines = [
            UserLine(user: 5, line: 1, isMainLine: false), UserLine(user: 5, line: 2, isMainLine: false),
            UserLine(user: 5, line: 3),
        ]
        site.extensions = [
            Extension(id: 1, context: "c", exten: "1001", type: "user", target: "5"),
            Extension(id: 2, context: "c", exten: "4000", type: "conference", target: "6"),
        ]
        site.lineExtensions = [LineExtension(line: 3, extension: 1)]
        site.featureCodes = [
            FeatureCode(uuid: "p", exten: "_*735.", feature: "phoneprogfunckey"),
            FeatureCode(uuid: "b", exten: "_*37.", feature: "bsfilter"),
        ]
        return site
    }

    @Test(
        "a user's number stands for his enabled lines, the main one first; the shared one also for the others and the mobile"
    )
    func users() {
        let hints = Hints(site())
        #expect(hints.hints(of: "c").first == Hints.Hint(exten: "1001", devices: "Local/99@c&PJSIP/one"))
        #expect(
            text([hints.sharedLines()])
                == "[usersharedlines]\nexten => U,hint,Custom:U-mobile&Local/99@c&PJSIP/one&PJSIP/two\n"
        )
    }

    @Test("no hint for a user who wants none")
    func noHint() {
        var site = site()
        site.users[0].hasHint = false
        #expect(Hints(site).hints(of: "c").map(\.exten) == ["4000"])
    }

    @Test(
        "function keys: lit ones of the user's own template; filters in the secretary's context; the first of a number counts"
    )
    func functionKeys() {
        var site = site()
        site.callFilters = [1]
        site.callFilterMembers = [CallFilterMember(id: 42, filter: 1, user: 5)]
        site.functionKeys = [
            FunctionKey(template: 50, lights: true, target: .custom(exten: "1001")),
            FunctionKey(template: 50, lights: true, target: .custom(exten: "88")),
            FunctionKey(template: 50, lights: false, target: .custom(exten: "89")),
            FunctionKey(template: 51, lights: true, target: .custom(exten: "90")),
            FunctionKey(template: 50, lights: false, target: .callFilter(member: 42)),
            FunctionKey(template: 50, lights: true, target: .service(code: "*25")),
            FunctionKey(template: 50, lights: true, target: .forward(code: "*21", number: "")),
        ]
        #expect(
            Hints(site).hints(of: "c").map { "\($0.exten) \($0.devices)" } == [
                "1001 Local/99@c&PJSIP/one", "4000 confbridge:wazo-conference-6", "*7355***225 Custom:*7355***225",
                "*7355***221 Custom:*7355***221", "*3742 Custom:*3742", "88 Custom:88",
            ]
        )
        site.callFilters = []
        #expect(!Hints(site).hints(of: "c").contains { $0.exten == "*3742" })
    }
}
