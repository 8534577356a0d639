public import Core
public import Telephony

/// Who talks with whom, and whose a channel is: asked before a transfer, a relocate or a conference begins.
public struct CallParties: Sendable {
    private let channels: any ChannelControlling
    private let bridges: any BridgeControlling

    /// Parties as these ports show them.
    public init(channels: any ChannelControlling, bridges: any BridgeControlling) {
        self.channels = channels
        self.bridges = bridges
    }

    /// The user of a channel; of a Local channel the one whom it stands for (contract 21 §1, contract 23 §1).
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    public func user(of channel: Channel) async throws -> UserID? {
        let name = channel.name.begins(with: "Local/") ? "WAZO_DEREFERENCED_USERUUID" : "WAZO_USERUUID"
        return try await channels.variable(name, of: channel).map(UserID.init(_:))
    }

    /// The tenant of a channel.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    public func tenant(of channel: Channel) async throws -> TenantID? {
        try await channels.variable("WAZO_TENANT_UUID", of: channel).map(TenantID.init(_:))
    }

    /// The channels that talk with a channel, by id: those that share a mixing bridge with it. Who waits in the same
    /// holding bridge is no peer (contract 22 §8 row 12). One request.
    /// - Throws: `TelephonyFailure`.
    public func peers(of channel: ChannelID) async throws -> [ChannelID] {
        let shared = try await bridges.bridges().filter { $0.kind == .mixing && $0.channels.contains(channel) }
        return Set(shared.flatMap(\.channels)).subtracting([channel]).sorted { $0.rawValue < $1.rawValue }
    }

    /// The mixing bridge that holds a channel. One request.
    /// - Throws: `TelephonyFailure`.
    public func bridge(of channel: ChannelID) async throws -> Bridge? {
        try await bridges.bridges().first { $0.kind == .mixing && $0.channels.contains(channel) }
    }
}
