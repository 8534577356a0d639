public import Telephony

extension FakeAsterisk: ChannelControlling {
    /// All channels.
    public func channels() async throws -> [Channel] { try perform("channels") { Array($0.channels.values) } }

    /// One channel.
    public func channel(_ id: ChannelID) async throws -> Channel? { try perform("channel \(id)") { $0.channels[id] } }

    /// Puts a ringing channel there.
    @discardableResult
    public func originate(_ origination: Origination) async throws -> Channel {
        await waitWhileStalled("originate \(origination.endpoint)")
        return try perform("originate \(origination.endpoint)") { state in
            let channel = Channel(id: origination.channel, state: "Ringing", applicationName: "AppDial2")
            state.channels[channel.id] = channel
            state.unset[channel.id] = origination.variables
            return channel
        }
    }

    /// Sets the state to `Up`.
    public func answer(_ id: ChannelID) async throws {
        await waitWhileStalled("answer \(id)")
        try perform("answer \(id)") { state in
            try Self.require(id, in: state)
            state.channels[id]?.state = "Up"
        }
    }

    /// Takes the channel away.
    public func hangUp(_ id: ChannelID, reason: HangupReason?) async throws {
        await waitWhileStalled("hangUp \(id)")
        try perform("hangUp \(id)" + (reason.map { " \($0)" } ?? "")) { state in
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
}

extension FakeAsterisk: AnyChannelVariableSetting {
    /// Sets a variable, whether the channel is in Stasis or not.
    public func setVariable(_ name: String, to value: String, ofAny id: ChannelID) async throws {
        try perform("setAny \(name)=\(value) \(id)") { state in
            try Self.require(id, in: state)
            state.unset[id, default: [:]][name] = value
        }
    }
}

extension FakeAsterisk: GlobalVariableAccess {
    /// A variable that was set.
    public func globalVariable(_ name: String) async throws -> String? {
        try perform("global \(name)") { $0.globals[name] }
    }

    /// Sets a variable.
    public func setGlobalVariable(_ name: String, to value: String) async throws {
        try perform("setGlobal \(name)=\(value)") { $0.globals[name] = value.isEmpty ? nil : value }
    }
}

extension FakeAsterisk: ChannelPlacing {
    /// Puts a channel into its application.
    @discardableResult
    public func create(_ creation: ChannelCreation) async throws -> Channel {
        try perform("create \(creation.endpoint)") { state in
            Self.enter(creation.channel, creation.application, creation.arguments, state: "Down", in: &state)
        }
    }

    /// Only noted.
    public func dial(_ id: ChannelID, from caller: ChannelID?, timeout: Int?) async throws {
        try perform("dial \(id)") { try Self.require(id, in: $0) }
    }

    /// The snapshot shows the first application all the same, as Asterisk's does.
    public func move(_ id: ChannelID, to application: String, arguments: [String]) async throws {
        try perform("move \(id) \(([application] + arguments).joined(separator: ","))") {
            try Self.require(id, in: $0)
        }
    }

    /// Only noted.
    public func redirect(_ id: ChannelID, to endpoint: DialString) async throws {
        try perform("redirect \(id) \(endpoint)") { try Self.require(id, in: $0) }
    }

    /// Puts a channel into its application.
    @discardableResult
    public func snoop(_ snoop: Snoop) async throws -> Channel {
        try perform("snoop \(snoop.snooped) \(snoop.spy.rawValue) \(snoop.whisper.rawValue)") { state in
            try Self.require(snoop.snooped, in: state)
            return Self.enter(snoop.channel, snoop.application, snoop.arguments, state: "Up", in: &state)
        }
    }

    private static func enter(
        _ id: ChannelID,
        _ application: String,
        _ arguments: [String],
        state name: String,
        in state: inout State
    ) -> Channel {
        let channel = Channel(
            id: id,
            state: name,
            applicationName: "Stasis",
            applicationData: ([application] + arguments).joined(separator: ",")
        )
        state.channels[id] = channel
        return channel
    }
}
