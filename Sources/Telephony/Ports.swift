/// A call to be placed into a Stasis application.
public struct Origination: Sendable, Hashable {
    /// The new channel's id, chosen by us so that no event can come for an unknown channel.
    public var channel: ChannelID
    /// What is dialled, for instance `PJSIP/alice`.
    public var endpoint: String
    /// The Stasis application that gets the channel when it answers.
    public var application: String
    /// Its arguments.
    public var arguments: [String]
    /// `"name" <number>` shown to the phone; `nil`: none.
    public var callerID: String?
    /// A channel whose formats and linked id the new one takes over.
    public var originator: ChannelID?
    /// Seconds of ringing; `nil`: Asterisk's 30.
    public var timeout: Int?
    /// Channel variables and functions, set before dialling.
    public var variables: [String: String]

    /// An origination with all its parts.
    public init(
        channel: ChannelID,
        endpoint: String,
        application: String,
        arguments: [String],
        callerID: String? = nil,
        originator: ChannelID? = nil,
        timeout: Int? = nil,
        variables: [String: String] = [:]
    ) {
        self.channel = channel
        self.endpoint = endpoint
        self.application = application
        self.arguments = arguments
        self.callerID = callerID
        self.originator = originator
        self.timeout = timeout
        self.variables = variables
    }
}

/// What can be done with channels. Every request has a time limit.
public protocol ChannelControlling: Sendable {
    /// All channels, in one request.
    /// - Throws: `TelephonyFailure`.
    func channels() async throws -> [Channel]
    /// A channel; `nil` when there is none of this id.
    /// - Throws: `TelephonyFailure`.
    func channel(_ id: ChannelID) async throws -> Channel?
    /// Places a call.
    /// - Throws: `TelephonyFailure`.
    func originate(_ origination: Origination) async throws
    /// Answers; an answered channel stays so.
    /// - Throws: `TelephonyFailure`.
    func answer(_ id: ChannelID) async throws
    /// Hangs up.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    func hangUp(_ id: ChannelID) async throws
    /// Sends a channel out of Stasis to a place of the dialplan; `nil`: to its next priority.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    func `continue`(_ id: ChannelID, at place: DialplanPlace?) async throws
    /// A channel variable or function; `nil` when it is unset.
    /// - Throws: `TelephonyFailure`.
    func variable(_ name: String, of id: ChannelID) async throws -> String?
    /// Sets a channel variable or function.
    /// - Throws: `TelephonyFailure`.
    func setVariable(_ name: String, to value: String, of id: ChannelID) async throws
}

/// A place in the dialplan.
public struct DialplanPlace: Sendable, Hashable {
    /// Context.
    public var context: String
    /// Extension.
    public var exten: String
    /// Priority, from 1.
    public var priority: Int

    /// A place with its parts.
    public init(context: String, exten: String, priority: Int = 1) {
        self.context = context
        self.exten = exten
        self.priority = priority
    }
}

/// What can be done with bridges. Every request has a time limit.
public protocol BridgeControlling: Sendable {
    /// All bridges, in one request.
    /// - Throws: `TelephonyFailure`.
    func bridges() async throws -> [Bridge]
    /// A bridge; `nil` when there is none of this id.
    /// - Throws: `TelephonyFailure`.
    func bridge(_ id: BridgeID) async throws -> Bridge?
    /// Creates a bridge with our id; an existing one of this id is taken as it is.
    /// - Throws: `TelephonyFailure`.
    func createBridge(_ id: BridgeID, kind: Bridge.Kind) async throws
    /// Puts a channel into a bridge; it leaves the one that it is in.
    /// - Throws: `TelephonyFailure`.
    func add(_ channel: ChannelID, to bridge: BridgeID) async throws
    /// Starts music for the bridge; `nil`: Asterisk's default class.
    /// - Throws: `TelephonyFailure`.
    func startMusic(in bridge: BridgeID, musicClass: String?) async throws
    /// Destroys a bridge; an absent one is no error.
    /// - Throws: `TelephonyFailure`.
    func destroyBridge(_ id: BridgeID) async throws
}
