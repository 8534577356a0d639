import Core

/// A call to be placed over the manager interface. Asterisk queues it; `OriginateResponse` tells the outcome.
public struct ManagerOrigination: Sendable, Hashable {
    /// What the new channel does when it is answered.
    public enum Destination: Sendable, Hashable {
        /// Runs an application of the dialplan.
        case application(String, data: String)
        /// Goes to a place of the dialplan.
        case place(DialplanPlace)
    }

    /// What is dialled, for instance `Local/s@wazo-play-beep`.
    public var channel: DialString
    /// What it does then.
    public var destination: Destination
    /// `"name" <number>`; `nil`: none.
    public var callerID: String?
    /// Milliseconds of ringing; `nil`: Asterisk's 30,000.
    public var timeout: Int?
    /// The new channel's unique id, chosen by us; `nil`: Asterisk's choice.
    public var channelID: ChannelID?
    /// Unique id of the other half of a Local channel, if ``channelID`` is given; `nil`: Asterisk's choice.
    public var otherChannelID: ChannelID?
    /// Variables of the new channel, in order.
    public var variables: [ManagerAction.Field] = []

    /// A call; further properties may be set.
    public init(channel: DialString, destination: Destination) {
        self.channel = channel
        self.destination = destination
    }

    var action: ManagerAction {
        get throws(ManagerFailure) {
            var action = try ManagerAction("Originate", channel: channel.text)
            switch destination {
            case .application(let name, let data):
                action.add("Application", name)
                action.add("Data", data)
            case .place(let place):
                action.add("Context", place.context)
                action.add("Exten", place.exten)
                action.add("Priority", "\(place.priority)")
            }
            action.add("CallerID", callerID)
            action.add("Timeout", timeout.map { "\($0)" })
            action.add("ChannelId", channelID?.rawValue)
            action.add("OtherChannelId", otherChannelID?.rawValue)
            for variable in variables { action.addVariable(variable.name, variable.value) }
            // Otherwise Asterisk answers nothing on this connection until the phone does.
            action.add("Async", "true")
            return action
        }
    }
}

extension ManagerControlling {
    /// Places a call and returns when Asterisk has queued it.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func originate(_ origination: ManagerOrigination) async throws {
        _ = try await send(origination.action)
    }

    /// Plays a sound into a channel, for instance the beep of a recording (contract 00 §6.4).
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func playSound(_ sound: String = "beep", intoChannel channel: ChannelID) async throws {
        var origination = ManagerOrigination(
            channel: "Local/s@wazo-play-beep",
            destination: .application("Playback", data: sound)
        )
        origination.variables = [ManagerAction.Field("WAZO_PLAYBACK_CHANNEL", channel.rawValue)]
        try await originate(origination)
    }

    /// Names of the music classes (`moh show classes`).
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func musicClasses() async throws -> [String] {
        try await command("moh show classes").compactMap { line in
            line.suffix(after: "Class: ")
        }
    }

    /// The channel's variables `X_WAZO_<name>`, without the prefix (contract 11 `variables`).
    /// - Parameter channel: The channel's name.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func applicationVariables(ofChannel channel: String) async throws -> [String: String] {
        guard !channel.isEmpty else { throw ManagerFailure.unsendable("core show channel names no channel") }
        var variables: [String: String] = [:]
        for line in try await command("core show channel \(channel)") {
            guard let (name, value) = line.suffix(after: "X_WAZO_")?.halves(at: "=") else { continue }
            variables[name] = value
        }
        return variables
    }
}
