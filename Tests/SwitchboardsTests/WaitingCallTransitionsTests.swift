import Core
import Foundation
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Switchboards

private typealias Phase = WaitingCall.Phase
private typealias Event = WaitingCall.Event
private typealias Transition = WaitingCall.Transition

private let alice = WaitingCall.Operator(
    channel: ChannelID("leg-1"),
    bridge: BridgeID("bridge-1"),
    endpoint: "PJSIP/alice",
    user: UserID("u1")
)
private let bob = WaitingCall.Operator(
    channel: ChannelID("leg-2"),
    bridge: BridgeID("bridge-2"),
    endpoint: "PJSIP/bob",
    user: UserID("u2")
)
private let caller = ChannelID("1700000000.1")

private func call(_ phase: Phase, in room: WaitingCall.Room = .queue) -> WaitingCall {
    WaitingCall(
        id: caller,
        room: room,
        switchboard: "s1",
        tenant: TenantID("t1"),
        callerName: "Caller",
        callerNumber: "555",
        enteredAt: Date(timeIntervalSince1970: 1),
        deadline: Date(timeIntervalSince1970: 31),
        phase: phase,
        revision: 3
    )
}

private func seen(inRoom: Bool, _ leg: WaitingCall.Sighting.Leg, connected: Bool = false) -> Event {
    .recovered(WaitingCall.Sighting(isInRoom: inRoom, leg: leg, isConnected: connected))
}

/// Every phase, once for each of its shapes.
private let phases: [Phase] = [
    .entering, .waiting, .calling(alice), .ringing(alice), .connecting(alice), .leaving(.noAnswer),
    .leaving(.nextPriority), .ended(.connected), .ended(.callerGone), .ended(.sentOn),
    .ended(.moved), .ended(.replaced), .ended(.refused),
]

/// Every event, once for each of its shapes that a machine can tell apart.
private let events: [Event] = [
    .entered, .entryRefused, .answerRequested(bob), .operatorCalled, .operatorRefused, .operatorAnswered,
    .operatorGone, .connected, .connectRefused, .sentOn, .deadlinePassed, .callerGone,
    .takenAway, .replaced, .switchboardGone,
    seen(inRoom: true, .absent), seen(inRoom: false, .absent), seen(inRoom: true, .ringing),
    seen(inRoom: true, .answered), seen(inRoom: false, .answered), seen(inRoom: false, .answered, connected: true),
]

private struct Row: Sendable {
    var phase: Phase
    var event: Event
    var outcome: Transition
}

private func row(
    _ phase: Phase,
    _ event: Event,
    _ next: Phase,
    _ notices: [WaitingCall.Notice] = [],
    _ effects: [WaitingCall.Effect] = []
) -> Row {
    Row(phase: phase, event: event, outcome: Transition(phase: next, notices: notices, effects: effects))
}

/// What changes something. Every pair that is not here changes nothing.
private let rows: [Row] =
    entering + waiting + calling + ringing + connecting + leaving + takenAway + replaced + abandoned

/// Taken into another room is like gone from this one.
private let takenAway: [Row] = phases.compactMap { phase in
    guard var outcome = call(phase).handle(.callerGone) else { return nil }
    outcome.phase = .ended(.moved)
    return Row(phase: phase, event: .takenAway, outcome: outcome)
}

/// Neither the list nor the operator's phone changes: the stay goes on under another id.
private let replaced: [Row] = phases.filter { !$0.isOver }.map {
    row($0, .replaced, .ended(.replaced), [], [.forgetDeadline])
}

/// Who waits goes on in the dialplan; who talks, or goes already, does so.
private let abandoned: [Row] = [
    row(.entering, .switchboardGone, .leaving(.noAnswer), [], [.sendOn(.noAnswer)]),
    row(.waiting, .switchboardGone, .leaving(.noAnswer), [.listChanged], [.forgetDeadline, .sendOn(.noAnswer)]),
    row(
        .calling(alice),
        .switchboardGone,
        .leaving(.noAnswer),
        [.listChanged],
        [.forgetDeadline, .hangUpOperator(alice), .sendOn(.noAnswer)]
    ),
    row(
        .ringing(alice),
        .switchboardGone,
        .leaving(.noAnswer),
        [],
        [.forgetDeadline, .hangUpOperator(alice), .sendOn(.noAnswer)]
    ),
]

private let entering: [Row] =
    [
        row(.entering, .entered, .waiting, [.listChanged], [.watchDeadline]),
        row(.entering, .entryRefused, .leaving(.nextPriority), [], [.sendOn(.nextPriority)]),
        row(.entering, .callerGone, .ended(.callerGone), [], [.forgetDeadline]),
    ]
    + events.filter(\.isSighting).map { row(.entering, $0, .entering, [], [.enterRoom]) }

private let waiting: [Row] =
    [
        row(.waiting, .answerRequested(bob), .calling(bob), [], [.callOperator(bob)]),
        row(.waiting, .deadlinePassed, .leaving(.noAnswer), [.listChanged], [.sendOn(.noAnswer)]),
        row(
            .waiting,
            .entryRefused,
            .leaving(.nextPriority),
            [.listChanged],
            [.forgetDeadline, .sendOn(.nextPriority)]
        ),
        row(.waiting, .callerGone, .ended(.callerGone), [.listChanged], [.forgetDeadline]),
        row(.waiting, seen(inRoom: true, .absent), .waiting, [], [.watchDeadline]),
        row(.waiting, seen(inRoom: true, .ringing), .waiting, [], [.watchDeadline]),
        row(.waiting, seen(inRoom: true, .answered), .waiting, [], [.watchDeadline]),
    ]
    + [
        seen(inRoom: false, .absent), seen(inRoom: false, .answered),
        seen(inRoom: false, .answered, connected: true),
    ].map { row(.waiting, $0, .waiting, [], [.enterRoom, .watchDeadline]) }

private let calling: [Row] =
    [
        row(.calling(alice), .operatorCalled, .ringing(alice), [.listChanged]),
        row(.calling(alice), .operatorRefused, .waiting, [], [.hangUpOperator(alice), .watchDeadline]),
        row(.calling(alice), .operatorGone, .waiting, [], [.watchDeadline]),
        row(
            .calling(alice),
            .callerGone,
            .ended(.callerGone),
            [.listChanged],
            [.forgetDeadline, .hangUpOperator(alice)]
        ),
        row(.calling(alice), seen(inRoom: true, .absent), .waiting, [], [.watchDeadline]),
        row(.calling(alice), seen(inRoom: false, .absent), .waiting, [], [.watchDeadline]),
        row(.calling(alice), seen(inRoom: true, .ringing), .ringing(alice), [.listChanged]),
    ]
    + [
        .operatorAnswered, seen(inRoom: true, .answered), seen(inRoom: false, .answered),
        seen(inRoom: false, .answered, connected: true),
    ].map {
        row(.calling(alice), $0, .connecting(alice), [.listChanged], [.forgetDeadline, .connect(alice)])
    }

private let ringing: [Row] =
    [.operatorGone, .operatorRefused, seen(inRoom: true, .absent), seen(inRoom: false, .absent)].map {
        row(.ringing(alice), $0, .waiting, [.listChanged], [.watchDeadline])
    }
    + [
        .operatorAnswered, seen(inRoom: true, .answered), seen(inRoom: false, .answered),
        seen(inRoom: false, .answered, connected: true),
    ].map { row(.ringing(alice), $0, .connecting(alice), [], [.forgetDeadline, .connect(alice)]) }
    + [
        row(
            .ringing(alice),
            .callerGone,
            .ended(.callerGone),
            [],
            [.forgetDeadline, .hangUpOperator(alice)]
        )
    ]

private let connecting: [Row] =
    [.connected, seen(inRoom: false, .answered, connected: true)].map {
        row(
            .connecting(alice),
            $0,
            .ended(.connected),
            [.answered(call: caller, operator: alice.channel)],
            [.releaseBridge(alice)]
        )
    }
    + [.operatorGone, seen(inRoom: true, .absent), seen(inRoom: false, .absent)].map {
        row(
            .connecting(alice),
            $0,
            .waiting,
            [.listChanged],
            [.enterRoom, .discardBridge(alice), .watchDeadline]
        )
    }
    + [seen(inRoom: true, .answered), seen(inRoom: false, .answered), seen(inRoom: true, .ringing)].map {
        row(.connecting(alice), $0, .connecting(alice), [], [.connect(alice)])
    }
    + [
        row(
            .connecting(alice),
            .connectRefused,
            .waiting,
            [.listChanged],
            [.hangUpOperator(alice), .enterRoom, .discardBridge(alice), .watchDeadline]
        ),
        row(
            .connecting(alice),
            .callerGone,
            .ended(.callerGone),
            [],
            [.forgetDeadline, .hangUpOperator(alice), .discardBridge(alice)]
        ),
    ]

private let leaving: [Row] = [WaitingCall.Exit.noAnswer, .nextPriority].flatMap { exit in
    [
        row(.leaving(exit), .sentOn, .ended(.sentOn)),
        row(.leaving(exit), .callerGone, .ended(.callerGone), [], [.forgetDeadline]),
    ] + events.filter(\.isSighting).map { row(.leaving(exit), $0, .leaving(exit), [], [.sendOn(exit)]) }
}

extension WaitingCall.Phase {
    fileprivate var isOver: Bool {
        if case .ended = self { return true }
        return false
    }
}

extension WaitingCall.Event {
    fileprivate var isSighting: Bool {
        if case .recovered = self { return true }
        return false
    }
}

@Suite("Waiting call: every phase and event")
struct WaitingCallTransitionsTests {
    @Test("each row of the table happens as written", arguments: rows.indices)
    func row(_ index: Int) {
        let row = rows[index]
        #expect(call(row.phase).handle(row.event) == row.outcome, "\(row.phase.name) + \(row.event.name)")
    }

    @Test("every pair that the table does not name changes nothing", arguments: phases.indices)
    func rest(_ index: Int) {
        let phase = phases[index]
        for event in events where !rows.contains(where: { $0.phase == phase && $0.event == event }) {
            #expect(call(phase).handle(event) == nil, "\(phase.name) + \(event.name)")
        }
    }

    @Test("the table names each pair once, and only phases and events of the lists")
    func table() {
        for row in rows {
            #expect(rows.count { $0.phase == row.phase && $0.event == row.event } == 1, "\(row.phase) \(row.event)")
            #expect(phases.contains(row.phase) && events.contains(row.event))
        }
    }

    @Test("the waiting room differs in one: who cannot be held stays where he was", arguments: phases.indices)
    func waitingRoom(_ index: Int) {
        let phase = phases[index]
        for event in events {
            let outcome = call(phase, in: .waitingRoom).handle(event)
            if phase == .entering, event == .entryRefused {
                #expect(outcome == Transition(phase: .ended(.refused)))
            } else {
                #expect(outcome == call(phase).handle(event))
            }
        }
    }

    @Test("the picture in docs/switchboards.md shows each way, and no other")
    func picture() throws {
        var edges: [StateDiagram.Edge: Set<String>] = [:]
        for row in rows where row.phase.name != row.outcome.phase.name && !row.event.isSighting {
            edges[StateDiagram.Edge(row.phase.name, row.outcome.phase.name), default: []].insert(row.event.name)
        }
        // The one difference of the waiting room.
        edges[StateDiagram.Edge("entering", "ended"), default: []].insert(Event.entryRefused.name)
        let differences = try StateDiagram(page: "switchboards.md").differences(from: edges)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test("whoever is rung for a call is hung up when the caller goes", arguments: phases.indices)
    func noPhoneRingsForNobody(_ index: Int) {
        let phase = phases[index]
        guard let taker = phase.operator else { return }
        #expect(call(phase).handle(.callerGone)?.effects.contains(.hangUpOperator(taker)) == true)
    }

    @Test("a change of the list is always told, and nothing else is told as one", arguments: rows.indices)
    func notices(_ index: Int) {
        let row = rows[index]
        // Who is replaced is listed again at once, under the other's id, and that is told.
        let changed = row.phase.isListed != row.outcome.phase.isListed && row.event != .replaced
        #expect(row.outcome.notices.contains(.listChanged) == changed, "\(row.phase.name) + \(row.event.name)")
    }
}

@Suite("Waiting call: stored rows")
struct WaitingCallRowTests {
    @Test("every phase that is stored survives the row", arguments: phases.indices, WaitingCall.Room.allCases)
    func roundTrip(_ index: Int, room: WaitingCall.Room) {
        let stored = call(phases[index], in: room)
        if case .ended = stored.phase { return }
        #expect(WaitingCall(row: stored.row) == stored)
    }

    @Test("a row that another version wrote is refused, not misread")
    func unreadable() {
        var row = call(.waiting).row
        row.body = ["phase": "dancing", "switchboard_uuid": "s1", "entered_at": 1]
        #expect(WaitingCall(row: row) == nil)
        row.kind = "transfer"
        #expect(WaitingCall(row: row) == nil)
    }

    @Test("callers stand in the order of their entry")
    func order() {
        let first = call(.waiting)
        let second = WaitingCall(
            id: ChannelID("1600000000.9"),
            switchboard: "s1",
            tenant: TenantID("t1"),
            callerName: "",
            callerNumber: "",
            enteredAt: first.enteredAt.addingTimeInterval(1),
            deadline: nil
        )
        #expect([second, first].sorted(by: WaitingCall.precedes).map(\.id) == [first.id, second.id])
    }
}
