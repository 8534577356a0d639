import Core
import Directory
import TandemTesting
import Telephony
import Testing

@testable import Applications

/// Every phase of a call, a node, a snoop and a playback with every event that can reach it.
@Suite("Applications: what an event leads to")
struct TransitionTests {
    typealias Event = LiveApplication.Event
    private static let a = ChannelID("a")
    private static let n = BridgeID("n")

    /// A named event.
    struct Case: Sendable {
        var name: String
        var event: Event
        init(_ name: String, _ event: Event) {
            self.name = name
            self.event = event
        }
    }

    // MARK: Calls

    static let callEvents: [Case] = {
        let up = Shorthand.channel("a")
        let ring = Shorthand.channel("a", "Ring")
        func started(_ arguments: StasisArguments, _ replaced: String? = nil) -> Event {
            .started(ring, arguments, variables: ["X_WAZO_A": "1"], replaced: replaced.map { ChannelID($0) })
        }
        return [
            Case("incoming", started(.incoming)), Case("originated", started(.originated(node: n))),
            Case("outgoing", started(.outgoing)), Case("replacing", started(.outgoing, "q")),
            Case("other", started(.other)), Case("ended", .ended(a)), Case("seen", .seen(up)),
            Case("up", .stateChanged(up)), Case("ringing", .stateChanged(ring)),
            Case("held", .variableSet(up, name: "XIVO_ON_HOLD", value: "1")),
            Case("progress", .variableSet(up, name: "WAZO_CALL_PROGRESS", value: "1")),
            Case("own", .variableSet(up, name: "X_WAZO_B", value: "2")), Case("music", .musicChanged(up)),
            Case("digit", .digit(up, "5")), Case("entered", .entered(up, Shorthand.bridge("n", ["a"]))),
            Case("left", .left(up, Shorthand.bridge("n", []))), Case("bridgeGone", .bridgeGone(n)),
            Case("placed", .callPlaced(Shorthand.call("a", .placed))), Case("shown", .callShown(ring)),
            Case("notPlaced", .callNotPlaced(a)), Case("muted", .callChanged(a, .muted(true))),
            Case("onHold", .callChanged(a, .held(true))), Case("musicOn", .callChanged(a, .music("m"))),
            Case("ringback", .callChanged(a, .progress(true))), Case("answered", .callChanged(a, .answered)),
        ]
    }()

    static let callTable: [String: [String: String]] = [
        "absent": [
            "incoming": "entered a | ", "originated": "initiated a | welcome a into n",
            "outgoing": "outgoing a | mark a", "replacing": "entered a | ", "other": "- > inside",
            "placed": "- > placed", "entered": "node n=a | ",
        ],
        "placed": [
            "incoming": "entered a | ", "originated": "initiated a | welcome a into n",
            "outgoing": "outgoing a | mark a", "replacing": "entered a | ", "other": "- > inside",
            "ended": "- > absent", "notPlaced": "- > absent", "digit": "digit 5 a | ",
            "entered": "node n=a | ",
        ],
        "inside": [
            "ended": "deleted a | ", "up": "answered a | ", "held": "updated a | ", "progress": "progress a | ",
            "digit": "digit 5 a | ", "entered": "node n=a, updated a | ", "muted": "updated a | ",
            "onHold": "updated a | ", "musicOn": "updated a | ", "ringback": "progress a | ",
        ],
        "in node": [
            "ended": "node n=, updated a, deleted a | ", "up": "answered a | ", "held": "updated a | ",
            "progress": "progress a | ", "digit": "digit 5 a | ", "left": "node n=, updated a | ",
            "bridgeGone": "node n=, updated a, no node n | ", "muted": "updated a | ", "onHold": "updated a | ",
            "musicOn": "updated a | ", "ringback": "progress a | ",
        ],
    ]

    private func application(call state: String) -> LiveApplication {
        var application = LiveApplication(Shorthand.record)
        application.nodes[Self.n] = ApplicationNode(Self.n, phase: .open)
        switch state {
        case "placed": application.calls[Self.a] = Shorthand.call("a", .placed)
        case "inside": application.calls[Self.a] = Shorthand.call("a", .inside)
        case "in node":
            application.calls[Self.a] = Shorthand.call("a", .inside, in: "n")
            application.nodes[Self.n]?.members = [Self.a]
        default: break
        }
        return application
    }

    private static func phase(_ application: LiveApplication) -> String {
        application.calls[a]?.phase.rawValue ?? "absent"
    }

    @Test("a call", arguments: ["absent", "placed", "inside", "in node"])
    func call(state: String) {
        for one in Self.callEvents {
            var application = application(call: state)
            let before = Self.phase(application)
            let outcome = application.handle(one.event)
            var text = Shorthand.text(outcome)
            // Where nothing is told, a change of the phase is.
            if text == "-", Self.phase(application) != before { text = "- > \(Self.phase(application))" }
            var expected = Self.callTable[state]?[one.name] ?? "-"
            // A node that stands by goes without its call.
            if one.name == "bridgeGone", expected == "-" { expected = "no node n | " }
            #expect(text == expected, "\(state), \(one.name)")
            // Whatever is told of a call was stored with it.
            if !outcome.notices.isEmpty, one.name != "digit", one.name != "up" {
                #expect(!outcome.touched.isEmpty, "\(state), \(one.name)")
            }
        }
    }

    @Test("with a destination node a caller is received into it, answered and with music as configured")
    func destination() {
        var application = LiveApplication(Shorthand.record)
        application.record.node = ApplicationRecord.Node(type: "holding", musicOnHold: "jazz", answers: true)
        let incoming = Event.started(Shorthand.channel("a", "Ring"), .incoming, variables: [:], replaced: nil)
        #expect(Shorthand.text(application.handle(incoming)) == "entered a | receive a answering with jazz")
        #expect(Shorthand.text(application.handle(incoming)) == "-", "the same again")
    }

    @Test("the internal channel that plays music in a node is not one of its members, even while Asterisk lists it")
    func musicInNode() {
        var application = application(node: .open)
        application.calls[Self.a] = Shorthand.call("a", .inside)
        func bridge(_ members: String...) -> Bridge { Shorthand.bridge("n", members) }
        func tell(_ event: Event) -> String { Shorthand.text(application.handle(event)) }
        #expect(tell(.entered(Shorthand.channel("b"), bridge("b", "music"))) == "node n=b, updated b | ")
        #expect(tell(.entered(Shorthand.channel("a"), bridge("music", "a", "b"))) == "node n=a+b, updated a | ")
        #expect(tell(.left(Shorthand.channel("a"), bridge("music", "b"))) == "node n=b, updated a | ")
        #expect(tell(.left(Shorthand.channel("b"), bridge("music"))) == "node n=, updated b | ")
        #expect(tell(.entered(Shorthand.channel("stranger"), bridge("stranger", "music"))) == "node n=stranger | ")
    }

    @Test("the destination node follows the configuration")
    func configured() {
        var application = LiveApplication(Shorthand.record)
        func configure(_ type: String?, answers: Bool = false) -> String {
            var record = Shorthand.record
            record.node = type.map { ApplicationRecord.Node(type: $0, musicOnHold: nil, answers: answers) }
            return Shorthand.text(application.handle(.configured(record)))
        }
        #expect(configure(nil) == "-")
        #expect(configure("holding") == " | make holding")
        #expect(configure("holding", answers: true) == "-")
        #expect(configure("mixing") == " | unmake, make mixing")
        #expect(configure(nil) == " | unmake")
    }

    // MARK: Nodes

    static let nodeEvents: [Case] = [
        Case("planned", .nodePlanned(n)), Case("made", .nodeMade(n)),
        Case("found", .nodeFound(Shorthand.bridge("n", ["b"]))), Case("gone", .nodeGone(n)),
        Case("bridgeGone", .bridgeGone(n)),
        Case("entered", .entered(Shorthand.channel("b"), Shorthand.bridge("n", ["b"]))),
        Case("left", .left(Shorthand.channel("b"), Shorthand.bridge("n", []))),
    ]

    static let nodeTable: [String: [String: String]] = [
        "absent": [
            "planned": "- > planned", "found": "- > open", "entered": "node n=b, updated b | ",
        ],
        "planned": [
            "made": "node n | ", "gone": "- > absent", "bridgeGone": "- > absent", "entered": "node n=b, updated b | ",
        ],
        "open": [
            "gone": "no node n | ", "bridgeGone": "no node n | ", "entered": "node n=b, updated b | ",
        ],
    ]

    private func application(node phase: ApplicationNode.Phase?) -> LiveApplication {
        var application = LiveApplication(Shorthand.record)
        application.calls[ChannelID("b")] = Shorthand.call("b", .inside)
        application.nodes[Self.n] = phase.map { ApplicationNode(Self.n, phase: $0) }
        return application
    }

    @Test("a node", arguments: [nil] + ApplicationNode.Phase.allCases.map { Optional($0) })
    func node(phase: ApplicationNode.Phase?) {
        for one in Self.nodeEvents {
            var application = application(node: phase)
            var text = Shorthand.text(application.handle(one.event))
            let now = application.nodes[Self.n]?.phase
            if text == "-", now != phase { text = "- > \(now?.rawValue ?? "absent")" }
            let expected = Self.nodeTable[phase?.rawValue ?? "absent"]?[one.name] ?? "-"
            #expect(text == expected, "\(phase?.rawValue ?? "absent"), \(one.name)")
        }
    }

    // MARK: Snoops

    static let snoopEvents: [Case] = {
        let x = Shorthand.channel("x")
        let y = Shorthand.channel("y")
        return [
            Case("planned", .snoopPlanned(Shorthand.snoop(.planned))), Case("made", .snoopMade("s")),
            Case("replaced", .snoopReplaced("s", by: ChannelID("x"), .both)), Case("ending", .snoopEnding("s")),
            Case("gone", .snoopGone("s")), Case("arrived", .started(y, .snoop("s"), variables: [:], replaced: nil)),
            Case("channelEnded", .ended(x.id)), Case("snoopedEnded", .ended(a)),
            Case("snoopingEnded", .ended(ChannelID("b"))),
            Case("snoopingLeft", .left(Shorthand.channel("b"), Shorthand.bridge("s", ["x"], name: "s"))),
            Case("bridgeGone", .bridgeGone(BridgeID("s"))),
            Case("channelEntered", .entered(x, Shorthand.bridge("s", ["b", "x"], name: "s"))),
        ]
    }()

    static let snoopTable: [String: [String: String]] = [
        "absent": [
            "planned": "- > planned", "replaced": " | hang up x", "arrived": " | hang up y",
            "snoopedEnded": "deleted a | ", "snoopingEnded": "updated b, deleted b | ", "snoopingLeft": "updated b | ",
            "bridgeGone": "updated b | ",
        ],
        "planned": [
            "made": "snoop s none | ", "replaced": " | hang up x", "ending": "- > ending", "gone": "- > absent",
            "snoopedEnded": "deleted a | ", "snoopingEnded": "updated b, deleted b | ", "snoopingLeft": "updated b | ",
            "bridgeGone": "updated b | ",
        ],
        "open": [
            "replaced": "snoop s=both | ", "ending": "- > ending", "gone": "no snoop s | ",
            "channelEnded": " | end s", "snoopedEnded": "deleted a | end s",
            "snoopingEnded": "updated b, deleted b | end s", "snoopingLeft": "updated b | end s",
            "bridgeGone": "updated b | end s",
        ],
        "ending": [
            "replaced": " | hang up x", "gone": "no snoop s | ", "arrived": " | hang up y",
            "snoopedEnded": "deleted a | ", "snoopingEnded": "updated b, deleted b | ", "snoopingLeft": "updated b | ",
            "bridgeGone": "updated b | ",
        ],
    ]

    private func application(snoop phase: ApplicationSnoop.Phase?) -> LiveApplication {
        var application = LiveApplication(Shorthand.record)
        application.calls[Self.a] = Shorthand.call("a", .inside)
        application.calls[ChannelID("b")] = Shorthand.call("b", .inside, in: "s")
        application.snoops["s"] = phase.map { Shorthand.snoop($0) }
        return application
    }

    @Test("a snoop", arguments: [nil] + ApplicationSnoop.Phase.allCases.map { Optional($0) })
    func snoop(phase: ApplicationSnoop.Phase?) {
        for one in Self.snoopEvents {
            var application = application(snoop: phase)
            var text = Shorthand.text(application.handle(one.event))
            let now = application.snoops["s"]?.phase
            if text == "-", now != phase { text = "- > \(now?.rawValue ?? "absent")" }
            let expected = Self.snoopTable[phase?.rawValue ?? "absent"]?[one.name] ?? "-"
            #expect(text == expected, "\(phase?.rawValue ?? "absent"), \(one.name)")
        }
    }

    // MARK: Playbacks

    @Test("a playback: planned, told once, ended once; it ends with its call")
    func playback() {
        let started = Playback(
            id: PlaybackID("p"),
            media: "sound:x",
            target: .channel(Self.a),
            language: "en",
            state: "playing"
        )
        let finished = Playback(id: PlaybackID("p"), media: "sound:x", target: .channel(Self.a), state: "failed")
        func play(_ states: [LiveApplication.Event]) -> [String] {
            var application = LiveApplication(Shorthand.record)
            application.calls[Self.a] = Shorthand.call("a", .inside)
            return states.map { Shorthand.text(application.handle($0)) }
        }
        let planned = Event.playbackPlanned(Shorthand.playback(isTold: false))
        #expect(
            play([
                planned, .playbackStarted(started), .playbackStarted(started), .playbackFinished(finished),
                .playbackFinished(finished),
            ]) == ["-", "playback p playing | ", "-", "no playback p failed | ", "-"]
        )
        #expect(
            play([planned, .playbackFinished(finished)]) == ["-", "playback p playing, no playback p failed | "]
        )
        #expect(play([planned, .playbackNotStarted("p"), .playbackFinished(finished)]) == ["-", "-", "-"])
        #expect(
            play([planned, .playbackStarted(started), .ended(Self.a), .playbackFinished(finished)])
                == ["-", "playback p playing | ", "no playback p done, deleted a | ", "-"]
        )
        #expect(play([.playbackStarted(started)]) == ["playback p playing | "], "somebody else's")
    }

    // MARK: The picture

    @Test("the pictures in docs/applications.md are the machine's")
    func diagram() throws {
        var real: [StateDiagram.Edge: Set<String>] = [:]
        func note(_ from: String?, _ to: String?, _ prefix: String) {
            guard from != to, let from else { return }
            real[StateDiagram.Edge("\(prefix)_\(from)", "\(prefix)_\(to ?? "gone")")] = []
        }
        for phase in ApplicationCall.Phase.allCases {
            for one in Self.callEvents {
                var application = application(call: phase.rawValue)
                _ = application.handle(one.event)
                note(phase.rawValue, application.calls[Self.a]?.phase.rawValue, "call")
            }
        }
        for phase in ApplicationNode.Phase.allCases {
            for one in Self.nodeEvents {
                var application = application(node: phase)
                _ = application.handle(one.event)
                note(phase.rawValue, application.nodes[Self.n]?.phase.rawValue, "node")
            }
        }
        for phase in ApplicationSnoop.Phase.allCases {
            for one in Self.snoopEvents {
                var application = application(snoop: phase)
                _ = application.handle(one.event)
                note(phase.rawValue, application.snoops["s"]?.phase.rawValue, "snoop")
            }
        }
        let drawn = Set(try StateDiagram(page: "applications.md").edges.keys)
        #expect(drawn == Set(real.keys))
    }
}
