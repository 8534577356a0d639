import CallControl
import Core
import Foundation
import Telephony

/// A user who takes his own end of a call to another of his devices: the state machine, a pure value.
///
/// Three parties: the **initiator** is the user's present channel, the **relocated** the one he talks with, the
/// **recipient** his new device. The relocated talks with the initiator until the recipient takes over.
///
/// ```
/// starting ──▶ ringing ──▶ answered ──▶ completing ──▶ waitingForRelocated ──▶ connecting ──▶ ending ──▶ ended
///                 └────────────(completion by the answer)──▲ └──(is in Stasis already)──▲
/// ```
/// Whatever goes wrong before the two talk leads to `ending`: the recipient is hung up, the others talk on. All edges
/// are in docs/relocates.md; ``handle(_:)`` is in `Relocate+Transitions`.
struct Relocate: Sendable, Hashable {
    /// Who takes part.
    enum Party: String, Sendable, Hashable, CaseIterable {
        /// The user's present channel.
        case initiator
        /// Whom he talks with.
        case relocated
        /// The user's new device.
        case recipient
    }

    /// What completes a relocate (contract 22 §1).
    enum Completion: String, Sendable, Hashable, CaseIterable {
        /// The recipient's answer.
        case answer
        /// A request of the user.
        case api
    }

    /// Why a relocate ended.
    enum End: String, Sendable, Hashable, CaseIterable {
        /// Relocated and recipient talk.
        case completed
        /// The user gave up.
        case cancelled
        /// The recipient cannot be called.
        case refused
        /// The recipient rang too long.
        case notAnswered
        /// The relocated could not be brought under our control.
        case notMoved
        /// Relocated and recipient could not be bridged.
        case notConnected
        /// A party went away.
        case initiatorGone, relocatedGone, recipientGone
    }

    /// Where it stands.
    enum Phase: Sendable, Hashable {
        /// Stored; the recipient is being called.
        case starting
        /// The recipient rings.
        case ringing
        /// The recipient has answered and waits for the user's request.
        case answered
        /// The relocated is being taken away from the initiator.
        case completing(until: Date)
        /// The relocated is on its way through the dialplan into Stasis.
        case waitingForRelocated(until: Date)
        /// Relocated and recipient are being bridged. `isParted`: the relocated no longer talks with the initiator.
        case connecting(isParted: Bool)
        /// The outcome is known; these parties are still to be hung up.
        case ending(End, hangingUp: Set<Party>)
        /// Over; the row is gone.
        case ended(End)

        /// The phase's name in rows, history and log.
        var name: String {
            switch self {
            case .starting: "starting"
            case .ringing: "ringing"
            case .answered: "answered"
            case .completing: "completing"
            case .waitingForRelocated: "waiting for relocated"
            case .connecting: "connecting"
            case .ending: "ending"
            case .ended: "ended"
            }
        }
    }

    /// What is dialled.
    struct Device: Sendable, Hashable {
        /// For instance `PJSIP/alice` or `Local/0612@internal`.
        var endpoint: DialString
        /// Variables of the new channel, functions too.
        var variables: [String: String]
    }

    /// Its uuid.
    let id: String
    /// The initiator's tenant; the token's where the channel has none.
    let tenant: TenantID
    /// Whose relocate it is.
    let user: UserID
    /// The user's present channel.
    let initiator: ChannelID
    /// Whom he talks with.
    let relocated: ChannelID
    /// The user's new channel; its id is ours, chosen before it is created.
    let recipient: ChannelID
    /// What is dialled.
    let device: Device
    /// What completes it, as requested.
    let completions: [Completion]
    /// Seconds of ringing, as requested; at least 1.
    let timeout: Int
    /// When it was requested.
    let createdAt: Date
    /// Where it stands.
    var phase: Phase
    /// Whether clients were told of its beginning.
    var isInitiated: Bool
    /// Revision of the stored row; 0 before the first.
    var revision: Int

    /// A relocate that is about to begin.
    init(
        id: String,
        tenant: TenantID,
        user: UserID,
        initiator: ChannelID,
        relocated: ChannelID,
        recipient: ChannelID,
        device: Device,
        completions: [Completion],
        timeout: Int,
        createdAt: Date,
        phase: Phase = .starting,
        isInitiated: Bool = false,
        revision: Int = 0
    ) {
        self.id = id
        self.tenant = tenant
        self.user = user
        self.initiator = initiator
        self.relocated = relocated
        self.recipient = recipient
        self.device = device
        self.completions = completions
        self.timeout = timeout
        self.createdAt = createdAt
        self.phase = phase
        self.isInitiated = isInitiated
        self.revision = revision
    }

    /// The bridge in which relocated and recipient will talk; its name says so too (contract 22 §3).
    var bridge: BridgeID { BridgeID(id) }

    /// The channel of a party.
    func channel(of party: Party) -> ChannelID {
        switch party {
        case .initiator: initiator
        case .relocated: relocated
        case .recipient: recipient
        }
    }

    /// The party that a channel plays.
    func party(of channel: ChannelID) -> Party? {
        Party.allCases.first { self.channel(of: $0) == channel }
    }
}

extension Relocate: AggregateMachine {
    /// Seconds beyond the ring timeout, after which we hang up ourselves what Asterisk should have.
    static let ringGrace: TimeInterval = 5
    /// Seconds that the relocated may take from the initiator into Stasis.
    static let moveLimit: TimeInterval = 10
    /// Seconds after which ringing is left to Asterisk's own timer: no phone rings for a week.
    private static let longestRing = 604_800

    static let rowKind = "relocate"
    var phaseName: String { phase.name }
    var channels: Set<ChannelID> { [initiator, relocated, recipient] }

    var isEnded: Bool {
        if case .ended = phase { return true }
        return false
    }

    var deadline: Date? {
        switch phase {
        case .starting, .ringing:
            guard timeout <= Self.longestRing else { return nil }
            return createdAt.addingTimeInterval(TimeInterval(timeout) + Self.ringGrace)
        case .completing(let until), .waitingForRelocated(let until): return until
        case .answered, .connecting, .ending, .ended: return nil
        }
    }

    var claimedBridges: Set<BridgeID> {
        if case .connecting = phase { return [bridge] }
        return []
    }
}
