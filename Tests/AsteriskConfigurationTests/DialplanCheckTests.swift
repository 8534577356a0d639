import Testing

@testable import AsteriskConfiguration

@Suite("Check of the loaded dialplan")
struct DialplanCheckTests {
    @Test(
        "patterns",
        arguments: [
            ("100", "100", true), ("100", "1000", false), ("_X.", "12", true), ("_X.", "1", false), ("_X!", "1", true),
            ("_NZX", "201", false), ("_NZX", "211", true), ("_[13-5]0", "40", true), ("_[13-5]0", "20", false),
            ("_[!-~]!", "a-b", true), ("_1-2", "12", true), ("_id-X.", "id-12", true), ("_12", "1-2", true),
            ("_i[d]-.", "id-1", true), ("_applicatio[n]:.", "application:disa", true),
            ("s", "t", false),
        ]
    )
    func patterns(pattern: String, exten: String, matches: Bool) {
        #expect(LoadedDialplan.matches(pattern, exten) == matches)
    }

    @Test(
        "what a step names",
        arguments: [
            ("Gosub", "user,s,1(11,,101)", [.place(context: "user", exten: "s", priority: "1")]),
            ("Goto", "start", [.place(context: "", exten: "", priority: "start")]),
            ("Goto", "s,start", [.place(context: "", exten: "s", priority: "start")]),
            ("Goto", "${X},1", []), ("Gosub", "forward,${X},1", [.context("forward")]),
            (
                "GotoIf", "$[\"${A}\" = \"x?y\"]?agi_fail,unreachable,1:done",
                [
                    .place(context: "agi_fail", exten: "unreachable", priority: "1"),
                    .place(context: "", exten: "", priority: "done"),
                ]
            ),
            ("ExecIf", "$[1]?Playback(a&${B}&c)", [.application("Playback"), .sound("a"), .sound("c")]),
            ("AGI", "agi://${WAZO_AGID_IP}/check_schedule", [.handler("check_schedule")]),
            ("AGI", "agi://${WAZO_AGID_IP}/phone_set_feature,dnd", [.handler("phone_set_feature")]),
            ("Read", "X,vm-enter-num-to-call,20", [.sound("vm-enter-num-to-call")]),
            ("Set", "TANDEM_PROMPT=im-sorry&goodbye", [.sound("im-sorry"), .sound("goodbye")]),
            ("Set", "A=user,s,1", []),
        ] as [(String, String, [DialplanReference])]
    )
    func references(application: String, data: String, expected: [DialplanReference]) {
        let found = DialplanReference.all(application: application, data: data)
        #expect(found == [.application(application)] + expected)
    }

    @Test("missing places, scripts, sounds and applications are named with the step that needs them; entry points too")
    func problems() {
        var listing = DialplanCheck.entryPoints.map {
            LoadedStep(context: $0.context, exten: $0.exten, priority: "1", application: "NoOp")
        }
        #expect(
            DialplanCheck(listing, .init()).problems()
                == ["context xivo-features is missing: is the generated extensions.conf included?"]
        )
        listing.append(LoadedStep(context: "xivo-features", exten: "*10", priority: "1", application: "NoOp"))
        #expect(DialplanCheck(listing, .init()).problems() == [])
        listing.removeAll { $0.context == "did" }
        listing += [
            LoadedStep(context: "c", exten: "_1X", priority: "1", label: "a", application: "Goto", data: "b"),
            LoadedStep(context: "c", exten: "_1X", priority: "2", application: "Goto", data: "a"),
            LoadedStep(context: "c", exten: "5", priority: "1", application: "Gosub", data: "c,9,1"),
            LoadedStep(context: "c", exten: "6", priority: "1", application: "Goto", data: "included,1"),
            LoadedStep(context: "c", exten: "7", priority: "1", application: "AGI", data: "agi://h/x"),
            LoadedStep(context: "c", exten: "8", priority: "1", application: "Playback", data: "none&beep&/abs/file"),
            LoadedStep(context: "c", exten: "8", priority: "hint", application: "PJSIP/none"),
            LoadedStep(context: "c", exten: "9", priority: "2", application: "NoOp", data: "${G} ${GLOBAL(G)}"),
            LoadedStep(context: "c", include: "d"),
            LoadedStep(context: "d", exten: "included", priority: "1", application: "Unknown"),
        ]
        let surroundings = DialplanCheck.Surroundings(
            handlers: ["y"],
            sounds: ["beep"],
            applications: ["NoOp", "Goto", "Gosub", "AGI", "Playback"],
            globals: ["G"]
        )
        #expect(
            DialplanCheck(listing, surroundings).problems() == [
                "G is read without GLOBAL(), in c,9,2", "entry point did,s is missing",
                "no application Unknown, in d,included,1",
                "no place c,9,1, in c,5,1", "no place c,_1X,b, in c,_1X,1", "no script x is served, in c,7,1",
                "no sound none, in c,8,1",
            ]
        )
    }
}
