/// A call to be placed into a Stasis application or the dialplan.
public struct Origination: Sendable, Hashable {
    /// Where the channel goes when it answers.
    public enum Destination: Sendable, Hashable {
        /// Into a Stasis application with these arguments; an argument holds no comma.
        case application(String, arguments: [String])
        /// To a place of the dialplan.
        case dialplan(DialplanPlace)
    }

    /// The new channel's id, chosen by us so that no event can come for an unknown channel.
    public var channel: ChannelID
    /// The id of the other half of a Local channel; `nil`: Asterisk chooses.
    public var otherHalf: ChannelID?
    /// What is dialled, for instance `PJSIP/alice`.
    public var endpoint: DialString
    /// Where the channel goes when it answers.
    public var destination: Destination
    /// `"name" <number>` shown to the phone; `nil`: none.
    public var callerID: String?
    /// A channel whose formats and linked id the new one takes over.
    public var originator: ChannelID?
    /// Formats to offer, for instance `ulaw`; Asterisk refuses them beside an originator. Empty: the endpoint's.
    public var formats: [String] = []
    /// Seconds of ringing; `nil`: Asterisk's 30; -1: no limit.
    public var timeout: Int?
    /// Channel variables and functions, set before dialling.
    public var variables: [String: String]

    /// An origination with all its parts.
    public init(
        channel: ChannelID,
        endpoint: DialString,
        destination: Destination,
        callerID: String? = nil,
        originator: ChannelID? = nil,
        timeout: Int? = nil,
        variables: [String: String] = [:]
    ) {
        self.channel = channel
        self.endpoint = endpoint
        self.destination = destination
        self.callerID = callerID
        self.originator = originator
        self.timeout = timeout
        self.variables = variables
    }

    /// An origination into a Stasis application.
    public init(
        channel: ChannelID,
        endpoint: DialString,
        application: String,
        arguments: [String],
        callerID: String? = nil,
        originator: ChannelID? = nil,
        timeout: Int? = nil,
        variables: [String: String] = [:]
    ) {
        self.init(
            channel: channel,
            endpoint: endpoint,
            destination: .application(application, arguments: arguments),
            callerID: callerID,
            originator: originator,
            timeout: timeout,
            variables: variables
        )
    }
}

/// A channel to be made without dialling: it enters its Stasis application at once, and is dialled by
/// ``ChannelPlacing/dial(_:from:timeout:)``, for instance after it was put into a bridge for early media.
public struct ChannelCreation: Sendable, Hashable {
    /// The new channel's id, chosen by us.
    public var channel: ChannelID
    /// The id of the other half of a Local channel; `nil`: Asterisk chooses.
    public var otherHalf: ChannelID?
    /// What will be dialled, for instance `PJSIP/alice`.
    public var endpoint: DialString
    /// The Stasis application that gets it.
    public var application: String
    /// Its arguments; an argument holds no comma.
    public var arguments: [String]
    /// A channel whose formats and linked id the new one takes over.
    public var originator: ChannelID?
    /// Formats to offer; Asterisk refuses them beside an originator. Empty: the endpoint's.
    public var formats: [String] = []
    /// Channel variables and functions.
    public var variables: [String: String]

    /// A creation with all its parts.
    public init(
        channel: ChannelID,
        endpoint: DialString,
        application: String,
        arguments: [String] = [],
        originator: ChannelID? = nil,
        variables: [String: String] = [:]
    ) {
        self.channel = channel
        self.endpoint = endpoint
        self.application = application
        self.arguments = arguments
        self.originator = originator
        self.variables = variables
    }
}
