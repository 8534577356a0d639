import CallControl
import Core
import Foundation
import Telephony

extension Relocate {
    /// What happens to a relocate, from outside or as the outcome of an effect.
    enum Event: Sendable, Hashable {
        /// The user asks for it.
        case requested(by: UserID)
        /// The recipient is being called.
        case recipientCalled
        /// The recipient cannot be called.
        case recipientRefused
        /// The recipient entered Stasis.
        case recipientAnswered(at: Date)
        /// The user completes it.
        case completionRequested(by: UserID, at: Date)
        /// The user cancels it.
        case cancellationRequested(by: UserID)
        /// The relocated is in Stasis already, with the initiator.
        case relocatedFound
        /// The relocated was sent into the dialplan that leads to us.
        case relocatedRedirected
        /// The relocated cannot be sent there.
        case relocatedNotMoved
        /// The relocated entered Stasis from there.
        case relocatedArrived
        /// The relocated left a Stasis application, though it may live.
        case relocatedLeft
        /// Relocated and recipient talk.
        case connected
        /// Relocated and recipient cannot be bridged, though both are there.
        case connectRefused
        /// A party's channel is gone, or has left our hands.
        case gone(Party)
        /// The phase took too long.
        case deadlinePassed
        /// After a gap in the events: the parties as Asterisk shows them.
        case seen(Sighting)
    }

    /// The parties as Asterisk shows them.
    struct Sighting: Sendable, Hashable {
        /// What is seen of the relocated.
        enum Relocated: Sendable, Hashable {
            /// Not in Stasis.
            case inDialplan
            /// In a Stasis application, by other ways than ours.
            case inStasis
            /// It entered Stasis for this relocate.
            case arrived
        }
        /// What is seen of the recipient.
        enum Recipient: Sendable, Hashable {
            case ringing, answered
        }
        /// Whether the initiator lives.
        var hasInitiator: Bool
        /// `nil`: gone.
        var relocated: Relocated?
        /// `nil`: gone.
        var recipient: Recipient?
        /// Whether relocated and recipient are in the relocate's bridge.
        var isConnected: Bool
        /// When Asterisk was asked.
        var at: Date

        /// Whether the party's channel is there.
        func has(_ party: Party) -> Bool {
            switch party {
            case .initiator: hasInitiator
            case .relocated: relocated != nil
            case .recipient: recipient != nil
            }
        }
    }

    /// What must be done. Each can be repeated without harm.
    enum Effect: Sendable, Hashable {
        /// Dial the recipient.
        case callRecipient
        /// Find the relocated in Stasis, or send it there.
        case bringRelocated
        /// Put recipient and relocated into their bridge.
        case connect
        /// Hang a party up.
        case hangUp(Party)
    }

    /// What clients are told (contract 22 §5).
    enum Notice: String, Sendable, Hashable, CaseIterable {
        /// The recipient is being called.
        case initiated
        /// The recipient has answered.
        case answered
        /// Relocated and recipient talk.
        case completed
        /// It is over; always the last.
        case ended
    }
}

extension Relocate.Event: AggregateEvent {
    var name: String {
        switch self {
        case .requested: "requested"
        case .recipientCalled: "recipient called"
        case .recipientRefused: "recipient refused"
        case .recipientAnswered: "recipient answered"
        case .completionRequested: "completion requested"
        case .cancellationRequested: "cancellation requested"
        case .relocatedFound: "relocated found"
        case .relocatedRedirected: "relocated redirected"
        case .relocatedNotMoved: "relocated not moved"
        case .relocatedArrived: "relocated arrived"
        case .relocatedLeft: "relocated left"
        case .connected: "connected"
        case .connectRefused: "connect refused"
        case .gone(let party): "\(party.rawValue) gone"
        case .deadlinePassed: "deadline passed"
        case .seen: "seen"
        }
    }

    var user: UserID? {
        switch self {
        case .requested(let user), .completionRequested(let user, _), .cancellationRequested(let user): user
        default: nil
        }
    }
}
