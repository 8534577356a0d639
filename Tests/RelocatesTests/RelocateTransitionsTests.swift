import CallControl
import Core
import Foundation
import Persistence
import Telephony
import Testing

@testable import Relocates

private typealias Phase = Relocate.Phase
private typealias Event = Relocate.Event
private typealias Sighting = Relocate.Sighting

private let user = UserID("u1")
private let now = Date(timeIntervalSince1970: 100)
private let until = Date(timeIntervalSince1970: 110)

/// A relocate in a phase; it is completed by the answer unless `completions` says otherwise.
func relocate(_ phase: Relocate.Phase, completedBy completions: [Relocate.Completion] = [.answer, .api]) -> Relocate {
    Relocate(
        id: "r1",
        tenant: TenantID("t1"),
        user: user,
        initiator: ChannelID("i"),
        relocated: ChannelID("p"),
        recipient: ChannelID("n"),
        device: Relocate.Device(endpoint: "PJSIP/desk", variables: ["A": "b"]),
        completions: completions,
        timeout: 20,
        createdAt: Date(timeIntervalSince1970: 90),
        phase: phase,
        isInitiated: phase != .starting,
        revision: 3
    )
}

/// Every phase, once for each of its shapes.
private let phases: [Phase] = [
    .starting, .ringing, .answered, .completing(until: until), .waitingForRelocated(until: until),
    .connecting(isParted: false), .connecting(isParted: true), .ending(.cancelled, hangingUp: [.recipient]),
    .ending(.notMoved, hangingUp: [.recipient, .relocated]), .ending(.completed, hangingUp: [.initiator]),
    .ended(.completed), .ended(.cancelled),
]

/// Every picture that Asterisk can give.
private let sightings: [Sighting] = [true, false].flatMap { hasInitiator in
    [nil, .inDialplan, .inStasis, .arrived].flatMap { (relocated: Sighting.Relocated?) in
        [nil, .ringing, .answered].flatMap { (recipient: Sighting.Recipient?) in
            [false, true].compactMap { isConnected in
                if isConnected, recipient != .answered || relocated == nil || relocated == .inDialplan { return nil }
                return Sighting(
                    hasInitiator: hasInitiator,
                    relocated: relocated,
                    recipient: recipient,
                    isConnected: isConnected,
                    at: now
                )
            }
        }
    }
}

/// Every event, once for each of its shapes that a machine can tell apart.
private let events: [Event] =
    [
        .requested(by: user), .recipientCalled, .recipientRefused, .recipientAnswered(at: now),
        .completionRequested(by: user, at: now), .cancellationRequested(by: user), .relocatedFound,
        .relocatedRedirected, .relocatedNotMoved, .relocatedArrived, .relocatedLeft, .connected, .connectRefused,
        .gone(.initiator), .gone(.relocated), .gone(.recipient), .deadlinePassed,
    ] + sightings.map(Event.seen)

/// A line of the table: what an event does in a phase.
struct TransitionRow: Sendable {
    var phase: Relocate.Phase
    var event: Relocate.Event
    var next: Relocate.Phase
    var notices: [Relocate.Notice]
    var effects: [Relocate.Effect]
}

private func row(
    _ phase: Phase,
    _ event: Event,
    _ next: Phase,
    _ notices: [Relocate.Notice] = [],
    _ effects: [Relocate.Effect] = []
) -> TransitionRow {
    TransitionRow(phase: phase, event: event, next: next, notices: notices, effects: effects)
}

private func rows(
    _ phase: Phase,
    seen predicate: (Sighting) -> Bool,
    _ next: Phase,
    _ notices: [Relocate.Notice] = [],
    _ effects: [Relocate.Effect] = []
) -> [TransitionRow] {
    sightings.filter(predicate).map { row(phase, .seen($0), next, notices, effects) }
}

private let hangUpRecipient: [Relocate.Effect] = [.hangUp(.recipient)]
private func ending(_ end: Relocate.End, _ parties: Set<Relocate.Party> = [.recipient]) -> Phase {
    .ending(end, hangingUp: parties)
}

/// What changes something. Every pair that is not here changes nothing.
let transitionRows: [TransitionRow] = [
    starting, ringing, answered, completing, waiting, connecting, cancelledEnding, notMovedEnding, completedEnding,
].flatMap { $0 }

/// The relocated came to us, and there is no recipient for it.
private func withoutRecipient(_ phase: Phase) -> [TransitionRow] {
    rows(
        phase,
        seen: { $0.recipient == nil && $0.relocated == .arrived },
        ending(.recipientGone, [.relocated]),
        [],
        [.hangUp(.relocated)]
    )
}

/// The three phases in which the old call is still untouched.
private func early(_ phase: Phase) -> [TransitionRow] {
    var all: [TransitionRow] = [
        row(phase, .cancellationRequested(by: user), ending(.cancelled), [], hangUpRecipient),
        row(phase, .gone(.initiator), ending(.initiatorGone), [], hangUpRecipient),
        row(phase, .gone(.relocated), ending(.relocatedGone), [], hangUpRecipient),
        row(phase, .relocatedLeft, ending(.relocatedGone), [], hangUpRecipient),
        row(phase, .gone(.recipient), .ended(.recipientGone), [.ended]),
    ]
    all += rows(phase, seen: { $0.recipient == nil && $0.relocated != .arrived }, .ended(.recipientGone), [.ended])
    all += withoutRecipient(phase)
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated == nil },
        ending(.relocatedGone),
        [],
        hangUpRecipient
    )
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated != nil && !$0.hasInitiator },
        ending(.initiatorGone),
        [],
        hangUpRecipient
    )
    return all
}

private func isWhole(_ sighting: Sighting, _ recipient: Sighting.Recipient) -> Bool {
    sighting.hasInitiator && sighting.relocated != nil && sighting.recipient == recipient
}

private let starting: [TransitionRow] =
    early(.starting)
    + [
        row(.starting, .requested(by: user), .starting, [], [.callRecipient]),
        row(.starting, .recipientCalled, .ringing, [.initiated]),
        row(.starting, .recipientRefused, ending(.refused), [], hangUpRecipient),
        row(.starting, .deadlinePassed, ending(.notAnswered), [], hangUpRecipient),
        row(
            .starting,
            .recipientAnswered(at: now),
            .completing(until: until),
            [.initiated, .answered],
            [.bringRelocated]
        ),
    ]
    + rows(.starting, seen: { isWhole($0, .ringing) }, .ringing, [.initiated])
    + rows(
        .starting,
        seen: { isWhole($0, .answered) },
        .completing(until: until),
        [.initiated, .answered],
        [.bringRelocated]
    )

private let ringing: [TransitionRow] =
    early(.ringing)
    + [
        row(.ringing, .deadlinePassed, ending(.notAnswered), [], hangUpRecipient),
        row(.ringing, .recipientAnswered(at: now), .completing(until: until), [.answered], [.bringRelocated]),
    ]
    + rows(.ringing, seen: { isWhole($0, .answered) }, .completing(until: until), [.answered], [.bringRelocated])

private let answered: [TransitionRow] =
    early(.answered)
    + [
        row(
            .answered,
            .completionRequested(by: user, at: now),
            .completing(until: until),
            [],
            [.bringRelocated]
        )
    ]

private let completing: [TransitionRow] = {
    let phase = Phase.completing(until: until)
    var all: [TransitionRow] = [
        row(phase, .relocatedFound, .connecting(isParted: false), [], [.connect]),
        row(phase, .relocatedArrived, .connecting(isParted: true), [], [.connect]),
        row(phase, .relocatedRedirected, .waitingForRelocated(until: until)),
        row(phase, .relocatedNotMoved, ending(.notMoved), [], hangUpRecipient),
        row(phase, .deadlinePassed, ending(.notMoved), [], hangUpRecipient),
        row(phase, .gone(.recipient), .ended(.recipientGone), [.ended]),
        row(phase, .gone(.relocated), ending(.relocatedGone), [], hangUpRecipient),
    ]
    all += rows(phase, seen: { $0.recipient == nil && $0.relocated != .arrived }, .ended(.recipientGone), [.ended])
    all += withoutRecipient(phase)
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated == nil },
        ending(.relocatedGone),
        [],
        hangUpRecipient
    )
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated == .inStasis },
        .connecting(isParted: false),
        [],
        [.connect]
    )
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated == .arrived },
        .connecting(isParted: true),
        [],
        [.connect]
    )
    all += rows(phase, seen: { $0.recipient != nil && $0.relocated == .inDialplan }, phase, [], [.bringRelocated])
    return all
}()

private let waiting: [TransitionRow] = {
    let phase = Phase.waitingForRelocated(until: until)
    var all: [TransitionRow] = [
        row(phase, .relocatedArrived, .connecting(isParted: true), [], [.connect]),
        row(
            phase,
            .deadlinePassed,
            ending(.notMoved, [.recipient, .relocated]),
            [],
            [.hangUp(.relocated), .hangUp(.recipient)]
        ),
        row(phase, .gone(.recipient), ending(.recipientGone, [.relocated]), [], [.hangUp(.relocated)]),
        row(phase, .gone(.relocated), ending(.relocatedGone), [], hangUpRecipient),
    ]
    all += rows(
        phase,
        seen: { $0.recipient == nil },
        ending(.recipientGone, [.relocated]),
        [],
        [.hangUp(.relocated)]
    )
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated == nil },
        ending(.relocatedGone),
        [],
        hangUpRecipient
    )
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated == .arrived },
        .connecting(isParted: true),
        [],
        [.connect]
    )
    return all
}()

private let connecting: [TransitionRow] = [true, false].flatMap { (isParted: Bool) -> [TransitionRow] in
    let phase = Phase.connecting(isParted: isParted)
    let alone: (Phase, [Relocate.Notice], [Relocate.Effect]) =
        isParted
        ? (ending(.recipientGone, [.relocated]), [], [.hangUp(.relocated)]) : (.ended(.recipientGone), [.ended], [])
    let talk: (Phase, [Relocate.Notice], [Relocate.Effect]) = (
        ending(.completed, [.initiator]), [.completed], [.hangUp(.initiator)]
    )
    let refused: (Phase, [Relocate.Effect]) =
        isParted
        ? (ending(.notConnected, [.recipient, .relocated]), [.hangUp(.relocated), .hangUp(.recipient)])
        : (ending(.notConnected), hangUpRecipient)
    var all: [TransitionRow] = [
        row(phase, .connected, talk.0, talk.1, talk.2),
        row(phase, .connectRefused, refused.0, [], refused.1),
        row(phase, .gone(.recipient), alone.0, alone.1, alone.2),
        row(phase, .gone(.relocated), ending(.relocatedGone), [], hangUpRecipient),
    ]
    all += rows(
        phase,
        seen: { $0.recipient == nil && $0.relocated != .arrived },
        alone.0,
        alone.1,
        alone.2
    )
    all += withoutRecipient(phase)
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated == nil },
        ending(.relocatedGone),
        [],
        hangUpRecipient
    )
    all += rows(phase, seen: \.isConnected, talk.0, talk.1, talk.2)
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated == .inDialplan },
        ending(.notConnected),
        [],
        hangUpRecipient
    )
    all += rows(
        phase,
        seen: { !$0.isConnected && $0.recipient != nil && [.inStasis, .arrived].contains($0.relocated) },
        phase,
        [],
        [.connect]
    )
    return all
}

private let cancelledEnding: [TransitionRow] = {
    let phase = ending(.cancelled)
    var all: [TransitionRow] = [
        row(phase, .gone(.recipient), .ended(.cancelled), [.ended]),
        row(phase, .recipientAnswered(at: now), phase, [], hangUpRecipient),
        row(
            phase,
            .relocatedArrived,
            ending(.cancelled, [.recipient, .relocated]),
            [],
            [.hangUp(.relocated)]
        ),
    ]
    all += rows(phase, seen: { $0.recipient == nil && $0.relocated != .arrived }, .ended(.cancelled), [.ended])
    all += rows(phase, seen: { $0.recipient != nil && $0.relocated != .arrived }, phase, [], hangUpRecipient)
    // It was sent to us though the answer to that was lost, and its arrival too.
    all += rows(
        phase,
        seen: { $0.recipient == nil && $0.relocated == .arrived },
        ending(.cancelled, [.relocated]),
        [],
        [.hangUp(.relocated)]
    )
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated == .arrived },
        ending(.cancelled, [.recipient, .relocated]),
        [],
        [.hangUp(.relocated), .hangUp(.recipient)]
    )
    return all
}()

private let notMovedEnding: [TransitionRow] = {
    let phase = ending(.notMoved, [.recipient, .relocated])
    let relocatedLeft = ending(.notMoved, [.relocated])
    var all: [TransitionRow] = [
        row(phase, .gone(.recipient), relocatedLeft),
        row(phase, .gone(.relocated), ending(.notMoved)),
        row(phase, .recipientAnswered(at: now), phase, [], hangUpRecipient),
        row(phase, .relocatedArrived, phase, [], [.hangUp(.relocated)]),
    ]
    all += rows(
        phase,
        seen: { $0.recipient == nil && $0.relocated == nil },
        .ended(.notMoved),
        [.ended]
    )
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated == nil },
        ending(.notMoved),
        [],
        hangUpRecipient
    )
    all += rows(
        phase,
        seen: { $0.recipient == nil && $0.relocated != nil },
        relocatedLeft,
        [],
        [.hangUp(.relocated)]
    )
    all += rows(
        phase,
        seen: { $0.recipient != nil && $0.relocated != nil },
        phase,
        [],
        [.hangUp(.relocated), .hangUp(.recipient)]
    )
    return all
}()

private let completedEnding: [TransitionRow] = {
    let phase = ending(.completed, [.initiator])
    var all: [TransitionRow] = [row(phase, .gone(.initiator), .ended(.completed), [.ended])]
    all += rows(phase, seen: { !$0.hasInitiator }, .ended(.completed), [.ended])
    all += rows(phase, seen: \.hasInitiator, phase, [], [.hangUp(.initiator)])
    return all
}()

@Suite("Relocate: every phase and event")
struct RelocateTransitionsTests {
    private func step(_ row: TransitionRow) -> AggregateStep<Relocate> {
        var next = relocate(row.phase)
        next.phase = row.next
        next.isInitiated = next.isInitiated || row.notices.contains(.initiated)
        return AggregateStep(next, notices: row.notices, effects: row.effects)
    }

    @Test("each row of the table happens as written", arguments: phases)
    func row(_ phase: Relocate.Phase) {
        for row in transitionRows where row.phase == phase {
            #expect(relocate(phase).handle(row.event) == step(row), "\(phase.name) + \(row.event)")
        }
    }

    @Test("every pair that the table does not name changes nothing", arguments: phases)
    func rest(_ phase: Relocate.Phase) {
        for event in events where !transitionRows.contains(where: { $0.phase == phase && $0.event == event }) {
            #expect(relocate(phase).handle(event) == nil, "\(phase.name) + \(event)")
        }
    }

    @Test("the table names each pair once, and only phases and events of the lists")
    func table() {
        for row in transitionRows {
            let count = transitionRows.count { $0.phase == row.phase && $0.event == row.event }
            #expect(count == 1, "\(row.phase) \(row.event)")
            #expect(phases.contains(row.phase) && events.contains(row.event))
        }
    }

    @Test("without completion by the answer the recipient waits for the user")
    func completedByRequestOnly() {
        let ringing = relocate(.ringing, completedBy: [.api])
        let step = ringing.handle(.recipientAnswered(at: now))
        #expect(step?.next.phase == .answered)
        #expect(step?.notices == [.answered])
        #expect(step?.effects == [])
        let starting = relocate(.starting, completedBy: [.api]).handle(.recipientAnswered(at: now))
        #expect(starting?.next.phase == .answered)
        #expect(starting?.notices == [.initiated, .answered])
    }

    @Test("who is left is hung up in every way to the end; who talks is not")
    func nobodyLeft() {
        for row in transitionRows {
            guard case .ending(_, let parties) = row.next else { continue }
            if row.phase == row.next { continue }
            if case .ending = row.phase { continue }
            #expect(Set(row.effects) == Set(parties.map(Relocate.Effect.hangUp)), "\(row)")
        }
    }
}

@Suite("Relocate: deadlines, bridges and stored rows")
struct RelocateRowTests {
    @Test("every phase that is stored survives the row", arguments: phases)
    func roundTrip(_ phase: Relocate.Phase) {
        let stored = relocate(phase)
        if stored.isEnded { return }
        let row = AggregateRow(
            kind: Relocate.rowKind,
            id: stored.id,
            tenant: stored.tenant,
            revision: stored.revision,
            deadline: stored.deadline,
            body: stored.body
        )
        #expect(Relocate(row: row) == stored)
    }

    @Test("a row that another version wrote is refused, not misread")
    func unreadable() {
        let stored = relocate(.ringing)
        var body = stored.body.object ?? [:]
        body["phase"] = "dancing"
        var row = AggregateRow(
            kind: Relocate.rowKind,
            id: "r1",
            tenant: stored.tenant,
            revision: 1,
            deadline: nil,
            body: .object(body)
        )
        #expect(Relocate(row: row) == nil)
        row.body = stored.body
        row.kind = "transfer"
        #expect(Relocate(row: row) == nil)
    }

    @Test("ringing ends 5 s after its time, moving after 10 s, waiting for the user never")
    func deadlines() {
        #expect(relocate(.ringing).deadline == Date(timeIntervalSince1970: 115))
        #expect(relocate(.waitingForRelocated(until: until)).deadline == until)
        #expect(relocate(.answered).deadline == nil)
    }

    @Test("the bridge is claimed only while the two are being put into it")
    func claims() {
        for phase in phases {
            var isConnecting = false
            if case .connecting = phase { isConnecting = true }
            #expect(relocate(phase).claimedBridges == (isConnecting ? [BridgeID("r1")] : []))
        }
    }
}
