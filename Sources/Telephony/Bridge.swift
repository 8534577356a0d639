/// A bridge's unique id: Asterisk's, or one that we chose.
public struct BridgeID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The id's text.
    public let rawValue: String
    /// Takes the text as it is.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Takes the text as it is.
    public init(_ text: String) { rawValue = text }
    /// The id's text.
    public var description: String { rawValue }
}

/// A snapshot of a bridge, as ARI shows it.
public struct Bridge: Sendable, Hashable {
    /// What a bridge does with its channels.
    public enum Kind: String, Sendable, Hashable {
        /// They talk with each other.
        case mixing
        /// Each waits alone, with music.
        case holding
    }

    /// Unique id.
    public var id: BridgeID
    /// ARI's `bridge_type`; `nil` for one that we do not know.
    public var kind: Kind?
    /// Its name, may be empty.
    public var name: String
    /// `bridge_class`: `stasis` for bridges made through ARI.
    public var bridgeClass: String
    /// Channels in it; announcer and music channels are not shown.
    public var channels: [ChannelID]

    /// Whether those in it talk with each other: who waits in a holding bridge talks with nobody.
    public var isConversation: Bool { kind != .holding }

    /// A snapshot with all its parts.
    public init(id: BridgeID, kind: Kind?, name: String = "", bridgeClass: String = "stasis", channels: [ChannelID]) {
        self.id = id
        self.kind = kind
        self.name = name
        self.bridgeClass = bridgeClass
        self.channels = channels
    }
}
