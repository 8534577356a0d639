import Core
import Foundation
import Telephony

/// A caller in the queue or in the waiting room of a switchboard: the state machine of his stay, a pure value.
///
/// ```
/// entering ──entered─▶ waiting ──answerRequested──▶ calling ──operatorCalled──▶ ringing
///                         ▲  ▲                         │                          │
///                         │  └───────operatorRefused───┘                          │
///                         └────────────────operatorGone───────────────────────────┤
///                                                                          operatorAnswered
///   waiting ──deadlinePassed──▶ leaving ──sentOn──▶ ended                         ▼
///                                                    ▲◀──connected────────── connecting
/// ```
/// From every phase the caller's hang-up leads to `ended`. ``handle(_:)`` is in `WaitingCall+Transitions`.
struct WaitingCall: Sendable, Hashable {
    /// Where he waits.
    enum Room: String, Sendable, Hashable, CaseIterable {
        /// Callers whom nobody has taken yet.
        case queue
        /// Callers whom an operator has put on hold.
        case waitingRoom
    }

    /// The operator who takes the call.
    struct Operator: Sendable, Hashable {
        /// The operator's channel; its id is ours, chosen before it is created.
        var channel: ChannelID
        /// The bridge in which the two will talk.
        var bridge: BridgeID
        /// What is dialled, for instance `PJSIP/alice`.
        var endpoint: DialString
        /// The user of the token.
        var user: UserID
    }

    /// Where a call goes that leaves the queue unanswered.
    enum Exit: String, Sendable, Hashable {
        /// `switchboard,noanswer,1`: the fallback of the dialplan.
        case noAnswer
        /// The next priority: the call could not be put into its room (contract 20 §3).
        case nextPriority
    }

    /// Why a stay ended.
    enum End: String, Sendable, Hashable {
        case connected, callerGone, sentOn
        /// An operator put him into another room.
        case moved
        /// Another channel took the caller's place; the stay goes on as its.
        case replaced
        /// He could not be put on hold, and stays where he was.
        case refused
    }

    /// Where the stay stands.
    enum Phase: Sendable, Hashable {
        /// Stored; being put into the room's bridge, answered before in the queue.
        case entering
        /// In the room, listed.
        case waiting
        /// An operator asked for the call; his phone is being dialled. Still listed.
        case calling(Operator)
        /// His phone rings; the caller keeps his place and the music, but is no longer listed.
        case ringing(Operator)
        /// He answered; the two are being bridged.
        case connecting(Operator)
        /// Being sent out of the queue.
        case leaving(Exit)
        /// Over; the row is gone.
        case ended(End)

        /// The phase's name in rows, history and log.
        var name: String {
            switch self {
            case .entering: "entering"
            case .waiting: "waiting"
            case .calling: "calling"
            case .ringing: "ringing"
            case .connecting: "connecting"
            case .leaving: "leaving"
            case .ended: "ended"
            }
        }

        /// The operator of the phase, if it has one.
        var `operator`: Operator? {
            switch self {
            case .calling(let taker), .ringing(let taker), .connecting(let taker): taker
            default: nil
            }
        }

        /// Whether clients see the call in the room's list.
        var isListed: Bool {
            switch self {
            case .waiting, .calling: true
            default: false
            }
        }

        /// Whether the caller stands in the room's bridge, as far as we arranged it.
        var isInRoom: Bool {
            switch self {
            case .waiting, .calling, .ringing: true
            default: false
            }
        }
    }

    /// The caller's channel.
    let id: ChannelID
    /// Where he waits.
    let room: Room
    /// The switchboard's uuid.
    let switchboard: String
    /// The switchboard's tenant.
    let tenant: TenantID
    /// Caller name, may be empty; follows the channel.
    var callerName: String
    /// Caller number, may be empty; follows the channel.
    var callerNumber: String
    /// When he entered: his place in the queue.
    let enteredAt: Date
    /// When the no-answer fallback is due; `nil`: never.
    let deadline: Date?
    /// Where the stay stands.
    var phase: Phase
    /// Revision of the stored row; 0 before the first.
    var revision: Int

    /// A caller who just arrived.
    init(
        id: ChannelID,
        room: Room = .queue,
        switchboard: String,
        tenant: TenantID,
        callerName: String,
        callerNumber: String,
        enteredAt: Date,
        deadline: Date?,
        phase: Phase = .entering,
        revision: Int = 0
    ) {
        self.id = id
        self.room = room
        self.switchboard = switchboard
        self.tenant = tenant
        self.callerName = callerName
        self.callerNumber = callerNumber
        self.enteredAt = enteredAt
        self.deadline = deadline
        self.phase = phase
        self.revision = revision
    }

    /// Order of a room: who entered first; equal times by channel id, so that the order is one.
    static func precedes(_ left: WaitingCall, _ right: WaitingCall) -> Bool {
        (left.enteredAt, left.id.rawValue) < (right.enteredAt, right.id.rawValue)
    }
}
