import NIOHTTP1
public import Telephony

extension ARIClient: ChannelSignalling {
    /// `POST /channels/{id}/ring`
    public func startRinging(_ id: ChannelID) async throws {
        try await send(.POST, ["channels", id.rawValue, "ring"])
    }

    /// `DELETE /channels/{id}/ring`
    public func stopRinging(_ id: ChannelID) async throws {
        try await send(.DELETE, ["channels", id.rawValue, "ring"])
    }

    /// `POST /channels/{id}/progress`
    public func indicateProgress(_ id: ChannelID) async throws {
        try await send(.POST, ["channels", id.rawValue, "progress"])
    }

    /// `POST /channels/{id}/dtmf`
    public func send(_ tones: DTMFTones, to id: ChannelID) async throws {
        var query = [("dtmf", tones.digits)]
        query.append("duration", tones.duration)
        query.append("between", tones.pause)
        try await send(.POST, ["channels", id.rawValue, "dtmf"], query: query)
    }
}

extension ARIClient: ChannelMediaControlling {
    /// `POST /channels/{id}/mute`
    public func mute(_ id: ChannelID, _ direction: AudioDirection) async throws {
        try await send(.POST, ["channels", id.rawValue, "mute"], query: [("direction", direction.rawValue)])
    }

    /// `DELETE /channels/{id}/mute`
    public func unmute(_ id: ChannelID, _ direction: AudioDirection) async throws {
        try await send(.DELETE, ["channels", id.rawValue, "mute"], query: [("direction", direction.rawValue)])
    }

    /// `POST /channels/{id}/hold`
    public func hold(_ id: ChannelID) async throws {
        try await send(.POST, ["channels", id.rawValue, "hold"])
    }

    /// `DELETE /channels/{id}/hold`
    public func unhold(_ id: ChannelID) async throws {
        try await send(.DELETE, ["channels", id.rawValue, "hold"])
    }

    /// `POST /channels/{id}/moh`
    public func startMusic(on id: ChannelID, musicClass: String?) async throws {
        var query: [(String, String)] = []
        query.append("mohClass", musicClass)
        try await send(.POST, ["channels", id.rawValue, "moh"], query: query)
    }

    /// `DELETE /channels/{id}/moh`
    public func stopMusic(on id: ChannelID) async throws {
        try await send(.DELETE, ["channels", id.rawValue, "moh"])
    }

    /// `POST /channels/{id}/silence`
    public func startSilence(on id: ChannelID) async throws {
        try await send(.POST, ["channels", id.rawValue, "silence"])
    }

    /// `DELETE /channels/{id}/silence`
    public func stopSilence(on id: ChannelID) async throws {
        try await send(.DELETE, ["channels", id.rawValue, "silence"])
    }
}
