import CallControl
import Core
import Telephony

/// Which calls a user may put into a conference: the checks of contract 23 §1, in its order. Calls of others are
/// answered exactly like calls that do not exist.
struct ConferenceCalls: Sendable {
    /// A call that can be put into a conference.
    struct Leg: Sendable, Hashable {
        /// With whom it talks.
        var peer: ChannelID
        /// The Stasis bridge in which they do; `nil` when it is the dialplan's, who looks after it himself.
        var bridge: BridgeID?
        /// Whose it is.
        var tenant: TenantID?
    }

    let channels: any ChannelControlling
    let bridges: any BridgeControlling
    private let parties: CallParties

    init(channels: any ChannelControlling, bridges: any BridgeControlling) {
        self.channels = channels
        self.bridges = bridges
        parties = CallParties(channels: channels, bridges: bridges)
    }

    /// The host's own call.
    /// - Throws: `Failure`; `TelephonyFailure` while Asterisk cannot be asked.
    func host(_ id: ChannelID, of user: UserID, among bridges: [Bridge]) async throws -> Leg {
        guard let channel = try await channels.channel(id), try await owner(of: channel) == user else {
            throw Failure.hostCallNotFound(id)
        }
        let peers = Self.peers(of: id, among: bridges)
        guard let peer = peers.first else { throw Failure.callHasNoPeers(id) }
        guard peers.count == 1 else { throw Failure.hostAlreadyInConference(id) }
        return Leg(peer: peer.channel, bridge: peer.bridge, tenant: try await tenant(of: channel))
    }

    /// A call of somebody else with the user, who talks with it on another leg of his own.
    /// - Parameter tenant: The conference's; a call of another one is none (ours; contract 23 §5 row 9).
    /// - Throws: `Failure`; `TelephonyFailure` while Asterisk cannot be asked.
    func participant(_ id: ChannelID, of user: UserID, tenant: TenantID, among bridges: [Bridge]) async throws -> Leg {
        let peers = Self.peers(of: id, among: bridges)
        guard let channel = try await channels.channel(id), let peer = peers.first, peers.count == 1,
            let own = try await channels.channel(peer.channel), try await owner(of: own) == user
        else { throw Failure.participantCallNotFound(id) }
        let theirs = try await self.tenant(of: channel)
        guard theirs == nil || theirs == tenant else { throw Failure.participantCallNotFound(id) }
        return Leg(peer: peer.channel, bridge: peer.bridge, tenant: theirs)
    }

    private func owner(of channel: Channel) async throws -> UserID? {
        do { return try await parties.user(of: channel) } catch TelephonyFailure.notFound { return nil }
    }

    private func tenant(of channel: Channel) async throws -> TenantID? {
        do { return try await parties.tenant(of: channel) } catch TelephonyFailure.notFound { return nil }
    }

    /// Those who talk with a channel, in whichever bridge; who waits in the same holding bridge does not.
    private static func peers(of id: ChannelID, among bridges: [Bridge])
        -> [(channel: ChannelID, bridge: BridgeID?)]
    {
        bridges.filter { $0.kind == .mixing && $0.channels.contains(id) }
            .flatMap { bridge in
                let source = bridge.bridgeClass == "stasis" ? bridge.id : nil
                return bridge.channels.filter { $0 != id }.map { ($0, source) }
            }
    }
}
