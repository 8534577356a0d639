import Core
import Directory
import Foundation
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Applications

@Suite("Applications: random orders of events")
struct ApplicationPropertyTests {
    /// A few thousand in the ordinary run, a hundred thousand with `TANDEM_SOAK=1`.
    static let runs = ProcessInfo.processInfo.environment["TANDEM_SOAK"] == "1" ? 100_000 : 3_000

    @Test("what is told makes sense, rows follow what is known, and nothing stays when everybody is gone")
    func orders() {
        for seed in 0..<UInt64(Self.runs) {
            var world = ApplicationWorld(seed: seed)
            for _ in 0..<Int.random(in: 5...40, using: &world.dice) { world.act() }
            world.finish()
            #expect(world.faults.isEmpty, "seed \(seed): \(world.faults)")
            if !world.faults.isEmpty { return }
        }
    }
}

/// An application with its rows, and what clients think of it after all that they were told.
struct ApplicationWorld {
    var dice: SeededGenerator
    var live = LiveApplication(Shorthand.record)
    var rows: [String: AggregateRow] = [:]
    var faults: [String] = []
    /// Calls, nodes, snoops and playbacks that clients know of.
    var known: Set<String> = []
    /// Members of nodes as clients know them.
    var members: [String: Set<String>] = [:]
    static let calls = ["a", "b", "c"]
    static let nodes = ["n", "m"]

    init(seed: UInt64) { dice = SeededGenerator(seed: seed) }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &dice) == 0 }

    mutating func act() {
        if chance(15) { return restart() }
        feed(randomEvent())
    }

    private mutating func randomEvent() -> LiveApplication.Event {
        let id = Self.calls.randomElement(using: &dice) ?? "a"
        let node = Self.nodes.randomElement(using: &dice) ?? "n"
        let channel = Shorthand.channel(id)
        let present = live.nodes[BridgeID(node)]?.members.map(\.rawValue) ?? []
        let arguments: [StasisArguments] = [.incoming, .originated(node: nil), .outgoing, .other, .snoop("s")]
        let events: [LiveApplication.Event] = [
            .started(
                channel,
                arguments.randomElement(using: &dice) ?? .incoming,
                variables: [:],
                replaced: nil
            ),
            .started(channel, .incoming, variables: [:], replaced: nil), .ended(channel.id), .stateChanged(channel),
            .entered(channel, Shorthand.bridge(node, Array(Set(present + [id])).sorted())),
            .left(channel, Shorthand.bridge(node, present.filter { $0 != id })), .bridgeGone(BridgeID(node)),
            .nodePlanned(BridgeID(node)), .nodeMade(BridgeID(node)), .nodeFound(Shorthand.bridge(node, [])),
            .callPlaced(Shorthand.call(id, .placed)), .callNotPlaced(channel.id),
            .callChanged(channel.id, .muted(Bool.random(using: &dice))),
            .callChanged(channel.id, .progress(Bool.random(using: &dice))),
            .variableSet(channel, name: "WAZO_CALL_PROGRESS", value: Bool.random(using: &dice) ? "1" : ""),
            .variableSet(channel, name: "XIVO_ON_HOLD", value: Bool.random(using: &dice) ? "1" : ""),
            .digit(channel, "1"), .snoopPlanned(Shorthand.snoop(.planned, arrived: [])),
            .started(Shorthand.channel("x"), .snoop("s"), variables: [:], replaced: nil), .snoopMade("s"),
            .snoopReplaced("s", by: ChannelID("y"), .out), .snoopEnding("s"), .snoopGone("s"),
            .ended(ChannelID("x")), .playbackPlanned(Shorthand.playback(isTold: false)),
            .playbackStarted(
                Playback(id: PlaybackID("p"), media: "sound:x", target: .channel(ChannelID("a")), state: "playing")
            ),
            .playbackFinished(Playback(id: PlaybackID("p"), media: "sound:x", target: nil, state: "done")),
            .playbackNotStarted("p"),
        ]
        return events.randomElement(using: &dice) ?? .ended(channel.id)
    }

    mutating func feed(_ event: LiveApplication.Event) {
        let before = live
        let outcome = live.handle(event)
        for write in live.writes(for: outcome.touched, before: before) { store(write) }
        for notice in outcome.notices { hear(notice, because: event.name) }
        // One that was only planned goes without a word, and its id may come again here.
        members = members.filter { live.nodes[BridgeID($0.key)] != nil }
        for effect in outcome.effects {
            // A snoop's end is carried out, sooner or later.
            if case .endSnoop(let snoop) = effect { feed(.snoopGone(snoop.id)) }
        }
        for call in live.calls.values where call.phase == .inside && !known.contains("call \(call.id)") {
            // Those whose arguments nobody understands come without a word.
            known.insert("call \(call.id)")
        }
    }

    private mutating func store(_ write: StateChange.Write) {
        switch write {
        case .save(let row):
            let key = "\(row.kind) \(row.id)"
            if row.revision != (rows[key]?.revision ?? 0) + 1 { faults.append("revision \(row.revision) of \(key)") }
            rows[key] = row
        case .remove(let kind, let id): rows["\(kind) \(id)"] = nil
        }
    }

    /// All that was known comes from the rows.
    private mutating func restart() {
        var restored = LiveApplication(Shorthand.record)
        for row in rows.values where !restored.restore(row) { faults.append("unreadable \(row.kind)") }
        // What a snapshot shows anew anyway is not stored at every change.
        func essence(_ live: LiveApplication) -> [String] {
            let calls = live.calls.values.map {
                "\($0.id) \($0.phase) \($0.bridge?.rawValue ?? "") \($0.revision)"
            }
            let nodes = live.nodes.values.map { "\($0.id) \($0.phase) \($0.members) \($0.revision)" }
            let snoops = live.snoops.values.map { "\($0.id) \($0.phase) \($0.channel) \($0.revision)" }
            let playbacks = live.playbacks.values.map { "\($0.id) \($0.isTold) \($0.revision)" }
            return (calls + nodes + snoops + playbacks).sorted()
        }
        if essence(restored) != essence(live) { faults.append("\(essence(live)) became \(essence(restored))") }
        live = restored
    }

    private mutating func begins(_ what: String, _ cause: String) {
        if !known.insert(what).inserted { faults.append("\(what) came twice, \(cause)") }
    }
    private mutating func ends(_ what: String, _ cause: String) {
        if known.remove(what) == nil { faults.append("\(what) ended unknown, \(cause)") }
    }

    private mutating func hear(_ notice: LiveApplication.Notice, because cause: String) {
        switch notice {
        case .callEntered(let call), .callInitiated(let call), .userOutgoingCallCreated(let call):
            begins("call \(call.call.id)", cause)
        case .callDeleted(let call): ends("call \(call.call.id)", cause)
        case .callUpdated(let call):
            if !known.contains("call \(call.call.id)") { faults.append("unknown call updated, \(cause)") }
        case .destinationNodeCreated(let node), .nodeCreated(let node): begins("node \(node.id)", cause)
        case .nodeUpdated(let node): members[node.id.rawValue] = Set(node.members.map(\.rawValue))
        case .nodeDeleted(let node):
            known.remove("node \(node.id)")
            if members[node.id.rawValue]?.contains(where: {
                Self.calls.contains($0) && live.calls[ChannelID($0)] != nil
            })
                == true
            {
                faults.append("node deleted with members, \(cause)")
            }
            members[node.id.rawValue] = nil
        case .playbackCreated: begins("playback", cause)
        case .playbackDeleted: ends("playback", cause)
        case .snoopCreated: begins("snoop", cause)
        case .snoopDeleted: known.remove("snoop")
        default: break
        }
    }

    /// Everybody hangs up, and every bridge goes.
    mutating func finish() {
        for call in Self.calls + ["x", "y"] { feed(.ended(ChannelID(call))) }
        for node in Self.nodes { feed(.bridgeGone(BridgeID(node))) }
        feed(.snoopGone("s"))
        feed(.playbackFinished(Playback(id: PlaybackID("p"), media: "", target: nil, state: "done")))
        for call in live.calls.values where call.phase == .placed { feed(.callNotPlaced(call.id)) }
        if !live.calls.isEmpty || !live.nodes.isEmpty || !live.snoops.isEmpty || !live.playbacks.isEmpty {
            faults.append("something stays")
        }
        if !rows.isEmpty { faults.append("rows stay: \(rows.keys.sorted())") }
        if known.contains(where: { $0.hasPrefix("call") || $0.hasPrefix("playback") }) {
            faults.append("clients still know \(known.sorted())")
        }
    }
}
