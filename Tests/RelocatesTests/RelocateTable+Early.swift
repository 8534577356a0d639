import CallControl
import Core
import Foundation
import Telephony

@testable import Relocates

extension RelocateTable {
    /// What changes something. Every pair that is not here changes nothing.
    static let all: [TransitionRow] = [
        starting, ringing, answered, completing, waiting, connecting, cancelledEnding, notMovedEnding, completedEnding,
    ].flatMap { $0 }

    /// The relocated came to us, and there is no recipient for it.
    static func withoutRecipient(_ phase: Phase) -> [TransitionRow] {
        rows(
            phase,
            seen: { $0.recipient == nil && $0.relocated == .arrived },
            ending(.recipientGone, [.relocated]),
            [],
            [.hangUp(.relocated)]
        )
    }

    /// The three phases in which the old call is still untouched.
    static func early(_ phase: Phase) -> [TransitionRow] {
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

    static func isWhole(_ sighting: Sighting, _ recipient: Sighting.Recipient) -> Bool {
        sighting.hasInitiator && sighting.relocated != nil && sighting.recipient == recipient
    }

    static let starting: [TransitionRow] =
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

    static let ringing: [TransitionRow] =
        early(.ringing)
        + [
            row(.ringing, .deadlinePassed, ending(.notAnswered), [], hangUpRecipient),
            row(.ringing, .recipientAnswered(at: now), .completing(until: until), [.answered], [.bringRelocated]),
        ]
        + rows(.ringing, seen: { isWhole($0, .answered) }, .completing(until: until), [.answered], [.bringRelocated])

    static let answered: [TransitionRow] =
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

    static let completing: [TransitionRow] = {
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

}
