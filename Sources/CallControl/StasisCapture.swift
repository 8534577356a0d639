public import Telephony

/// Brings channels that the dialplan has into Stasis: variables say for what, then the manager sends them to context
/// `convert_to_stasis` (contract 42 §10).
public struct StasisCapture: Sendable {
    /// The context of dialplan/*-stasis.conf.
    public static let context = "convert_to_stasis"

    private let manager: any ManagerControlling
    private let variables: any AnyChannelVariableSetting

    /// A capture through these ports.
    public init(manager: any ManagerControlling, variables: any AnyChannelVariableSetting) {
        self.manager = manager
        self.variables = variables
    }

    /// Sets variables of a channel, in Stasis or not, in this order.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    public func setVariables(_ values: KeyValuePairs<String, String>, of channel: ChannelID) async throws {
        for (name, value) in values { try await variables.setVariable(name, to: value, ofAny: channel) }
    }

    /// Sends one channel, or two that talk with each other at the same moment, to an extension of the context. Two go
    /// in one action, as the one that is left behind alone would be hung up.
    /// - Throws: ``Telephony/ManagerFailure``; `CancellationError`.
    public func redirect(_ channel: ChannelID, with other: ChannelID? = nil, to exten: String) async throws {
        try await manager.redirect(
            channel.rawValue,
            to: DialplanPlace(context: Self.context, exten: exten),
            extra: other?.rawValue
        )
    }
}
