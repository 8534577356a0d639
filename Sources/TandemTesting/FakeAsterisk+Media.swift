public import Telephony

extension FakeAsterisk: ChannelSignalling, ChannelMediaControlling {
    private func note(_ request: String, _ id: ChannelID) throws {
        try perform("\(request) \(id)") { try Self.require(id, in: $0) }
    }

    /// Only noted.
    public func startRinging(_ id: ChannelID) async throws { try note("ring", id) }
    /// Only noted.
    public func stopRinging(_ id: ChannelID) async throws { try note("unring", id) }
    /// Only noted.
    public func indicateProgress(_ id: ChannelID) async throws { try note("progress", id) }
    /// Only noted.
    public func send(_ tones: DTMFTones, to id: ChannelID) async throws { try note("dtmf \(tones.digits)", id) }
    /// Only noted.
    public func mute(_ id: ChannelID, _ direction: AudioDirection) async throws {
        try note("mute \(direction.rawValue)", id)
    }
    /// Only noted.
    public func unmute(_ id: ChannelID, _ direction: AudioDirection) async throws {
        try note("unmute \(direction.rawValue)", id)
    }
    /// Only noted.
    public func hold(_ id: ChannelID) async throws { try note("hold", id) }
    /// Only noted.
    public func unhold(_ id: ChannelID) async throws { try note("unhold", id) }
    /// Only noted.
    public func startMusic(on id: ChannelID, musicClass: String?) async throws {
        try note("music \(musicClass ?? "default")", id)
    }
    /// Only noted.
    public func stopMusic(on id: ChannelID) async throws { try note("noMusic", id) }
    /// Only noted.
    public func startSilence(on id: ChannelID) async throws { try note("silence", id) }
    /// Only noted.
    public func stopSilence(on id: ChannelID) async throws { try note("noSilence", id) }
}

extension FakeAsterisk: PlaybackControlling {
    private static func requireTarget(_ target: MediaTarget, in state: State) throws {
        switch target {
        case .channel(let id): try require(id, in: state)
        case .bridge(let id):
            guard state.bridges[id] != nil else { throw TelephonyFailure.notFound("Bridge not found") }
        }
    }

    /// Puts a playing playback there; a test takes it away through ``stopPlayback(_:)``.
    @discardableResult
    public func play(_ request: PlaybackRequest, on target: MediaTarget) async throws -> Playback {
        try perform("play \(request.media.joined(separator: ",")) \(request.id)") { state in
            try Self.requireTarget(target, in: state)
            let playback = Playback(
                id: request.id,
                media: request.media.first ?? "",
                target: target,
                language: request.language ?? "en",
                state: "playing"
            )
            state.playbacks[request.id] = playback
            return playback
        }
    }

    /// A playback that was not stopped.
    public func playback(_ id: PlaybackID) async throws -> Playback? {
        try perform("playback \(id)") { $0.playbacks[id] }
    }

    /// Takes a playback away.
    public func stopPlayback(_ id: PlaybackID) async throws {
        try perform("stopPlayback \(id)") { state in
            guard state.playbacks.removeValue(forKey: id) != nil else {
                throw TelephonyFailure.notFound("Playback not found")
            }
        }
    }

    /// Only noted.
    public func control(_ id: PlaybackID, _ operation: PlaybackOperation) async throws {
        try perform("\(operation.rawValue) \(id)") { state in
            guard state.playbacks[id] != nil else { throw TelephonyFailure.notFound("Playback not found") }
        }
    }
}

extension FakeAsterisk: RecordingControlling {
    /// Puts a recording there.
    @discardableResult
    public func record(_ request: RecordingRequest, of target: MediaTarget) async throws -> LiveRecording {
        try perform("record \(request.name).\(request.format)") { state in
            try Self.requireTarget(target, in: state)
            guard state.recordings[request.name] == nil else { throw TelephonyFailure.conflict("Recording exists") }
            let recording = LiveRecording(
                name: request.name,
                format: request.format,
                target: target,
                state: "recording"
            )
            state.recordings[request.name] = recording
            return recording
        }
    }

    /// A recording that was not ended.
    public func liveRecording(_ name: String) async throws -> LiveRecording? {
        try perform("recording \(name)") { $0.recordings[name] }
    }

    /// Takes a recording away.
    public func stopRecording(_ name: String) async throws { try end("stopRecording", name) }

    /// Takes a recording away.
    public func discardRecording(_ name: String) async throws { try end("discardRecording", name) }

    /// Sets its state.
    public func setRecording(_ name: String, paused: Bool) async throws {
        try perform("\(paused ? "pause" : "unpause") \(name)") { state in
            guard state.recordings[name] != nil else { throw TelephonyFailure.notFound("Recording not found") }
            state.recordings[name]?.state = paused ? "paused" : "recording"
        }
    }

    /// Only noted.
    public func setRecording(_ name: String, muted: Bool) async throws {
        try perform("\(muted ? "muteRecording" : "unmuteRecording") \(name)") { state in
            guard state.recordings[name] != nil else { throw TelephonyFailure.notFound("Recording not found") }
        }
    }

    private func end(_ request: String, _ name: String) throws {
        try perform("\(request) \(name)") { state in
            guard state.recordings.removeValue(forKey: name) != nil else {
                throw TelephonyFailure.notFound("Recording not found")
            }
        }
    }
}

extension FakeAsterisk: EndpointListing {
    /// Puts endpoints there, in place of those that were.
    public func setEndpoints(_ endpoints: [Endpoint]) {
        withState { $0.endpoints = endpoints }
    }

    /// Those that were set.
    public func endpoints() async throws -> [Endpoint] { try perform("endpoints") { $0.endpoints } }

    /// One of those that were set; the technology in any case, as Asterisk takes it.
    public func endpoint(_ technology: String, _ resource: String) async throws -> Endpoint? {
        try perform("endpoint \(technology)/\(resource)") { state in
            state.endpoints.first {
                $0.technology.lowercased() == technology.lowercased() && $0.resource == resource
            }
        }
    }
}

extension FakeAsterisk: ApplicationSubscribing {
    /// Puts an application there, or takes it away.
    public func setApplication(_ name: String, _ application: StasisApplicationState?) {
        withState { $0.applications[name] = application }
    }

    /// One that was set.
    public func application(_ name: String) async throws -> StasisApplicationState? {
        try perform("application \(name)") { $0.applications[name] }
    }

    /// Notes bridges; other sources do nothing.
    public func subscribe(_ application: String, to sources: [String]) async throws {
        try perform("subscribe \(application) \(sources.joined(separator: ","))") { state in
            guard state.applications[application] != nil else { throw TelephonyFailure.notFound("None") }
            for source in sources {
                guard case .bridge(let id) = MediaTarget(uri: source) else { continue }
                state.applications[application]?.bridges.append(id)
            }
        }
    }

    /// Takes bridges away.
    public func unsubscribe(_ application: String, from sources: [String]) async throws {
        try perform("unsubscribe \(application) \(sources.joined(separator: ","))") { state in
            state.applications[application]?.bridges.removeAll { sources.contains("bridge:\($0)") }
        }
    }
}
