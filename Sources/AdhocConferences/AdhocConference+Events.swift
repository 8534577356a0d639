import CallControl
import Core
import Foundation
import Telephony

extension AdhocConference {
    /// What happens to a conference, from outside or as the outcome of an effect.
    enum Event: AggregateEvent {
        /// The host asked for it.
        case requested(by: UserID)
        /// The host adds a call, which must have arrived by then.
        case participantAdded(Member, due: Date, by: UserID)
        /// The host removes a call.
        case removalRequested(ChannelID, by: UserID)
        /// The host ends it.
        case deletionRequested(by: UserID)
        /// These calls cannot be brought: they are gone, or stay where they are.
        case notBrought([ChannelID])
        /// A channel is in our Stasis application; the person as the event showed it.
        case arrived(ChannelID, Person?)
        /// A channel is in the bridge.
        case entered(ChannelID, Person)
        /// Another channel took the place of one in the bridge.
        case replaced(ChannelID, by: ChannelID, Person?)
        /// A channel left the bridge, or our Stasis application.
        case left(ChannelID)
        /// A channel does not exist any more.
        case gone(ChannelID)
        /// A call that was released is hung up, or talks elsewhere.
        case letGo(ChannelID)
        /// Somebody else has destroyed the bridge.
        case bridgeGone
        /// We have destroyed the bridge.
        case dissolved
        /// Calls that are joining had time enough.
        case deadlinePassed
        /// After a gap in the events: what Asterisk shows.
        case looked(Sighting)

        var name: String {
            switch self {
            case .requested: "requested"
            case .participantAdded: "participant added"
            case .removalRequested: "removal requested"
            case .deletionRequested: "deletion requested"
            case .notBrought: "not brought"
            case .arrived: "arrived"
            case .entered: "entered"
            case .replaced: "replaced"
            case .left: "left"
            case .gone: "gone"
            case .letGo: "let go"
            case .bridgeGone: "bridge gone"
            case .dissolved: "dissolved"
            case .deadlinePassed: "deadline passed"
            case .looked: "looked"
            }
        }

        var user: UserID? {
            switch self {
            case .requested(let user), .participantAdded(_, _, let user), .removalRequested(_, let user),
                .deletionRequested(let user):
                user
            default: nil
            }
        }
    }

    /// What Asterisk shows of the members and the bridge.
    struct Sighting: Sendable, Hashable {
        /// Where a channel is.
        enum Place: Sendable, Hashable, CaseIterable {
            /// In the conference's bridge.
            case inBridge
            /// In our Stasis application and not in the conference's bridge: a call that was moved stays in the bridge
            /// that it came from until it is put into ours.
            case waiting
            /// Anywhere else: in the dialplan, in another bridge or application.
            case elsewhere
        }
        /// Of each member whose channel exists.
        var places: [ChannelID: Place]
        /// Whether the conference's bridge exists.
        var hasBridge: Bool
        /// Who is in it and no member: the successor of one whose place was taken in the meantime.
        var strangers: [ChannelID] = []
    }

    /// What must be done, in order. Each can be repeated without harm.
    enum Effect: Sendable, Hashable {
        /// Bring calls into our Stasis application, and hang up the host's legs that are not needed then.
        case bring([ChannelID])
        /// Put a channel into the bridge, which is made if need be; the person, if it is known already.
        case admit(ChannelID, Person?)
        /// See whether a successor is in the bridge already; if not, the event of its entry comes.
        case greet(ChannelID, Person?)
        /// Let the host's phone show that it is in a conference.
        case showConference(ChannelID)
        /// Hang a channel up.
        case hangUp(ChannelID)
        /// Leave a channel alone if it talks in another bridge, hang it up if not.
        case letGo(ChannelID)
        /// Make sure that the bridge's events come.
        case listen
        /// Destroy the bridge, and hang up whoever is still in it.
        case dissolve
    }

    /// What clients are told.
    enum Notice: Sendable, Hashable {
        /// The conference was asked for.
        case created
        /// A call is in the bridge.
        case joined(ChannelID, TenantID, to: [UserID])
        /// A call is not in the bridge any more.
        case left(ChannelID, TenantID, to: [UserID])
        /// The conference is over.
        case deleted
    }
}
