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

func tableRow(
    _ situation: Situation,
    _ event: Transfer.Event,
    _ phase: Transfer.Phase,
    _ notices: [Transfer.Notice] = [],
    _ effects: [Transfer.Effect] = []
) -> TableRow {
    TableRow(situation: situation, event: event, phase: phase, notices: notices, effects: effects)
}

let show = Transfer.Event.recipientRenamed(name: "Carol", number: "1003")
let shows: [Transfer.Effect] = [.show(name: "Carol", number: "1003")]
let all: [Transfer.Effect] = [.hangUp(.transferred), .hangUp(.initiator), .hangUp(.recipient)]
let call: [Transfer.Effect] = [.hold, .ringInitiator, .callRecipient]
let callAlone: [Transfer.Effect] = [.hold, .callRecipient]
let back: [Transfer.Effect] = [.hangUp(.recipient), .reunite]
let cancel = Transfer.Event.cancelRequested(by: nil)
let complete = Transfer.Event.completeRequested(by: nil)

/// What changes something. Every pair that is not here changes nothing (contract 21 §6, with §11 rows 2 to 8).
let table: [TableRow] = starts + ringing + talking + blindRows + endRows + latecomerRows

private let starts: [TableRow] =
    [
        tableRow(.newInDialplan, .begun(by: nil), .beginning, [], [.capture]),
        tableRow(.newInStasis, .begun(by: nil), .preparing, [], [.mark, .part(BridgeID("b1"))] + call),
    ]
    + [Situation.newInDialplan, .beginning].flatMap { here in
        [
            tableRow(here, .captured, .capturing, [.created(.starting)]),
            tableRow(here, .captureRefused, .ended, [], [.unmark]),
            tableRow(here, .obstructed, .ended, [], [.unmark]),
            tableRow(here, .joined(.transferred), .capturing, [.created(.starting)]),
            tableRow(here, .joined(.initiator), .capturing, [.created(.starting)]),
            tableRow(here, .gone(.transferred), .ended, [], [.unmark]),
            tableRow(here, .gone(.initiator), .ended, [], [.unmark]),
            tableRow(here, complete, .beginning),
            tableRow(here, cancel, .beginning),
        ]
    }
    + [
        tableRow(.capturing, .joined(.transferred), .capturing),
        tableRow(.capturing, .joined(.initiator), .capturing),
        tableRow(
            .capturing,
            .gone(.transferred),
            .dispersing(.starting),
            [.abandoned(.starting)],
            [.hangUp(.transferred), .hangUp(.initiator)]
        ),
        tableRow(.capturing, .gone(.initiator), .capturing),
        tableRow(.capturing, complete, .capturing),
        tableRow(.capturing, cancel, .capturing),
        tableRow(.capturingWithTransferred, .joined(.initiator), .preparing, [], call),
        tableRow(
            .capturingWithTransferred,
            .gone(.transferred),
            .dispersing(.starting),
            [.abandoned(.starting)],
            [.hangUp(.transferred), .hangUp(.initiator)]
        ),
        tableRow(.capturingWithTransferred, .gone(.initiator), .preparing, [], callAlone),
        tableRow(.capturingWithTransferred, complete, .capturing),
        tableRow(.capturingWithTransferred, cancel, .capturing),
        tableRow(.capturingWithInitiator, .joined(.transferred), .preparing, [], call),
        tableRow(
            .capturingWithInitiator,
            .gone(.transferred),
            .dispersing(.starting),
            [.abandoned(.starting)],
            [.hangUp(.transferred), .hangUp(.initiator)]
        ),
        tableRow(.capturingWithInitiator, .gone(.initiator), .capturing),
        tableRow(.capturingWithInitiator, complete, .capturing),
        tableRow(.capturingWithInitiator, cancel, .capturing),
        tableRow(.capturingInitiatorGone, .joined(.transferred), .preparing, [], callAlone),
        tableRow(
            .capturingInitiatorGone,
            .gone(.transferred),
            .ended,
            [.abandoned(.starting), .ended],
            [.hangUp(.transferred)]
        ),
        tableRow(.capturingInitiatorGone, complete, .capturing),
        tableRow(.capturingInitiatorGone, cancel, .capturing),
        tableRow(.capturingCancelled, .joined(.transferred), .capturing),
        tableRow(.capturingCancelled, .joined(.initiator), .capturing),
        tableRow(
            .capturingCancelled,
            .gone(.transferred),
            .dispersing(.abandoned),
            [.abandoned(.abandoned)],
            [.hangUp(.transferred), .hangUp(.initiator)]
        ),
        tableRow(.capturingCancelled, .gone(.initiator), .dispersing(.abandoned), [], [.hangUp(.transferred)]),
        tableRow(.capturingCancelled, cancel, .capturing),
        tableRow(.capturingCancelledWithTransferred, .joined(.initiator), .cancelling(.abandoned), [], [.reunite]),
        tableRow(
            .capturingCancelledWithTransferred,
            .gone(.transferred),
            .dispersing(.abandoned),
            [.abandoned(.abandoned)],
            [.hangUp(.transferred), .hangUp(.initiator)]
        ),
        tableRow(
            .capturingCancelledWithTransferred,
            .gone(.initiator),
            .dispersing(.abandoned),
            [],
            [.hangUp(.transferred)]
        ),
        tableRow(.capturingCancelledWithTransferred, cancel, .capturing),
    ]
    + preparing

private let preparing: [TableRow] =
    [
        tableRow(.preparingFetched, .recipientCalled, .ringback, [.updated(.starting)]),
        tableRow(.preparingFetched, .recipientAnswered, .connecting, [.updated(.starting)], [.connect]),
        tableRow(.preparingFetched, .recipientRefused, .cancelling(.starting), [], back),
        tableRow(.preparingFetched, .obstructed, .cancelling(.starting), [], back),
        tableRow(.preparingFetched, .gone(.recipient), .cancelling(.starting), [], [.reunite]),
        tableRow(.preparingFetched, .gone(.transferred), .dispersing(.starting), [.abandoned(.starting)], all),
        tableRow(.preparingFetched, .gone(.initiator), .preparing),
        tableRow(.preparingFetched, complete, .preparing),
        tableRow(.preparingFetched, cancel, .cancelling(.starting), [], back),
        tableRow(.preparingFetched, show, .preparing, [], shows),
        tableRow(.preparingFetchedBlind, .recipientCalled, .releasing, [.updated(.starting)], [.release]),
        tableRow(.preparingFetchedBlind, .recipientAnswered, .releasing, [.updated(.starting)], [.release]),
        tableRow(
            .preparingFetchedBlind,
            .gone(.transferred),
            .dispersing(.starting),
            [.abandoned(.starting)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        tableRow(.preparingFetchedBlind, complete, .preparing),
        tableRow(.preparingFetchedBlind, show, .preparing, [], shows),
    ]
    + [Transfer.Event.recipientRefused, .obstructed, cancel].map {
        tableRow(
            .preparingFetchedBlind,
            $0,
            .dispersing(.starting),
            [.cancelled(.starting)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        )
    }
    + [
        tableRow(
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
            tableRow(here, .recipientCalled, .ringback, [.updated(.ready), .created(.ringback)]),
            tableRow(here, .recipientAnswered, .connecting, [.updated(.ready), .created(.ringback)], [.connect]),
            tableRow(here, .recipientRefused, .cancelling(.ready), [], recipient + [undo]),
            tableRow(here, .obstructed, .cancelling(.ready), [], recipient + [undo]),
            tableRow(here, cancel, .cancelling(.ready), [], recipient + [undo]),
            tableRow(here, .gone(.recipient), .cancelling(.ready), [], [undo]),
            tableRow(here, complete, .preparing),
            tableRow(here, show, .preparing, [], shows),
            together
                ? tableRow(
                    here,
                    .gone(.transferred),
                    .dispersing(.ready),
                    [],
                    [.hangUp(.transferred), .hangUp(.initiator)] + recipient
                )
                : tableRow(here, .gone(.transferred), .cancelling(.ready), [], recipient + [undo]),
            together
                ? tableRow(here, .gone(.initiator), .dispersing(.ready), [], [.hangUp(.transferred)] + recipient)
                : tableRow(here, .gone(.initiator), .cancelling(.ready), [], recipient + [undo]),
        ]
    }

private let ringing: [TableRow] = [
    tableRow(.ringback, .recipientAnswered, .connecting, [], [.connect]),
    tableRow(.ringback, .gone(.transferred), .abandoned, [.abandoned(.ringback)], [.hangUp(.transferred)]),
    tableRow(.ringback, .gone(.initiator), .releasing, [], [.release]),
    tableRow(.ringback, .gone(.recipient), .cancelling(.ringback), [], [.reunite]),
    tableRow(.ringback, complete, .releasing, [], [.hangUp(.initiator), .release]),
    tableRow(.ringback, cancel, .cancelling(.ringback), [], back),
    tableRow(.ringback, show, .ringback, [], shows),
    tableRow(.ringback, .musicStopped, .ringback, [], [.keepMediaFlowing]),
    tableRow(.connecting, .connected, .answered, [.answered(.answered)]),
    tableRow(.connecting, .obstructed, .cancelling(.ringback), [], back),
    tableRow(
        .connecting,
        .gone(.transferred),
        .abandonedConnecting,
        [.abandoned(.ringback)],
        [.hangUp(.transferred), .connect]
    ),
    tableRow(.connecting, .gone(.initiator), .releasing, [], [.release]),
    tableRow(.connecting, .gone(.recipient), .cancelling(.ringback), [], [.reunite]),
    tableRow(.connecting, cancel, .cancelling(.ringback), [], back),
    tableRow(.connecting, show, .connecting, [], shows),
    tableRow(.connecting, .musicStopped, .connecting, [], [.keepMediaFlowing]),
]

private let talking: [TableRow] =
    [
        tableRow(.answered, .gone(.transferred), .abandonedTalking, [.abandoned(.answered)], [.hangUp(.transferred)]),
        tableRow(.answered, .gone(.initiator), .completing, [], [.handOver]),
        tableRow(.answered, .gone(.recipient), .cancelling(.answered), [], [.reunite]),
        tableRow(.answered, complete, .completing, [], [.handOver]),
        tableRow(.answered, cancel, .cancelling(.answered), [], back),
        tableRow(.answered, show, .answered, [], shows),
        tableRow(.answered, .musicStopped, .answered, [], [.keepMediaFlowing]),
        tableRow(.completing, .united, .dismissing, [], [.hangUp(.initiator)]),
        tableRow(.completing, .obstructed, .cancelling(.answered), [], back),
        tableRow(.completing, .gone(.transferred), .abandonedTalking, [.abandoned(.answered)], [.hangUp(.transferred)]),
        tableRow(.completing, .gone(.initiator), .completing),
        tableRow(.completing, .gone(.recipient), .cancelling(.answered), [], [.reunite]),
        tableRow(.completing, cancel, .cancelling(.answered), [], back),
        tableRow(.completingAlone, .united, .ended, [.completed(.answered), .ended], [.announceRecording]),
        tableRow(
            .completingAlone,
            .gone(.transferred),
            .dispersing(.answered),
            [.abandoned(.answered)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        tableRow(
            .completingAlone,
            .gone(.recipient),
            .dispersing(.answered),
            [.cancelled(.answered)],
            [.hangUp(.transferred)]
        ),
    ]
    + [Transfer.Event.obstructed, cancel].map {
        tableRow(
            .completingAlone,
            $0,
            .dispersing(.answered),
            [.cancelled(.answered)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        )
    }
    + [
        tableRow(.dismissing, .gone(.initiator), .ended, [.completed(.answered), .ended], [.announceRecording]),
        tableRow(.dismissing, .obstructed, .dispersing(.answered), [], all),
    ]
