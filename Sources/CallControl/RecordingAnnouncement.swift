public import Telephony

/// Tells the parties of a call that they are recorded, when the call goes on with somebody else (contract 21 §5.8).
public struct RecordingAnnouncement: Sendable {
    private let channels: any ChannelControlling
    private let manager: any ManagerControlling

    /// An announcement through these ports.
    public init(channels: any ChannelControlling, manager: any ManagerControlling) {
        self.channels = channels
        self.manager = manager
    }

    /// Plays the channel's start sound (`WAZO_RECORDING_START_SOUND`, else a beep) into a channel that is recorded;
    /// nothing to one that is not, or that is gone. It returns when Asterisk has taken the order.
    /// - Returns: Whether it is recorded.
    /// - Throws: `TelephonyFailure`; ``Telephony/ManagerFailure``; `CancellationError`.
    @discardableResult
    public func announce(to id: ChannelID) async throws -> Bool {
        guard let channel = try await channels.channel(id),
            try await channels.variable("WAZO_CALL_RECORD_ACTIVE", of: channel) == "1"
        else { return false }
        let sound = try await channels.variable("WAZO_RECORDING_START_SOUND", of: channel)
        try await manager.playSound(sound ?? "beep", intoChannel: id)
        return true
    }
}
