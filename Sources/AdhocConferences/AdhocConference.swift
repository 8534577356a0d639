import CallControl
import Core
import Foundation
import Telephony

/// A conference that a user has made of his calls: its life, a pure value.
///
/// Its phases are `assembling` (the host is on his way into the bridge), `running`, `ending` (everybody is hung up, then
/// the bridge is destroyed) and `ended`; docs/adhoc-conferences.md has the picture. ``handle(_:)`` is in
/// `AdhocConference+Transitions`.
struct AdhocConference: AggregateMachine {
    /// Where the conference stands.
    enum Phase: String, Sendable, Hashable, CaseIterable {
        /// Stored; its calls are being brought, the host has not been in the bridge yet.
        case assembling
        /// The host is in the bridge.
        case running
        /// Everybody is being hung up, or let go.
        case ending
        /// Over; the bridge and the row are gone.
        case ended
    }

    /// Where a member stands.
    enum Standing: String, Sendable, Hashable, CaseIterable {
        /// Being brought into our Stasis application.
        case joining
        /// Arrived there; being put into the bridge.
        case entering
        /// In the bridge, as far as we know.
        case inside
        /// Was in the bridge and is being hung up.
        case leaving
        /// Never was in the bridge and is being let go: left alone if it talks elsewhere, else hung up.
        case released
    }

    /// Whose a channel is, by its variables.
    struct Person: Sendable, Hashable {
        /// The user, if it has one.
        var user: UserID?
        /// The tenant, if it has one.
        var tenant: TenantID?
    }

    /// A call of the conference.
    struct Member: Sendable, Hashable {
        /// Its channel.
        var channel: ChannelID
        /// Where it stands.
        var standing: Standing
        /// Whose it is; read when it enters.
        var person: Person
        /// The host's other leg, with which it talked: hung up once this one is on its way.
        var discarded: ChannelID?
        /// The bridge that it is taken from.
        var source: BridgeID?

        /// A member that is to be brought.
        init(
            _ channel: ChannelID,
            standing: Standing = .joining,
            person: Person = Person(),
            discarded: ChannelID? = nil,
            source: BridgeID? = nil
        ) {
            self.channel = channel
            self.standing = standing
            self.person = person
            self.discarded = discarded
            self.source = source
        }
    }

    static let rowKind = "adhoc_conference"
    /// How long calls may take to arrive (ours; contract 23 §5 row 4).
    static let patience: TimeInterval = 15

    /// The conference's id, of its bridge too.
    let id: String
    /// The host's tenant.
    let tenant: TenantID
    /// The user who may change it.
    let hostUser: UserID
    /// The host's channel; another one when it was replaced.
    var host: ChannelID
    /// The host's first peer, who is brought together with him.
    let peer: ChannelID
    /// Its calls, in the order in which they came.
    var members: [Member]
    /// Until when those that are joining must have arrived.
    var dueAt: Date
    /// Where it stands.
    var phase: Phase
    var revision = 0

    /// A conference that is about to begin.
    init(
        id: String,
        tenant: TenantID,
        hostUser: UserID,
        host: ChannelID,
        peer: ChannelID,
        members: [Member],
        dueAt: Date,
        phase: Phase = .assembling
    ) {
        self.id = id
        self.tenant = tenant
        self.hostUser = hostUser
        self.host = host
        self.peer = peer
        self.members = members
        self.dueAt = dueAt
        self.phase = phase
    }

    /// The bridge in which it takes place.
    var bridge: BridgeID { BridgeID(id) }
    var phaseName: String { phase.rawValue }
    var isEnded: Bool { phase == .ended }
    /// Whether calls can be added and removed.
    var isOpen: Bool { phase == .assembling || phase == .running }
    var deadline: Date? { isOpen && members.contains { $0.standing == .joining } ? dueAt : nil }
    var channels: Set<ChannelID> { Set(members.map(\.channel)) }

    /// None at its end: who is being hung up may be in the next one already.
    var claimedChannels: Set<ChannelID> { phase == .ending || isEnded ? [] : channels }

    /// Its own bridge for as long as it lives: who stays behind alone there is its business. Those that calls are taken
    /// from, until the calls have come.
    var claimedBridges: Set<BridgeID> {
        guard !isEnded else { return [] }
        // A member stays in its source until it is put into our bridge; then the source is forgotten.
        let sources = members.compactMap(\.source)
        return Set(sources).union([bridge])
    }

    /// The member of a channel.
    func member(_ channel: ChannelID) -> Member? { members.first { $0.channel == channel } }

    /// Members of this standing, in order.
    func members(_ standing: Standing) -> [Member] { members.filter { $0.standing == standing } }

    /// Each user who has a call in the bridge, once, in the order of the calls.
    var usersInside: [UserID] {
        var users: [UserID] = []
        for member in members where member.standing == .inside || member.standing == .leaving {
            if let user = member.person.user, !users.contains(user) { users.append(user) }
        }
        return users
    }
}
