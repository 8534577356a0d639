import Telephony

@testable import Transfers

/// What an event leads to in a situation.
struct TableRow: Sendable {
    var situation: Situation
    var event: Transfer.Event
    var phase: Transfer.Phase
    var notices: [Transfer.Notice]
    var effects: [Transfer.Effect]
}

private func row(
    _ situation: Situation,
    _ event: Transfer.Event,
    _ phase: Transfer.Phase,
    _ notices: [Transfer.Notice] = [],
    _ effects: [Transfer.Effect] = []
) -> TableRow {
    TableRow(situation: situation, event: event, phase: phase, notices: notices, effects: effects)
}

private let show = Transfer.Event.recipientRenamed(name: "Carol", number: "1003")
private let shows: [Transfer.Effect] = [.show(name: "Carol", number: "1003")]
private let all: [Transfer.Effect] = [.hangUp(.transferred), .hangUp(.initiator), .hangUp(.recipient)]
private let call: [Transfer.Effect] = [.hold, .ringInitiator, .callRecipient]
private let callAlone: [Transfer.Effect] = [.hold, .callRecipient]
private let back: [Transfer.Effect] = [.hangUp(.recipient), .reunite]
private let cancel = Transfer.Event.cancelRequested(by: nil)
private let complete = Transfer.Event.completeRequested(by: nil)

/// What changes something. Every pair that is not here changes nothing (contract 21 §6, with §11 rows 2 to 8).
let table: [TableRow] = starts + ringing + talking + blind + ends + latecomers

private let starts: [TableRow] =
    [
        row(.newInDialplan, .begun(by: nil), .beginning, [], [.capture]),
        row(.newInStasis, .begun(by: nil), .preparing, [], [.mark, .part(BridgeID("b1"))] + call),
    ]
    + [Situation.newInDialplan, .beginning].flatMap { here in
        [
            row(here, .captured, .capturing, [.created(.starting)]),
            row(here, .captureRefused, .ended, [], [.unmark]),
            row(here, .obstructed, .ended, [], [.unmark]),
            row(here, .joined(.transferred), .capturing, [.created(.starting)]),
            row(here, .joined(.initiator), .capturing, [.created(.starting)]),
            row(here, .gone(.transferred), .ended, [], [.unmark]),
            row(here, .gone(.initiator), .ended, [], [.unmark]),
            row(here, complete, .beginning),
            row(here, cancel, .beginning),
        ]
    }
    + [
        row(.capturing, .joined(.transferred), .capturing),
        row(.capturing, .joined(.initiator), .capturing),
        row(
            .capturing,
            .gone(.transferred),
            .dispersing(.starting),
            [.abandoned(.starting)],
            [.hangUp(.transferred), .hangUp(.initiator)]
        ),
        row(.capturing, .gone(.initiator), .capturing),
        row(.capturing, complete, .capturing),
        row(.capturing, cancel, .capturing),
        row(.capturingWithTransferred, .joined(.initiator), .preparing, [], call),
        row(
            .capturingWithTransferred,
            .gone(.transferred),
            .dispersing(.starting),
            [.abandoned(.starting)],
            [.hangUp(.transferred), .hangUp(.initiator)]
        ),
        row(.capturingWithTransferred, .gone(.initiator), .preparing, [], callAlone),
        row(.capturingWithTransferred, complete, .capturing),
        row(.capturingWithTransferred, cancel, .capturing),
        row(.capturingWithInitiator, .joined(.transferred), .preparing, [], call),
        row(
            .capturingWithInitiator,
            .gone(.transferred),
            .dispersing(.starting),
            [.abandoned(.starting)],
            [.hangUp(.transferred), .hangUp(.initiator)]
        ),
        row(.capturingWithInitiator, .gone(.initiator), .capturing),
        row(.capturingWithInitiator, complete, .capturing),
        row(.capturingWithInitiator, cancel, .capturing),
        row(.capturingInitiatorGone, .joined(.transferred), .preparing, [], callAlone),
        row(
            .capturingInitiatorGone,
            .gone(.transferred),
            .ended,
            [.abandoned(.starting), .ended],
            [.hangUp(.transferred)]
        ),
        row(.capturingInitiatorGone, complete, .capturing),
        row(.capturingInitiatorGone, cancel, .capturing),
        row(.capturingCancelled, .joined(.transferred), .capturing),
        row(.capturingCancelled, .joined(.initiator), .capturing),
        row(
            .capturingCancelled,
            .gone(.transferred),
            .dispersing(.abandoned),
            [.abandoned(.abandoned)],
            [.hangUp(.transferred), .hangUp(.initiator)]
        ),
        row(.capturingCancelled, .gone(.initiator), .dispersing(.abandoned), [], [.hangUp(.transferred)]),
        row(.capturingCancelled, cancel, .capturing),
        row(.capturingCancelledWithTransferred, .joined(.initiator), .cancelling(.abandoned), [], [.reunite]),
        row(
            .capturingCancelledWithTransferred,
            .gone(.transferred),
            .dispersing(.abandoned),
            [.abandoned(.abandoned)],
            [.hangUp(.transferred), .hangUp(.initiator)]
        ),
        row(
            .capturingCancelledWithTransferred,
            .gone(.initiator),
            .dispersing(.abandoned),
            [],
            [.hangUp(.transferred)]
        ),
        row(.capturingCancelledWithTransferred, cancel, .capturing),
    ]
    + preparing

private let preparing: [TableRow] =
    [
        row(.preparingFetched, .recipientCalled, .ringback, [.updated(.starting)]),
        row(.preparingFetched, .recipientAnswered, .connecting, [.updated(.starting)], [.connect]),
        row(.preparingFetched, .recipientRefused, .cancelling(.starting), [], back),
        row(.preparingFetched, .obstructed, .cancelling(.starting), [], back),
        row(.preparingFetched, .gone(.recipient), .cancelling(.starting), [], [.reunite]),
        row(.preparingFetched, .gone(.transferred), .dispersing(.starting), [.abandoned(.starting)], all),
        row(.preparingFetched, .gone(.initiator), .preparing),
        row(.preparingFetched, complete, .preparing),
        row(.preparingFetched, cancel, .cancelling(.starting), [], back),
        row(.preparingFetched, show, .preparing, [], shows),
        row(.preparingFetchedBlind, .recipientCalled, .releasing, [.updated(.starting)], [.release]),
        row(.preparingFetchedBlind, .recipientAnswered, .releasing, [.updated(.starting)], [.release]),
        row(
            .preparingFetchedBlind,
            .gone(.transferred),
            .dispersing(.starting),
            [.abandoned(.starting)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        row(.preparingFetchedBlind, complete, .preparing),
        row(.preparingFetchedBlind, show, .preparing, [], shows),
    ]
    + [Transfer.Event.recipientRefused, .obstructed, cancel].map {
        row(
            .preparingFetchedBlind,
            $0,
            .dispersing(.starting),
            [.cancelled(.starting)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        )
    }
    + [
        row(
            .preparingFetchedBlind,
            .gone(.recipient),
            .dispersing(.starting),
            [.cancelled(.starting)],
            [.hangUp(.transferred)]
        )
    ]
    + [(Situation.newInStasis, Transfer.Effect.reunite), (.preparingShared, .reunite), (.preparingApart, .restore)]
    .flatMap { here, undo in
        // Nobody was called when it is new: then there is nobody to hang up.
        let recipient: [Transfer.Effect] = here == .newInStasis ? [] : [.hangUp(.recipient)]
        let together = here != .preparingApart
        return [
            row(here, .recipientCalled, .ringback, [.updated(.ready), .created(.ringback)]),
            row(here, .recipientAnswered, .connecting, [.updated(.ready), .created(.ringback)], [.connect]),
            row(here, .recipientRefused, .cancelling(.ready), [], recipient + [undo]),
            row(here, .obstructed, .cancelling(.ready), [], recipient + [undo]),
            row(here, cancel, .cancelling(.ready), [], recipient + [undo]),
            row(here, .gone(.recipient), .cancelling(.ready), [], [undo]),
            row(here, complete, .preparing),
            row(here, show, .preparing, [], shows),
            together
                ? row(
                    here,
                    .gone(.transferred),
                    .dispersing(.ready),
                    [],
                    [.hangUp(.transferred), .hangUp(.initiator)] + recipient
                )
                : row(here, .gone(.transferred), .cancelling(.ready), [], recipient + [undo]),
            together
                ? row(here, .gone(.initiator), .dispersing(.ready), [], [.hangUp(.transferred)] + recipient)
                : row(here, .gone(.initiator), .cancelling(.ready), [], recipient + [undo]),
        ]
    }

private let ringing: [TableRow] = [
    row(.ringback, .recipientAnswered, .connecting, [], [.connect]),
    row(.ringback, .gone(.transferred), .abandoned, [.abandoned(.ringback)], [.hangUp(.transferred)]),
    row(.ringback, .gone(.initiator), .releasing, [], [.release]),
    row(.ringback, .gone(.recipient), .cancelling(.ringback), [], [.reunite]),
    row(.ringback, complete, .releasing, [], [.hangUp(.initiator), .release]),
    row(.ringback, cancel, .cancelling(.ringback), [], back),
    row(.ringback, show, .ringback, [], shows),
    row(.ringback, .musicStopped, .ringback, [], [.keepMediaFlowing]),
    row(.connecting, .connected, .answered, [.answered(.answered)]),
    row(.connecting, .obstructed, .cancelling(.ringback), [], back),
    row(
        .connecting,
        .gone(.transferred),
        .abandonedConnecting,
        [.abandoned(.ringback)],
        [.hangUp(.transferred), .connect]
    ),
    row(.connecting, .gone(.initiator), .releasing, [], [.release]),
    row(.connecting, .gone(.recipient), .cancelling(.ringback), [], [.reunite]),
    row(.connecting, cancel, .cancelling(.ringback), [], back),
    row(.connecting, show, .connecting, [], shows),
    row(.connecting, .musicStopped, .connecting, [], [.keepMediaFlowing]),
]

private let talking: [TableRow] =
    [
        row(.answered, .gone(.transferred), .abandonedTalking, [.abandoned(.answered)], [.hangUp(.transferred)]),
        row(.answered, .gone(.initiator), .completing, [], [.handOver]),
        row(.answered, .gone(.recipient), .cancelling(.answered), [], [.reunite]),
        row(.answered, complete, .completing, [], [.handOver]),
        row(.answered, cancel, .cancelling(.answered), [], back),
        row(.answered, show, .answered, [], shows),
        row(.answered, .musicStopped, .answered, [], [.keepMediaFlowing]),
        row(.completing, .united, .dismissing, [], [.hangUp(.initiator)]),
        row(.completing, .obstructed, .cancelling(.answered), [], back),
        row(.completing, .gone(.transferred), .abandonedTalking, [.abandoned(.answered)], [.hangUp(.transferred)]),
        row(.completing, .gone(.initiator), .completing),
        row(.completing, .gone(.recipient), .cancelling(.answered), [], [.reunite]),
        row(.completing, cancel, .cancelling(.answered), [], back),
        row(.completingAlone, .united, .ended, [.completed(.answered), .ended], [.announceRecording]),
        row(
            .completingAlone,
            .gone(.transferred),
            .dispersing(.answered),
            [.abandoned(.answered)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        row(
            .completingAlone,
            .gone(.recipient),
            .dispersing(.answered),
            [.cancelled(.answered)],
            [.hangUp(.transferred)]
        ),
    ]
    + [Transfer.Event.obstructed, cancel].map {
        row(
            .completingAlone,
            $0,
            .dispersing(.answered),
            [.cancelled(.answered)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        )
    }
    + [
        row(.dismissing, .gone(.initiator), .ended, [.completed(.answered), .ended], [.announceRecording]),
        row(.dismissing, .obstructed, .dispersing(.answered), [], all),
    ]

private let blind: [TableRow] =
    [
        row(.releasing, .released, .blind, [.completed(.ringback)]),
        row(.releasing, .recipientAnswered, .releasing),
        row(.releasing, .obstructed, .cancelling(.ringback), [], back),
        row(.releasing, .gone(.transferred), .dispersing(.ringback), [], [.hangUp(.initiator), .hangUp(.recipient)]),
        row(.releasing, .gone(.recipient), .cancelling(.ringback), [], [.reunite]),
        row(.releasing, cancel, .cancelling(.ringback), [], back),
        row(.releasing, show, .releasing, [], shows),
        row(.releasingAnswered, .released, .joining, [.completed(.ringback)], [.unite]),
        row(.releasingAnswered, .gone(.transferred), .dispersing(.ringback), [], [.hangUp(.recipient)]),
        row(
            .releasingAnswered,
            .gone(.recipient),
            .dispersing(.ringback),
            [.cancelled(.ringback)],
            [.hangUp(.transferred)]
        ),
        row(.releasingAnswered, show, .releasing, [], shows),
        row(.blind, .recipientAnswered, .joining, [], [.unite]),
        row(
            .blind,
            .gone(.transferred),
            .dispersing(.blindTransferred),
            [.abandoned(.blindTransferred)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        row(
            .blind,
            .gone(.recipient),
            .dispersing(.blindTransferred),
            [.cancelled(.blindTransferred)],
            [.hangUp(.transferred)]
        ),
        row(
            .blind,
            cancel,
            .dispersing(.blindTransferred),
            [.cancelled(.blindTransferred)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        row(.blind, show, .blind, [], shows),
        row(.joining, .united, .ended, [.answered(.blindTransferred), .ended], [.announceRecording]),
        row(
            .joining,
            .gone(.transferred),
            .dispersing(.blindTransferred),
            [.abandoned(.blindTransferred)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        row(
            .joining,
            .gone(.recipient),
            .dispersing(.blindTransferred),
            [.cancelled(.blindTransferred)],
            [.hangUp(.transferred)]
        ),
        row(.joining, show, .joining, [], shows),
    ]
    + [Transfer.Event.obstructed, cancel].flatMap { event in
        [
            row(
                .releasingAnswered,
                event,
                .dispersing(.ringback),
                [.cancelled(.ringback)],
                [.hangUp(.transferred), .hangUp(.recipient)]
            ),
            row(
                .joining,
                event,
                .dispersing(.blindTransferred),
                [.cancelled(.blindTransferred)],
                [.hangUp(.transferred), .hangUp(.recipient)]
            ),
        ]
    }

private let ends: [TableRow] =
    [
        row(.cancelling, .reunited, .ended, [.cancelled(.ringback), .ended]),
        row(
            .cancelling,
            .gone(.transferred),
            .dispersing(.ringback),
            [.cancelled(.ringback)],
            [.hangUp(.initiator), .hangUp(.recipient)]
        ),
        row(
            .cancelling,
            .gone(.initiator),
            .dispersing(.ringback),
            [.cancelled(.ringback)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        row(.cancelling, .obstructed, .dispersing(.ringback), [.cancelled(.ringback)], all),
        row(.cancelling, cancel, .cancelling(.ringback)),
        row(.cancellingQuietly, .reunited, .ended),
        row(.cancellingQuietly, .obstructed, .dispersing(.ready), [], [.hangUp(.recipient)]),
        row(.cancellingQuietly, cancel, .cancelling(.ready)),
        row(.abandoned, .recipientAnswered, .abandonedConnecting, [], [.connect]),
        row(.abandonedConnecting, .connected, .abandonedTalking),
        row(
            .abandonedConnecting,
            .obstructed,
            .dispersing(.abandoned),
            [],
            [.hangUp(.initiator), .hangUp(.recipient)]
        ),
        row(.dispersing, .gone(.initiator), .dispersing(.ringback)),
        row(.dispersing, .gone(.recipient), .dispersing(.ringback)),
        row(.dispersing, cancel, .dispersing(.ringback)),
        row(.dispersingRecipient, .gone(.recipient), .ended, [.ended]),
        row(.dispersingRecipient, cancel, .dispersing(.ringback)),
    ]
    + [Situation.abandoned, .abandonedConnecting, .abandonedTalking].flatMap { here in
        [
            row(here, .gone(.initiator), .dispersing(.abandoned), [], [.hangUp(.recipient)]),
            row(here, .gone(.recipient), .dispersing(.abandoned), [], [.hangUp(.initiator)]),
            row(
                here,
                cancel,
                .dispersing(.abandoned),
                [.cancelled(.abandoned)],
                [.hangUp(.initiator), .hangUp(.recipient)]
            ),
            row(here, show, here.transfer.phase, [], shows),
        ]
    }

/// Those who were to come in time, and those who come when it went on without them.
private let latecomers: [TableRow] =
    Situation.allCases.flatMap { here -> [TableRow] in
        guard here != .ended else { return [] }
        return [Transfer.Party.transferred, .initiator].filter(here.transfer.gone.contains).map {
            row(here, .joined($0), here.transfer.phase, [], [.hangUp($0)])
        }
    }
    + Situation.allCases.filter { $0.transfer.deadline != nil }.map {
        row($0, .deadlinePassed, $0.transfer.phase, [], [.locate])
    }
