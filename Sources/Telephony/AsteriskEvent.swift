public import Foundation

/// An event of Asterisk, as a feature gets it.
public struct AsteriskEvent: Sendable, Hashable {
    /// What happened. Events that nobody here reads are `.other` with ARI's type.
    public enum Kind: Sendable, Hashable {
        /// A channel entered a Stasis application; `replaced` is the channel whose place it took.
        case stasisStart(Channel, arguments: [String], replaced: Channel?)
        /// A channel left a Stasis application.
        case stasisEnd(Channel)
        /// A channel is gone; `cause` is the Q.850 hang-up cause.
        case channelDestroyed(Channel, cause: Int)
        /// A channel's state changed.
        case channelStateChange(Channel)
        /// A channel's caller id changed.
        case channelCallerID(Channel)
        /// A channel entered a bridge; the bridge is shown with it.
        case channelEnteredBridge(Channel, Bridge)
        /// A channel left a bridge; the bridge is shown without it.
        case channelLeftBridge(Channel, Bridge)
        /// A bridge is gone.
        case bridgeDestroyed(Bridge)
        /// Any other event, with ARI's type.
        case other(String)
    }

    /// What happened.
    public var kind: Kind
    /// The Stasis application that the event was sent to.
    public var application: String
    /// Asterisk's time of the event.
    public var timestamp: Date

    /// An event with all its parts.
    public init(_ kind: Kind, application: String, timestamp: Date) {
        self.kind = kind
        self.application = application
        self.timestamp = timestamp
    }
}

/// What can be told of an event before it is decoded whole: enough to find its owner.
public struct EventHead: Sendable, Hashable {
    /// ARI's type, for instance `StasisStart`.
    public var type: String
    /// The Stasis application that the event was sent to.
    public var application: String
    /// The channel it is about, if any.
    public var channel: ChannelID?
    /// The bridge it is about, if any.
    public var bridge: BridgeID?
    /// The playback it is about, if any.
    public var playback: PlaybackID?
    /// Arguments of a StasisStart, empty for other events.
    public var arguments: [String]
    /// The channel whose place a StasisStart's channel took.
    public var replaced: ChannelID?

    /// A head with all its parts.
    public init(
        type: String,
        application: String,
        channel: ChannelID? = nil,
        bridge: BridgeID? = nil,
        playback: PlaybackID? = nil,
        arguments: [String] = [],
        replaced: ChannelID? = nil
    ) {
        self.type = type
        self.application = application
        self.channel = channel
        self.bridge = bridge
        self.playback = playback
        self.arguments = arguments
        self.replaced = replaced
    }
}

/// Who takes events from the feed.
///
/// The feed calls it in its one reading task, in the order of the events.
public protocol EventReceiving: Sendable {
    /// Whether anybody owns the event; the feed decodes it whole only then.
    func wants(_ head: EventHead) -> Bool
    /// Hands an event over; waits while the owner's mailbox is full.
    func receive(_ event: AsteriskEvent, head: EventHead) async
    /// The feed has (re)connected and its applications are registered: what happened before may have
    /// been missed. Called before the first event of the new connection is received.
    func feedConnected() async
    /// The feed lost its connection.
    func feedDisconnected() async
}
