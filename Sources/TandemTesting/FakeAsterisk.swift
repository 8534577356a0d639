import Synchronization
public import Telephony

/// Channels and bridges in memory, for faults and orders of events that a real Asterisk cannot show on
/// demand. It keeps a line for every request.
public final class FakeAsterisk: ChannelControlling, BridgeControlling {
    private struct State {
        var channels: [ChannelID: Channel] = [:]
        var bridges: [BridgeID: Bridge] = [:]
        var unset: [ChannelID: [String: String]] = [:]
        var requests: [String] = []
        var failures: [String: TelephonyFailure] = [:]
        var outage: TelephonyFailure?
        var watchers: [(request: String, continuation: CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())

    /// An Asterisk without channels.
    public init() {}

    /// Requests so far, for instance `answer 1700000000.1`.
    public var requests: [String] { state.withLock { $0.requests } }

    /// Puts a channel there, or replaces it; `variables` are those that its snapshot does not show.
    public func put(_ channel: Channel, variables: [String: String] = [:]) {
        state.withLock { state in
            state.channels[channel.id] = channel
            state.unset[channel.id] = variables
        }
    }

    /// Takes a channel away, out of its bridges too.
    public func remove(_ id: ChannelID) {
        state.withLock { Self.remove(id, from: &$0) }
    }

    /// Takes everything away, as a restart of Asterisk does.
    public func restart() {
        state.withLock { state in
            state.channels = [:]
            state.bridges = [:]
        }
    }

    /// Makes requests whose line begins with `prefix` fail, until it is set to `nil`.
    public func fail(_ prefix: String, with failure: TelephonyFailure?) {
        state.withLock { $0.failures[prefix] = failure }
    }

    /// Makes every request fail, until it is set to `nil`.
    public func setOutage(_ failure: TelephonyFailure?) { state.withLock { $0.outage = failure } }

    /// Returns once a request with this line was made.
    public func waitForRequest(_ request: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.requests.contains(request) { return true }
                state.watchers.append((request, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Members of a bridge; empty when there is none.
    public func members(of bridge: BridgeID) -> [ChannelID] {
        state.withLock { $0.bridges[bridge]?.channels ?? [] }
    }

    private static func remove(_ id: ChannelID, from state: inout State) {
        state.channels[id] = nil
        for bridge in state.bridges.keys { state.bridges[bridge]?.channels.removeAll { $0 == id } }
    }

    private func perform<Value>(_ request: String, _ body: (inout State) throws -> Value) throws -> Value {
        try state.withLock { state in
            state.requests.append(request)
            state.watchers.removeAll { watcher in
                guard watcher.request == request else { return false }
                watcher.continuation.resume()
                return true
            }
            if let outage = state.outage { throw outage }
            if let failure = state.failures.first(where: { request.hasPrefix($0.key) }) { throw failure.value }
            return try body(&state)
        }
    }

    private static func require(_ id: ChannelID, in state: State) throws {
        guard state.channels[id] != nil else { throw TelephonyFailure.notFound("Channel not found") }
    }

    // MARK: ChannelControlling

    /// All channels.
    public func channels() async throws -> [Channel] { try perform("channels") { Array($0.channels.values) } }

    /// One channel.
    public func channel(_ id: ChannelID) async throws -> Channel? { try perform("channel \(id)") { $0.channels[id] } }

    /// Puts a ringing channel there.
    public func originate(_ origination: Origination) async throws {
        try perform("originate \(origination.endpoint)") { state in
            state.channels[origination.channel] = Channel(
                id: origination.channel,
                state: "Ringing",
                applicationName: "AppDial2"
            )
        }
    }

    /// Sets the state to `Up`.
    public func answer(_ id: ChannelID) async throws {
        try perform("answer \(id)") { state in
            try Self.require(id, in: state)
            state.channels[id]?.state = "Up"
        }
    }

    /// Takes the channel away.
    public func hangUp(_ id: ChannelID) async throws {
        try perform("hangUp \(id)") { state in
            try Self.require(id, in: state)
            Self.remove(id, from: &state)
        }
    }

    /// Takes the channel out of Stasis and out of its bridge.
    public func `continue`(_ id: ChannelID, at place: DialplanPlace?) async throws {
        let target = place.map { "\($0.context),\($0.exten),\($0.priority)" } ?? "next"
        try perform("continue \(id) \(target)") { state in
            try Self.require(id, in: state)
            state.channels[id]?.applicationName = ""
            for bridge in state.bridges.keys { state.bridges[bridge]?.channels.removeAll { $0 == id } }
        }
    }

    /// A variable that was given to ``put(_:variables:)`` or set.
    public func variable(_ name: String, of id: ChannelID) async throws -> String? {
        try perform("variable \(name) \(id)") { state in
            try Self.require(id, in: state)
            return state.unset[id]?[name]
        }
    }

    /// Sets a variable.
    public func setVariable(_ name: String, to value: String, of id: ChannelID) async throws {
        try perform("set \(name)=\(value) \(id)") { state in
            try Self.require(id, in: state)
            state.unset[id, default: [:]][name] = value
        }
    }

    // MARK: BridgeControlling

    /// All bridges.
    public func bridges() async throws -> [Bridge] { try perform("bridges") { Array($0.bridges.values) } }

    /// One bridge.
    public func bridge(_ id: BridgeID) async throws -> Bridge? { try perform("bridge \(id)") { $0.bridges[id] } }

    /// Creates a bridge unless it exists.
    public func createBridge(_ id: BridgeID, kind: Bridge.Kind) async throws {
        try perform("createBridge \(id) \(kind.rawValue)") { state in
            if state.bridges[id] == nil { state.bridges[id] = Bridge(id: id, kind: kind, channels: []) }
        }
    }

    /// Moves a channel into a bridge.
    public func add(_ channel: ChannelID, to bridge: BridgeID) async throws {
        try perform("add \(channel) \(bridge)") { state in
            guard state.channels[channel] != nil else {
                throw TelephonyFailure.invalid("Channel not found")
            }
            guard state.bridges[bridge] != nil else { throw TelephonyFailure.notFound("Bridge not found") }
            for other in state.bridges.keys { state.bridges[other]?.channels.removeAll { $0 == channel } }
            state.bridges[bridge]?.channels.append(channel)
        }
    }

    /// Only noted.
    public func startMusic(in bridge: BridgeID, musicClass: String?) async throws {
        try perform("startMusic \(bridge) \(musicClass ?? "default")") { _ in }
    }

    /// Takes the bridge away.
    public func destroyBridge(_ id: BridgeID) async throws {
        try perform("destroyBridge \(id)") { $0.bridges[id] = nil }
    }
}
