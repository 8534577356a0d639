import CallControl
import Core
import Foundation
import Telephony

@testable import Relocates

/// A relocate in a phase; it is completed by the answer unless `completions` says otherwise.
func relocate(_ phase: Relocate.Phase, completedBy completions: [Relocate.Completion] = [.answer, .api]) -> Relocate {
    Relocate(
        id: "r1",
        tenant: TenantID("t1"),
        user: RelocateTable.user,
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

/// A line of the table: what an event does in a phase.
struct TransitionRow: Sendable {
    var phase: Relocate.Phase
    var event: Relocate.Event
    var next: Relocate.Phase
    var notices: [Relocate.Notice]
    var effects: [Relocate.Effect]
}

/// The machine's table, written a second time.
enum RelocateTable {
    typealias Phase = Relocate.Phase
    typealias Event = Relocate.Event
    typealias Sighting = Relocate.Sighting

    static let user = UserID("u1")
    static let now = Date(timeIntervalSince1970: 100)
    static let until = Date(timeIntervalSince1970: 110)

    /// Every phase, once for each of its shapes.
    static let phases: [Phase] = [
        .starting, .ringing, .answered, .completing(until: until), .waitingForRelocated(until: until),
        .connecting(isParted: false), .connecting(isParted: true), .ending(.cancelled, hangingUp: [.recipient]),
        .ending(.notMoved, hangingUp: [.recipient, .relocated]), .ending(.completed, hangingUp: [.initiator]),
        .ended(.completed), .ended(.cancelled),
    ]

    /// Every picture that Asterisk can give.
    static let sightings: [Sighting] = [true, false].flatMap { hasInitiator in
        [nil, .inDialplan, .inStasis, .arrived].flatMap { (relocated: Sighting.Relocated?) in
            [nil, .ringing, .answered].flatMap { (recipient: Sighting.Recipient?) in
                [false, true].compactMap { isConnected in
                    if isConnected, recipient != .answered || relocated == nil || relocated == .inDialplan {
                        return nil
                    }
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
    static let events: [Event] =
        [
            .requested(by: user), .recipientCalled, .recipientRefused, .recipientAnswered(at: now),
            .completionRequested(by: user, at: now), .cancellationRequested(by: user), .relocatedFound,
            .relocatedRedirected, .relocatedNotMoved, .relocatedArrived, .relocatedLeft, .connected, .connectRefused,
            .gone(.initiator), .gone(.relocated), .gone(.recipient), .deadlinePassed,
        ] + sightings.map(Event.seen)

    static func row(
        _ phase: Phase,
        _ event: Event,
        _ next: Phase,
        _ notices: [Relocate.Notice] = [],
        _ effects: [Relocate.Effect] = []
    ) -> TransitionRow {
        TransitionRow(phase: phase, event: event, next: next, notices: notices, effects: effects)
    }

    static func rows(
        _ phase: Phase,
        seen predicate: (Sighting) -> Bool,
        _ next: Phase,
        _ notices: [Relocate.Notice] = [],
        _ effects: [Relocate.Effect] = []
    ) -> [TransitionRow] {
        sightings.filter(predicate).map { row(phase, .seen($0), next, notices, effects) }
    }

    static let hangUpRecipient: [Relocate.Effect] = [.hangUp(.recipient)]
    static func ending(_ end: Relocate.End, _ parties: Set<Relocate.Party> = [.recipient]) -> Phase {
        .ending(end, hangingUp: parties)
    }

}
