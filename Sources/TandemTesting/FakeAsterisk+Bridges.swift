public import Telephony

extension FakeAsterisk: BridgeControlling {
    /// All bridges.
    public func bridges() async throws -> [Bridge] { try perform("bridges") { Array($0.bridges.values) } }

    /// One bridge.
    public func bridge(_ id: BridgeID) async throws -> Bridge? { try perform("bridge \(id)") { $0.bridges[id] } }

    /// Creates a bridge unless it exists.
    public func createBridge(_ creation: BridgeCreation) async throws {
        let types = creation.types.map(\.rawValue).joined(separator: ",")
        let name = creation.name.isEmpty ? "" : " \(creation.name)"
        try perform("createBridge \(creation.id) \(types)\(name)") { state in
            guard state.bridges[creation.id] == nil else { return }
            let kind: Bridge.Kind = creation.types.contains(.holding) ? .holding : .mixing
            state.bridges[creation.id] = Bridge(id: creation.id, kind: kind, name: creation.name, channels: [])
        }
    }

    /// Moves channels into a bridge.
    public func add(_ channels: [ChannelID], to bridge: BridgeID, as entry: BridgeEntry) async throws {
        let names = channels.map(\.rawValue).joined(separator: ",")
        try perform("add \(names) \(bridge)") { state in
            guard channels.allSatisfy({ state.channels[$0] != nil }) else {
                throw TelephonyFailure.invalid("Channel not found")
            }
            guard state.bridges[bridge] != nil else { throw TelephonyFailure.notFound("Bridge not found") }
            for other in state.bridges.keys { state.bridges[other]?.channels.removeAll(where: channels.contains) }
            state.bridges[bridge]?.channels += channels
        }
    }

    /// Takes a channel out of a bridge.
    public func remove(_ channel: ChannelID, from bridge: BridgeID) async throws {
        try perform("remove \(channel) \(bridge)") { state in
            guard state.channels[channel] != nil else { throw TelephonyFailure.invalid("Channel not found") }
            guard let members = state.bridges[bridge]?.channels else {
                throw TelephonyFailure.notFound("Bridge not found")
            }
            guard members.contains(channel) else {
                throw TelephonyFailure.unprocessable("Channel not in this bridge")
            }
            state.bridges[bridge]?.channels.removeAll { $0 == channel }
        }
    }

    /// Only noted.
    public func stopMusic(in bridge: BridgeID) async throws { try perform("stopMusic \(bridge)") { _ in } }

    /// Only noted.
    public func startMusic(in bridge: BridgeID, musicClass: String?) async throws {
        try perform("startMusic \(bridge) \(musicClass ?? "default")") { _ in }
    }

    /// Takes the bridge away.
    public func destroyBridge(_ id: BridgeID) async throws {
        await waitWhileStalled("destroyBridge \(id)")
        try perform("destroyBridge \(id)") { $0.bridges[id] = nil }
    }
}
