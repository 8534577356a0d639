import Core

/// A playback's unique id: Asterisk's, or one that we chose.
public struct PlaybackID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The id's text.
    public let rawValue: String
    /// Takes the text as it is.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Takes the text as it is.
    public init(_ text: String) { rawValue = text }
    /// The id's text.
    public var description: String { rawValue }
}

/// What media is played to or recorded from.
public enum MediaTarget: Sendable, Hashable {
    /// One channel.
    case channel(ChannelID)
    /// All channels of a bridge.
    case bridge(BridgeID)

    /// Reads ARI's `target_uri`, for instance `channel:1700000000.1`; `nil` for another kind of target.
    public init?(uri: String) {
        guard let (kind, id) = uri.halves(at: ":") else { return nil }
        switch kind {
        case "channel": self = .channel(ChannelID(id))
        case "bridge": self = .bridge(BridgeID(id))
        default: return nil
        }
    }
}

/// A snapshot of a playback, as ARI shows it.
public struct Playback: Sendable, Hashable {
    /// Unique id.
    public var id: PlaybackID
    /// What is played now, for instance `sound:beep`.
    public var media: String
    /// What is played next of a list.
    public var nextMedia: String?
    /// Who hears it; `nil` for a target that we do not know.
    public var target: MediaTarget?
    /// Language of sounds, may be empty.
    public var language: String
    /// `queued`, `playing`, `continuing`, `done`, `failed`.
    public var state: String

    /// A snapshot with all its parts.
    public init(
        id: PlaybackID,
        media: String,
        nextMedia: String? = nil,
        target: MediaTarget?,
        language: String = "",
        state: String
    ) {
        self.id = id
        self.media = media
        self.nextMedia = nextMedia
        self.target = target
        self.language = language
        self.state = state
    }
}

/// Media to be played.
public struct PlaybackRequest: Sendable, Hashable {
    /// The playback's id, chosen by us.
    public var id: PlaybackID
    /// `sound:`, `recording:`, `number:`, `digits:`, `characters:` and `tone:` URIs, played one after the other.
    public var media: [String]
    /// Language of sounds; `nil`: the channel's.
    public var language: String?
    /// Milliseconds to pass over at the beginning; `nil`: none.
    public var offset: Int?
    /// Milliseconds that forward and reverse skip; `nil`: Asterisk's 3,000.
    public var skip: Int?

    /// A request with all its parts.
    public init(id: PlaybackID, media: [String], language: String? = nil, offset: Int? = nil, skip: Int? = nil) {
        self.id = id
        self.media = media
        self.language = language
        self.offset = offset
        self.skip = skip
    }
}

/// What can be done with a running playback.
public enum PlaybackOperation: String, Sendable, Hashable, CaseIterable {
    /// From the beginning.
    case restart
    /// Stands still.
    case pause
    /// Goes on.
    case unpause
    /// Skips back.
    case reverse
    /// Skips ahead.
    case forward
}

/// Plays media.
public protocol PlaybackControlling: Sendable {
    /// Begins to play; media of a target are played one playback after the other.
    /// - Throws: `TelephonyFailure`: `.notFound` when the target is gone, `.conflict` when it is not in Stasis.
    ///   Asterisk does not mind that a playback of this id exists. A file that is not there is no failure: the playback ends as `failed`.
    @discardableResult
    func play(_ request: PlaybackRequest, on target: MediaTarget) async throws -> Playback
    /// A playback; `nil` when there is none of this id, or no longer.
    /// - Throws: `TelephonyFailure`.
    func playback(_ id: PlaybackID) async throws -> Playback?
    /// Ends a playback.
    /// - Throws: `TelephonyFailure`, `.notFound` when it has ended.
    func stopPlayback(_ id: PlaybackID) async throws
    /// Controls a running playback.
    /// - Throws: `TelephonyFailure`, `.notFound` when it has ended, `.conflict` when it cannot do so now.
    func control(_ id: PlaybackID, _ operation: PlaybackOperation) async throws
}
