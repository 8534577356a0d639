import CallControl
import Core
import Telephony

extension Transfer {
    /// What happens to a transfer, from outside or as the outcome of an effect.
    enum Event: AggregateEvent {
        /// It was created, by this user.
        case begun(by: UserID?)
        /// The calls of the dialplan were sent to Stasis.
        case captured
        /// They cannot be.
        case captureRefused
        /// The transferred party or the initiator entered Stasis.
        case joined(Party)
        /// The recipient's channel exists.
        case recipientCalled
        /// It cannot be made.
        case recipientRefused
        /// It entered Stasis: he answered.
        case recipientAnswered
        /// Initiator and recipient are bridged.
        case connected
        /// The transferred party hears the ringing.
        case released
        /// Transferred party and recipient are bridged.
        case united
        /// Transferred party and initiator are as they were.
        case reunited
        /// A party hung up, or left our hands.
        case gone(Party)
        /// Asterisk refuses, though everybody is there.
        case obstructed
        /// A client completes it.
        case completeRequested(by: UserID?)
        /// A client cancels it.
        case cancelRequested(by: UserID?)
        /// The recipient shows another identity.
        case recipientRenamed(name: String, number: String)
        /// The transferred party's music stopped.
        case musicStopped
        /// Somebody who was sent to Stasis should be there by now.
        case deadlinePassed
        /// After a gap in the events: the parties as Asterisk shows them.
        case seen(Sighting)

        /// Its name in history and log.
        var name: String {
            switch self {
            case .begun: "begun"
            case .captured: "captured"
            case .captureRefused: "capture refused"
            case .joined(let party): "\(party.rawValue) joined"
            case .recipientCalled: "recipient called"
            case .recipientRefused: "recipient refused"
            case .recipientAnswered: "recipient answered"
            case .connected: "connected"
            case .released: "released"
            case .united: "united"
            case .reunited: "reunited"
            case .gone(let party): "\(party.rawValue) gone"
            case .obstructed: "obstructed"
            case .completeRequested: "complete requested"
            case .cancelRequested: "cancel requested"
            case .recipientRenamed: "recipient renamed"
            case .musicStopped: "music stopped"
            case .deadlinePassed: "deadline passed"
            case .seen: "seen"
            }
        }

        var user: UserID? {
            switch self {
            case .begun(let user), .completeRequested(let user), .cancelRequested(let user): user
            default: nil
            }
        }
    }

    /// What must be done in Asterisk.
    enum Effect: Sendable, Hashable {
        /// Set the variables of both and send those of them that are in the dialplan to Stasis.
        case capture
        /// Set the variables of both, who are in Stasis.
        case mark
        /// Empty the variables of both.
        case unmark
        /// Destroy the bridge that they are in.
        case part(BridgeID)
        /// Put the transferred party on hold.
        case hold
        /// Let the initiator hear ringing.
        case ringInitiator
        /// Call the recipient.
        case callRecipient
        /// Bridge initiator and recipient.
        case connect
        /// Take the transferred party off hold and let him hear ringing.
        case release
        /// Bridge transferred party and recipient, who is answering.
        case unite
        /// Take the transferred party off hold and put him into the bridge.
        case handOver
        /// Bridge transferred party and initiator again.
        case reunite
        /// Undo hold and ringing, and leave both where they are.
        case restore
        /// Hang a party up.
        case hangUp(Party)
        /// Tell transferred party and recipient that they are recorded, if they are.
        case announceRecording
        /// Show the recipient's identity to whom he rings for.
        case show(name: String, number: String)
        /// See where those are who should be here by now.
        case locate
        /// Play silence to the transferred party, so that his media keeps flowing.
        case keepMediaFlowing
    }

    /// What clients are told: the event with the status in its payload, which is as a rule the one before the change
    /// (contract 21 §9).
    enum Notice: Sendable, Hashable {
        case created(Status)
        case updated(Status)
        case answered(Status)
        case cancelled(Status)
        case completed(Status)
        case abandoned(Status)
        case ended
    }

    /// The parties as Asterisk shows them.
    struct Sighting: Sendable, Hashable {
        /// What is seen of a channel.
        enum Presence: Sendable, Hashable, CaseIterable {
            /// It does not exist.
            case absent
            /// It exists, and is not in Stasis; of the recipient: it rings.
            case elsewhere
            /// It is in Stasis; of the recipient: he answered.
            case inStasis
            /// It is in Stasis because we fetched it for this transfer.
            case fetched
        }
        var transferred: Presence
        var initiator: Presence
        var recipient: Presence
        /// Whether those who were sent to Stasis should be there by now.
        var isLate = false

        /// What is seen of a party.
        subscript(party: Party) -> Presence {
            switch party {
            case .transferred: transferred
            case .initiator: initiator
            case .recipient: recipient
            }
        }
    }
}
