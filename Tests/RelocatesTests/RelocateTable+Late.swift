import CallControl
import Core
import Foundation
import Telephony

@testable import Relocates

extension RelocateTable {
    static let waiting: [TransitionRow] = {
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

    static let connecting: [TransitionRow] = [true, false].flatMap { (isParted: Bool) -> [TransitionRow] in
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

    static let cancelledEnding: [TransitionRow] = {
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

    static let notMovedEnding: [TransitionRow] = {
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

    static let completedEnding: [TransitionRow] = {
        let phase = ending(.completed, [.initiator])
        var all: [TransitionRow] = [row(phase, .gone(.initiator), .ended(.completed), [.ended])]
        all += rows(phase, seen: { !$0.hasInitiator }, .ended(.completed), [.ended])
        all += rows(phase, seen: \.hasInitiator, phase, [], [.hangUp(.initiator)])
        return all
    }()

}
