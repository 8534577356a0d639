/// Who is in a ConfBridge conference (contract 38 §3 `ConfBridgeList`).
public struct ConfbridgeUser: Sendable, Hashable {
    /// The channel's unique id.
    public var channel: ChannelID
    /// The channel's name.
    public var channelName: String
    /// Caller name, `<unknown>` when there is none.
    public var callerName: String
    /// Caller number, `<unknown>` when there is none.
    public var callerNumber: String
    /// Whether it is muted.
    public var isMuted: Bool
    /// Whether it is an administrator.
    public var isAdmin: Bool
    /// Seconds since the channel was answered; 0 when Asterisk does not say.
    public var answeredTime: Int
    /// The channel's language.
    public var language: String
    /// The channel's variables that manager.conf lists.
    public var variables: [String: String]

    /// A participant, if the message is one of the list.
    public init?(_ message: ManagerMessage) {
        guard message.event == "ConfbridgeList", let id = message["Uniqueid"] else { return nil }
        channel = ChannelID(id)
        channelName = message["Channel"] ?? ""
        callerName = message.text("CallerIDName") ?? ""
        callerNumber = message["CallerIDNum"] ?? ""
        isMuted = message["Muted"] == "Yes"
        isAdmin = message["Admin"] == "Yes"
        answeredTime = message["AnsweredTime"].flatMap(Int.init) ?? 0
        language = message["Language"] ?? ""
        variables = message.channelVariables
    }
}

extension ManagerControlling {
    /// Who is in a conference; nobody when it does not run.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func confbridgeUsers(of conference: String) async throws -> [ConfbridgeUser] {
        do {
            return try await send(ManagerAction("ConfBridgeList", ["Conference": conference]))
                .compactMap(ConfbridgeUser.init)
        } catch ManagerFailure.refused(let message, _) where Self.isNoConference(message) {
            return []
        }
    }

    /// Whether a refusal says that the conference does not run (contract 32).
    public static func isNoConference(_ message: String) -> Bool {
        message == "No active conferences." || message == "No Conference by that name found."
    }

    /// Throws a participant out.
    /// - Parameter channel: The channel's name; `all` for everybody.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func confbridgeKick(_ channel: String, from conference: String) async throws {
        _ = try await send(ManagerAction("ConfbridgeKick", ["Conference": conference, "Channel": channel]))
    }

    /// Mutes a participant, by the channel's name.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func confbridgeMute(_ channel: String, in conference: String) async throws {
        _ = try await send(ManagerAction("ConfbridgeMute", ["Conference": conference, "Channel": channel]))
    }

    /// Unmutes a participant, by the channel's name.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func confbridgeUnmute(_ channel: String, in conference: String) async throws {
        _ = try await send(ManagerAction("ConfbridgeUnmute", ["Conference": conference, "Channel": channel]))
    }

    /// Starts recording a conference.
    /// - Parameter file: `nil`: where the conference's bridge profile or Asterisk puts it.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func confbridgeStartRecording(of conference: String, file: String? = nil) async throws {
        var action = ManagerAction("ConfbridgeStartRecord", ["Conference": conference])
        action.add("RecordFile", file)
        _ = try await send(action)
    }

    /// Ends recording a conference.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func confbridgeStopRecording(of conference: String) async throws {
        _ = try await send(ManagerAction("ConfbridgeStopRecord", ["Conference": conference]))
    }
}
