import Telephony

@testable import Transfers

let blindRows: [TableRow] =
    [
        tableRow(.releasing, .released, .blind, [.completed(.ringback)]),
        tableRow(.releasing, .recipientAnswered, .releasing),
        tableRow(.releasing, .obstructed, .cancelling(.ringback), [], back),
        tableRow(
            .releasing,
            .gone(.transferred),
            .dispersing(.ringback),
            [],
            [.hangUp(.initiator), .hangUp(.recipient)]
        ),
        tableRow(.releasing, .gone(.recipient), .cancelling(.ringback), [], [.reunite]),
        tableRow(.releasing, cancel, .cancelling(.ringback), [], back),
        tableRow(.releasing, show, .releasing, [], shows),
        tableRow(.releasingAnswered, .released, .joining, [.completed(.ringback)], [.unite]),
        tableRow(.releasingAnswered, .gone(.transferred), .dispersing(.ringback), [], [.hangUp(.recipient)]),
        tableRow(
            .releasingAnswered,
            .gone(.recipient),
            .dispersing(.ringback),
            [.cancelled(.ringback)],
            [.hangUp(.transferred)]
        ),
        tableRow(.releasingAnswered, show, .releasing, [], shows),
        tableRow(.blind, .recipientAnswered, .joining, [], [.unite]),
        tableRow(
            .blind,
            .gone(.transferred),
            .dispersing(.blindTransferred),
            [.abandoned(.blindTransferred)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        tableRow(
            .blind,
            .gone(.recipient),
            .dispersing(.blindTransferred),
            [.cancelled(.blindTransferred)],
            [.hangUp(.transferred)]
        ),
        tableRow(
            .blind,
            cancel,
            .dispersing(.blindTransferred),
            [.cancelled(.blindTransferred)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        tableRow(.blind, show, .blind, [], shows),
        tableRow(.joining, .united, .ended, [.answered(.blindTransferred), .ended], [.announceRecording]),
        tableRow(
            .joining,
            .gone(.transferred),
            .dispersing(.blindTransferred),
            [.abandoned(.blindTransferred)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        tableRow(
            .joining,
            .gone(.recipient),
            .dispersing(.blindTransferred),
            [.cancelled(.blindTransferred)],
            [.hangUp(.transferred)]
        ),
        tableRow(.joining, show, .joining, [], shows),
    ]
    + [Transfer.Event.obstructed, cancel].flatMap { event in
        [
            tableRow(
                .releasingAnswered,
                event,
                .dispersing(.ringback),
                [.cancelled(.ringback)],
                [.hangUp(.transferred), .hangUp(.recipient)]
            ),
            tableRow(
                .joining,
                event,
                .dispersing(.blindTransferred),
                [.cancelled(.blindTransferred)],
                [.hangUp(.transferred), .hangUp(.recipient)]
            ),
        ]
    }

let endRows: [TableRow] =
    [
        tableRow(.cancelling, .reunited, .ended, [.cancelled(.ringback), .ended]),
        tableRow(
            .cancelling,
            .gone(.transferred),
            .dispersing(.ringback),
            [.cancelled(.ringback)],
            [.hangUp(.initiator), .hangUp(.recipient)]
        ),
        tableRow(
            .cancelling,
            .gone(.initiator),
            .dispersing(.ringback),
            [.cancelled(.ringback)],
            [.hangUp(.transferred), .hangUp(.recipient)]
        ),
        tableRow(.cancelling, .obstructed, .dispersing(.ringback), [.cancelled(.ringback)], all),
        tableRow(.cancelling, cancel, .cancelling(.ringback)),
        tableRow(.cancellingQuietly, .reunited, .ended),
        tableRow(.cancellingQuietly, .obstructed, .dispersing(.ready), [], [.hangUp(.recipient)]),
        tableRow(.cancellingQuietly, cancel, .cancelling(.ready)),
        tableRow(.abandoned, .recipientAnswered, .abandonedConnecting, [], [.connect]),
        tableRow(.abandonedConnecting, .connected, .abandonedTalking),
        tableRow(
            .abandonedConnecting,
            .obstructed,
            .dispersing(.abandoned),
            [],
            [.hangUp(.initiator), .hangUp(.recipient)]
        ),
        tableRow(.dispersing, .gone(.initiator), .dispersing(.ringback)),
        tableRow(.dispersing, .gone(.recipient), .dispersing(.ringback)),
        tableRow(.dispersing, cancel, .dispersing(.ringback)),
        tableRow(.dispersingRecipient, .gone(.recipient), .ended, [.ended]),
        tableRow(.dispersingRecipient, cancel, .dispersing(.ringback)),
    ]
    + [Situation.abandoned, .abandonedConnecting, .abandonedTalking].flatMap { here in
        [
            tableRow(here, .gone(.initiator), .dispersing(.abandoned), [], [.hangUp(.recipient)]),
            tableRow(here, .gone(.recipient), .dispersing(.abandoned), [], [.hangUp(.initiator)]),
            tableRow(
                here,
                cancel,
                .dispersing(.abandoned),
                [.cancelled(.abandoned)],
                [.hangUp(.initiator), .hangUp(.recipient)]
            ),
            tableRow(here, show, here.transfer.phase, [], shows),
        ]
    }

/// Those who were to come in time, and those who come when it went on without them.
let latecomerRows: [TableRow] =
    Situation.allCases.flatMap { here -> [TableRow] in
        guard here != .ended else { return [] }
        return [Transfer.Party.transferred, .initiator].filter(here.transfer.gone.contains).map {
            tableRow(here, .joined($0), here.transfer.phase, [], [.hangUp($0)])
        }
    }
    + Situation.allCases.filter { $0.transfer.deadline != nil }.map {
        tableRow($0, .deadlinePassed, $0.transfer.phase, [], [.locate])
    }
