import Core
import Foundation
import Persistence
import Telephony
import Testing

@testable import Switchboards

private typealias Phase = QueuedCall.Phase
private typealias Event = QueuedCall.Event
private typealias Transition = QueuedCall.Transition

private let alice = QueuedCall.Operator(
    channel: ChannelID("leg-1"),
    bridge: BridgeID("bridge-1"),
    endpoint: "PJSIP/alice",
    user: UserID("u1")
)
private let bob = QueuedCall.Operator(
    channel: ChannelID("leg-2"),
    bridge: BridgeID("bridge-2"),
    endpoint: "PJSIP/bob",
    user: UserID("u2")
)
private let caller = ChannelID("1700000000.1")

private func call(_ phase: Phase) -> QueuedCall {
    QueuedCall(
        id: caller,
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

private func seen(queued: Bool, _ leg: QueuedCall.Sighting.Leg, connected: Bool = false) -> Event {
    .recovered(QueuedCall.Sighting(isQueued: queued, leg: leg, isConnected: connected))
}

/// Every phase, once for each of its shapes.
private let phases: [Phase] = [
    .entering, .waiting, .calling(alice), .ringing(alice), .connecting(alice), .leaving(.noAnswer),
    .leaving(.nextPriority), .ended(.connected), .ended(.callerGone), .ended(.sentOn),
]

/// Every event, once for each of its shapes that a machine can tell apart.
private let events: [Event] = [
    .queued, .queueRefused, .answerRequested(bob), .operatorCalled, .operatorRefused, .operatorAnswered,
    .operatorGone, .connected, .connectRefused, .sentOn, .deadlinePassed, .callerGone,
    seen(queued: true, .absent), seen(queued: false, .absent), seen(queued: true, .ringing),
    seen(queued: true, .answered), seen(queued: false, .answered), seen(queued: false, .answered, connected: true),
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
    _ notices: [QueuedCall.Notice] = [],
    _ effects: [QueuedCall.Effect] = []
) -> Row {
    Row(phase: phase, event: event, outcome: Transition(phase: next, notices: notices, effects: effects))
}

/// What changes something. Every pair that is not here changes nothing.
private let rows: [Row] = entering + waiting + calling + ringing + connecting + leaving

private let entering: [Row] =
    [
        row(.entering, .queued, .waiting, [.queueChanged], [.watchDeadline]),
        row(.entering, .queueRefused, .leaving(.nextPriority), [], [.sendOn(.nextPriority)]),
        row(.entering, .callerGone, .ended(.callerGone), [], [.forgetDeadline]),
    ]
    + events.filter(\.isSighting).map { row(.entering, $0, .entering, [], [.enterQueue]) }

private let waiting: [Row] =
    [
        row(.waiting, .answerRequested(bob), .calling(bob), [], [.callOperator(bob)]),
        row(.waiting, .deadlinePassed, .leaving(.noAnswer), [.queueChanged], [.sendOn(.noAnswer)]),
        row(
            .waiting,
            .queueRefused,
            .leaving(.nextPriority),
            [.queueChanged],
            [.forgetDeadline, .sendOn(.nextPriority)]
        ),
        row(.waiting, .callerGone, .ended(.callerGone), [.queueChanged], [.forgetDeadline]),
        row(.waiting, seen(queued: true, .absent), .waiting, [], [.watchDeadline]),
        row(.waiting, seen(queued: true, .ringing), .waiting, [], [.watchDeadline]),
        row(.waiting, seen(queued: true, .answered), .waiting, [], [.watchDeadline]),
    ]
    + [
        seen(queued: false, .absent), seen(queued: false, .answered),
        seen(queued: false, .answered, connected: true),
    ].map { row(.waiting, $0, .waiting, [], [.enterQueue, .watchDeadline]) }

private let calling: [Row] =
    [
        row(.calling(alice), .operatorCalled, .ringing(alice), [.queueChanged]),
        row(.calling(alice), .operatorRefused, .waiting, [], [.hangUpOperator(alice), .watchDeadline]),
        row(.calling(alice), .operatorGone, .waiting, [], [.watchDeadline]),
        row(
            .calling(alice),
            .callerGone,
            .ended(.callerGone),
            [.queueChanged],
            [.forgetDeadline, .hangUpOperator(alice)]
        ),
        row(.calling(alice), seen(queued: true, .absent), .waiting, [], [.watchDeadline]),
        row(.calling(alice), seen(queued: false, .absent), .waiting, [], [.watchDeadline]),
        row(.calling(alice), seen(queued: true, .ringing), .ringing(alice), [.queueChanged]),
    ]
    + [
        .operatorAnswered, seen(queued: true, .answered), seen(queued: false, .answered),
        seen(queued: false, .answered, connected: true),
    ].map {
        row(.calling(alice), $0, .connecting(alice), [.queueChanged], [.forgetDeadline, .connect(alice)])
    }

private let ringing: [Row] =
    [.operatorGone, .operatorRefused, seen(queued: true, .absent), seen(queued: false, .absent)].map {
        row(.ringing(alice), $0, .waiting, [.queueChanged], [.watchDeadline])
    }
    + [
        .operatorAnswered, seen(queued: true, .answered), seen(queued: false, .answered),
        seen(queued: false, .answered, connected: true),
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
    [.connected, seen(queued: false, .answered, connected: true)].map {
        row(.connecting(alice), $0, .ended(.connected), [.answered(call: caller, operator: alice.channel)])
    }
    + [.operatorGone, seen(queued: true, .absent), seen(queued: false, .absent)].map {
        row(
            .connecting(alice),
            $0,
            .waiting,
            [.queueChanged],
            [.enterQueue, .discardBridge(alice), .watchDeadline]
        )
    }
    + [seen(queued: true, .answered), seen(queued: false, .answered), seen(queued: true, .ringing)].map {
        row(.connecting(alice), $0, .connecting(alice), [], [.connect(alice)])
    }
    + [
        row(
            .connecting(alice),
            .connectRefused,
            .waiting,
            [.queueChanged],
            [.hangUpOperator(alice), .enterQueue, .discardBridge(alice), .watchDeadline]
        ),
        row(
            .connecting(alice),
            .callerGone,
            .ended(.callerGone),
            [],
            [.forgetDeadline, .hangUpOperator(alice), .discardBridge(alice)]
        ),
    ]

private let leaving: [Row] = [QueuedCall.Exit.noAnswer, .nextPriority].flatMap { exit in
    [
        row(.leaving(exit), .sentOn, .ended(.sentOn)),
        row(.leaving(exit), .callerGone, .ended(.callerGone), [], [.forgetDeadline]),
    ] + events.filter(\.isSighting).map { row(.leaving(exit), $0, .leaving(exit), [], [.sendOn(exit)]) }
}

extension QueuedCall.Event {
    fileprivate var isSighting: Bool {
        if case .recovered = self { return true }
        return false
    }
}

@Suite("Queued call: every phase and event")
struct QueuedCallTransitionsTests {
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

    @Test("whoever is rung for a call is hung up when the caller goes", arguments: phases.indices)
    func noPhoneRingsForNobody(_ index: Int) {
        let phase = phases[index]
        guard let taker = phase.operator else { return }
        #expect(call(phase).handle(.callerGone)?.effects.contains(.hangUpOperator(taker)) == true)
    }

    @Test("a change of the list is always told, and nothing else is told as one", arguments: rows.indices)
    func notices(_ index: Int) {
        let row = rows[index]
        let changed = row.phase.isListed != row.outcome.phase.isListed
        #expect(row.outcome.notices.contains(.queueChanged) == changed, "\(row.phase.name) + \(row.event.name)")
    }
}

@Suite("Queued call: stored rows")
struct QueuedCallRowTests {
    @Test("every phase that is stored survives the row", arguments: phases.indices)
    func roundTrip(_ index: Int) {
        let stored = call(phases[index])
        if case .ended = stored.phase { return }
        #expect(QueuedCall(row: stored.row) == stored)
    }

    @Test("a row that another version wrote is refused, not misread")
    func unreadable() {
        var row = call(.waiting).row
        row.body = ["phase": "dancing", "switchboard_uuid": "s1", "entered_at": 1]
        #expect(QueuedCall(row: row) == nil)
        row.kind = "transfer"
        #expect(QueuedCall(row: row) == nil)
    }

    @Test("callers stand in the order of their entry")
    func order() {
        let first = call(.waiting)
        let second = QueuedCall(
            id: ChannelID("1600000000.9"),
            switchboard: "s1",
            tenant: TenantID("t1"),
            callerName: "",
            callerNumber: "",
            enteredAt: first.enteredAt.addingTimeInterval(1),
            deadline: nil
        )
        #expect([second, first].sorted(by: QueuedCall.precedes).map(\.id) == [first.id, second.id])
    }
}
