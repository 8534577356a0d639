import CallControl
import Core
import Foundation
import Telephony

/// A transfer: the initiator sends the transferred party on to a recipient, with or without talking to the recipient
/// before (contract 21).
struct Transfer: AggregateMachine {
    /// The three who take part.
    enum Party: String, Sendable, Hashable, CaseIterable {
        /// Who is sent on.
        case transferred
        /// Who sends him on.
        case initiator
        /// Whom to.
        case recipient
    }

    /// Whether the initiator talks to the recipient first. An attended transfer that is completed before the recipient
    /// answers becomes a blind one.
    enum Flow: String, Sendable, Hashable, CaseIterable {
        case attended, blind
    }

    /// What clients see of the phase (contract 21 §1).
    enum Status: String, Sendable, Hashable, CaseIterable {
        case starting, ready, ringback, answered
        case blindTransferred = "blind_transferred"
        case abandoned, ended
    }

    /// Where it stands. Phases in the progressive form last until Asterisk has done what they say; what they do is
    /// ``Transfer/duties``, which can be repeated without harm.
    enum Phase: Sendable, Hashable {
        /// Calls of the dialplan are being fetched into Stasis; clients know nothing yet.
        case beginning
        /// They are on their way, or one of them is.
        case capturing
        /// The transferred party is put on hold and the recipient is called.
        case preparing
        /// The recipient's phone rings, the initiator hears it.
        case ringback
        /// The recipient answered: initiator and recipient are bridged.
        case connecting
        /// They talk.
        case answered
        /// Completed before the answer: the transferred party is taken off hold and hears the ringing.
        case releasing
        /// The recipient's phone rings, the transferred party hears it.
        case blind
        /// The recipient answered: transferred party and recipient are bridged.
        case joining
        /// Completed after the answer: the transferred party is put into the bridge of the others.
        case completing
        /// All three are in one bridge: the initiator is hung up.
        case dismissing
        /// Transferred party and initiator are brought together again; the status that clients see meanwhile.
        case cancelling(Status)
        /// The transferred party is gone, the recipient's phone rings.
        case abandoned
        /// The transferred party is gone, initiator and recipient are bridged.
        case abandonedConnecting
        /// The transferred party is gone, initiator and recipient talk.
        case abandonedTalking
        /// Everybody who is left is hung up; the status that clients see meanwhile.
        case dispersing(Status)
        /// It is over.
        case ended

        /// Its name in history, log and row.
        var name: String {
            switch self {
            case .beginning: "beginning"
            case .capturing: "capturing"
            case .preparing: "preparing"
            case .ringback: "ringback"
            case .connecting: "connecting"
            case .answered: "answered"
            case .releasing: "releasing"
            case .blind: "blind"
            case .joining: "joining"
            case .completing: "completing"
            case .dismissing: "dismissing"
            case .cancelling: "cancelling"
            case .abandoned: "abandoned"
            case .abandonedConnecting: "abandoned_connecting"
            case .abandonedTalking: "abandoned_talking"
            case .dispersing: "dispersing"
            case .ended: "ended"
            }
        }
    }

    /// How far the recipient's call has come.
    enum RecipientProgress: String, Sendable, Hashable, CaseIterable, Comparable {
        /// Nobody was asked to call him.
        case uncalled
        /// Asterisk is asked to; whether a channel exists is not known.
        case calling
        /// His channel exists.
        case called
        /// He answered.
        case answered

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
        static func < (first: Self, second: Self) -> Bool { first.rank < second.rank }
    }

    /// Where the recipient is.
    struct Destination: Sendable, Hashable {
        /// The dialplan's extension, priority 1.
        var place: DialplanPlace
        /// The request's variables for the recipient's channel.
        var variables: [String: String] = [:]
        /// Seconds of ringing; `nil`: no limit.
        var timeout: Int?
    }

    /// As whom the recipient is called: the initiator, as he was when it began, since he may hang up before.
    struct Caller: Sendable, Hashable {
        /// Caller name, may be empty.
        var name: String
        /// Caller number, may be empty.
        var number: String
        /// Language of sounds, may be empty.
        var language: String
        /// `WAZO_USERID`, the number of the user's record, if it is set.
        var userNumber: String?
    }

    /// The recipient's channel: a Local channel, whose ids are chosen before it is made.
    struct Leg: Sendable, Hashable {
        /// The half that we hold.
        var channel: ChannelID
        /// The half that runs in the dialplan.
        var otherHalf: ChannelID
    }

    static let rowKind = "transfer"

    let id: String
    let tenant: TenantID
    /// The initiator's user.
    let user: UserID
    let transferred: ChannelID
    let initiator: ChannelID
    let recipient: Leg
    let destination: Destination
    let caller: Caller
    /// The bridge that held the transferred party and the initiator alone, when both were in Stasis.
    let sharedBridge: BridgeID?
    /// When those who were sent to Stasis and have not come are no longer awaited.
    let limit: Date
    var flow: Flow
    var phase: Phase
    /// Who of the transferred party and the initiator is in Stasis.
    var joined: Set<Party>
    /// Who hung up, or left our hands.
    var gone: Set<Party> = []
    var progress: RecipientProgress = .uncalled
    /// Whether clients were told of it: before that it ends without a word.
    var isAnnounced = false
    /// Cancelled before both parties were in Stasis.
    var isCancelled = false
    var revision = 0

    var phaseName: String { phase.name }
    var isEnded: Bool { phase == .ended }
    var deadline: Date? { [.beginning, .capturing].contains(phase) ? limit : nil }
    var channels: Set<ChannelID> { [transferred, initiator, recipient.channel] }

    /// Its bridge, which has its id.
    var bridge: BridgeID { BridgeID(id) }

    /// Its own bridge all the time (contract 21 §7), and the one that it takes apart.
    var claimedBridges: Set<BridgeID> {
        if isEnded { return [] }
        // The other one is gone by the time that clients are told.
        return isAnnounced ? [bridge] : Set([bridge, sharedBridge].compactMap(\.self))
    }

    /// What clients see.
    var status: Status {
        switch phase {
        case .beginning: .starting
        case .capturing: isCancelled ? .abandoned : .starting
        case .preparing: isAnnounced ? .starting : .ready
        case .ringback, .connecting, .releasing: .ringback
        case .answered, .completing, .dismissing: .answered
        case .blind, .joining: .blindTransferred
        case .abandoned, .abandonedConnecting, .abandonedTalking: .abandoned
        case .cancelling(let before), .dispersing(let before): before
        case .ended: .ended
        }
    }

    /// The channel of a party.
    func channel(of party: Party) -> ChannelID {
        switch party {
        case .transferred: transferred
        case .initiator: initiator
        case .recipient: recipient.channel
        }
    }

    /// The party whose channel it is.
    func party(of channel: ChannelID) -> Party? { Party.allCases.first { self.channel(of: $0) == channel } }

    /// Whether a failure brings transferred party and initiator together again: they were when it began.
    var reunites: Bool { isAnnounced || sharedBridge != nil }

    /// Who is there, or may be.
    var present: [Party] {
        Party.allCases.filter { !gone.contains($0) && ($0 != .recipient || progress != .uncalled) }
    }

    /// Who is hung up when nothing else is left to do. Two who had nothing to do with each other when it began are
    /// left as they were.
    var dispersed: [Party] { reunites ? present : present.filter { $0 == .recipient } }

    /// What the phase has to do, in order.
    var duties: [Effect] {
        switch phase {
        case .beginning: [.capture]
        case .preparing: preparation
        case .connecting, .abandonedConnecting: [.connect]
        case .releasing: (gone.contains(.initiator) ? [] : [.hangUp(.initiator)]) + [.release]
        case .joining: [.unite]
        case .completing: [.handOver]
        case .dismissing: [.hangUp(.initiator)]
        case .cancelling:
            (progress == .uncalled || gone.contains(.recipient) ? [] : [.hangUp(.recipient)])
                + [reunites ? .reunite : .restore]
        case .dispersing: dispersed.map(Effect.hangUp)
        case .capturing, .ringback, .answered, .blind, .abandoned, .abandonedTalking, .ended: []
        }
    }

    private var preparation: [Effect] {
        var effects: [Effect] = []
        if !isAnnounced {
            effects.append(.mark)
            if let sharedBridge { effects.append(.part(sharedBridge)) }
        }
        effects.append(.hold)
        if !gone.contains(.initiator) { effects.append(.ringInitiator) }
        return effects + [.callRecipient]
    }
}
