import Core
import Foundation
import Telephony

@testable import Transfers

/// A transfer in a phase, by its name in the table.
func transfer(
    _ phase: Transfer.Phase,
    flow: Transfer.Flow = .attended,
    joined: Set<Transfer.Party> = [.transferred, .initiator],
    gone: Set<Transfer.Party> = [],
    progress: Transfer.RecipientProgress = .uncalled,
    isAnnounced: Bool = true,
    isCancelled: Bool = false,
    shared: String? = nil,
    revision: Int = 3
) -> Transfer {
    Transfer(
        id: "x1",
        tenant: TenantID("t1"),
        user: UserID("u1"),
        transferred: ChannelID("T"),
        initiator: ChannelID("I"),
        recipient: Transfer.Leg(channel: ChannelID("R"), otherHalf: ChannelID("R2")),
        destination: Transfer.Destination(
            place: DialplanPlace(context: "default", exten: "1003"),
            variables: ["colour": "blue"],
            timeout: 20
        ),
        caller: Transfer.Caller(name: "Bob", number: "1002", language: "en", userNumber: "2"),
        sharedBridge: shared.map { BridgeID($0) },
        limit: Date(timeIntervalSince1970: 1_700_000_030),
        flow: flow,
        phase: phase,
        joined: joined,
        gone: gone,
        progress: progress,
        isAnnounced: isAnnounced,
        isCancelled: isCancelled,
        revision: revision
    )
}

/// Every phase, once for each of its shapes that lead to different outcomes.
enum Situation: String, CaseIterable, Sendable {
    case newInDialplan, newInStasis
    case beginning
    case capturing, capturingWithTransferred, capturingWithInitiator, capturingInitiatorGone
    case capturingCancelled, capturingCancelledWithTransferred
    case preparingFetched, preparingFetchedBlind, preparingShared, preparingApart
    case ringback, connecting, answered
    case releasing, releasingAnswered, blind, joining
    case completing, completingAlone, dismissing
    case cancelling, cancellingQuietly
    case abandoned, abandonedConnecting, abandonedTalking
    case dispersing, dispersingRecipient
    case ended

    var transfer: Transfer {
        switch self {
        case .newInDialplan: make(.beginning, joined: [], isAnnounced: false, revision: 0)
        case .newInStasis: make(.preparing, isAnnounced: false, shared: "b1", revision: 0)
        case .beginning: make(.beginning, joined: [], isAnnounced: false)
        case .capturing: make(.capturing, joined: [])
        case .capturingWithTransferred: make(.capturing, joined: [.transferred])
        case .capturingWithInitiator: make(.capturing, joined: [.initiator])
        case .capturingInitiatorGone: make(.capturing, flow: .blind, joined: [], gone: [.initiator])
        case .capturingCancelled: make(.capturing, joined: [], isCancelled: true)
        case .capturingCancelledWithTransferred: make(.capturing, joined: [.transferred], isCancelled: true)
        case .preparingFetched: make(.preparing, progress: .calling)
        case .preparingFetchedBlind:
            make(.preparing, flow: .blind, joined: [.transferred], gone: [.initiator], progress: .calling)
        case .preparingShared: make(.preparing, progress: .calling, isAnnounced: false, shared: "b1")
        case .preparingApart: make(.preparing, progress: .calling, isAnnounced: false)
        case .ringback: make(.ringback, progress: .called)
        case .connecting: make(.connecting, progress: .answered)
        case .answered: make(.answered, progress: .answered)
        case .releasing: make(.releasing, progress: .called)
        case .releasingAnswered: make(.releasing, gone: [.initiator], progress: .answered)
        case .blind: make(.blind, flow: .blind, gone: [.initiator], progress: .called)
        case .joining: make(.joining, flow: .blind, gone: [.initiator], progress: .answered)
        case .completing: make(.completing, progress: .answered)
        case .completingAlone: make(.completing, gone: [.initiator], progress: .answered)
        case .dismissing: make(.dismissing, progress: .answered)
        case .cancelling: make(.cancelling(.ringback), progress: .called)
        case .cancellingQuietly: make(.cancelling(.ready), progress: .calling, isAnnounced: false)
        case .abandoned: make(.abandoned, gone: [.transferred], progress: .called)
        case .abandonedConnecting: make(.abandonedConnecting, gone: [.transferred], progress: .answered)
        case .abandonedTalking: make(.abandonedTalking, gone: [.transferred], progress: .answered)
        case .dispersing: make(.dispersing(.ringback), gone: [.transferred], progress: .called)
        case .dispersingRecipient:
            make(.dispersing(.ringback), gone: [.transferred, .initiator], progress: .called)
        case .ended: make(.ended, gone: [.initiator])
        }
    }

    private func make(
        _ phase: Transfer.Phase,
        flow: Transfer.Flow = .attended,
        joined: Set<Transfer.Party> = [.transferred, .initiator],
        gone: Set<Transfer.Party> = [],
        progress: Transfer.RecipientProgress = .uncalled,
        isAnnounced: Bool = true,
        isCancelled: Bool = false,
        shared: String? = nil,
        revision: Int = 3
    ) -> Transfer {
        TransfersTests.transfer(
            phase,
            flow: flow,
            joined: joined,
            gone: gone,
            progress: progress,
            isAnnounced: isAnnounced,
            isCancelled: isCancelled,
            shared: shared,
            revision: revision
        )
    }
}

/// A look that shows everybody there, unless said otherwise.
func look(
    _ transferred: Transfer.Sighting.Presence = .inStasis,
    _ initiator: Transfer.Sighting.Presence = .inStasis,
    _ recipient: Transfer.Sighting.Presence = .elsewhere
) -> Transfer.Event {
    .seen(Transfer.Sighting(transferred: transferred, initiator: initiator, recipient: recipient))
}

/// Every event but looks, once for each of its shapes that a machine can tell apart.
let plainEvents: [Transfer.Event] = [
    .begun(by: nil), .captured, .captureRefused, .joined(.transferred), .joined(.initiator), .joined(.recipient),
    .recipientCalled, .recipientRefused, .recipientAnswered, .connected, .released, .united, .reunited,
    .gone(.transferred), .gone(.initiator), .gone(.recipient), .obstructed, .completeRequested(by: nil),
    .cancelRequested(by: nil), .recipientRenamed(name: "Carol", number: "1003"), .musicStopped, .deadlinePassed,
]

/// Every look.
let looks: [Transfer.Event] = Transfer.Sighting.Presence.allCases.flatMap { transferred in
    Transfer.Sighting.Presence.allCases.flatMap { initiator in
        Transfer.Sighting.Presence.allCases.map { look(transferred, initiator, $0) }
    }
}
