import Core
public import Foundation

/// A channel's unique id (`Uniqueid`, the ARI channel id): Asterisk's, or one that we chose.
public struct ChannelID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The id's text.
    public let rawValue: String
    /// Takes the text as it is.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Takes the text as it is.
    public init(_ text: String) { rawValue = text }
    /// The id's text.
    public var description: String { rawValue }
}

/// A snapshot of a channel, as ARI shows it.
public struct Channel: Sendable, Hashable {
    /// Unique id.
    public var id: ChannelID
    /// Name, for instance `PJSIP/alice-00000001`.
    public var name: String
    /// ARI's state: `Down`, `Rsrved`, `OffHook`, `Dialing`, `Ring`, `Ringing`, `Up`, `Busy`, …
    public var state: String
    /// Caller name, may be empty.
    public var callerName: String
    /// Caller number, may be empty.
    public var callerNumber: String
    /// Name of the party that it is connected with, may be empty.
    public var connectedName: String = ""
    /// Number of the party that it is connected with, may be empty.
    public var connectedNumber: String = ""
    /// Number that the call was redirected from; `nil`: it was not.
    public var redirectingNumber: String?
    /// Variables that ari.conf lists in `channelvars`; unset ones are empty texts (contract 00 §7.4).
    public var variables: [String: String]
    /// Dialplan application that runs on the channel: `Stasis` while a Stasis application owns it.
    public var applicationName: String
    /// Its data: `<application>[,<argument>…]` in Stasis (contract 44 §13 a).
    public var applicationData: String
    /// Where it is in the dialplan; in Stasis: the step that called it.
    public var place: DialplanPlace?
    /// Language of sounds, may be empty.
    public var language: String = ""
    /// The protocol's own id: the Call-ID of a PJSIP channel; may be empty.
    public var protocolID: String = ""
    /// When the channel was created.
    public var createdAt: Date?
    /// The same as Asterisk wrote it, for instance `2026-11-28T16:12:01.444+0000`; may be empty.
    public var creationTime: String = ""

    /// A snapshot with the parts that most need.
    public init(
        id: ChannelID,
        name: String = "",
        state: String = "Up",
        callerName: String = "",
        callerNumber: String = "",
        variables: [String: String] = [:],
        applicationName: String = "",
        applicationData: String = "",
        createdAt: Date? = nil
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.callerName = callerName
        self.callerNumber = callerNumber
        self.variables = variables
        self.applicationName = applicationName
        self.applicationData = applicationData
        self.createdAt = createdAt
    }

    /// The first channel of the call that it belongs to; `nil` when the snapshot does not list
    /// `CHANNEL(linkedid)`.
    public var linkedID: ChannelID? {
        guard let id = variables["CHANNEL(linkedid)"], !id.isEmpty else { return nil }
        return ChannelID(id)
    }

    /// The Stasis application that owns the channel, with the arguments it was entered with; `nil` when
    /// the channel is not in Stasis. A channel that took another's place has no arguments.
    public var stasis: (application: String, arguments: [String])? {
        guard applicationName == "Stasis" else { return nil }
        let parts = applicationData.parts(separatedBy: ",", keepingEmpty: true)
        guard let application = parts.first else { return nil }
        return (application, Array(parts.dropFirst()))
    }
}
