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
    /// The name of the live recording it is about, if any.
    public var recording: String?
    /// What the playback is played to, or the recording is made of.
    public var target: MediaTarget?
    /// The endpoint it is about, for instance `PJSIP/alice`.
    public var endpoint: String?
    /// The channel that is dialled; only in `Dial`, whose caller is ``channel``.
    public var peer: ChannelID?
    /// The variable that was set; only in `ChannelVarset`.
    public var variable: String?
    /// Arguments of a StasisStart, empty for other events.
    public var arguments: [String]
    /// The channel whose place a StasisStart's channel took.
    public var replaced: ChannelID?

    /// A head with the parts that most have.
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
