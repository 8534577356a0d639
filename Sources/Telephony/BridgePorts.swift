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
    func createBridge(_ creation: BridgeCreation) async throws
    /// Puts channels into a bridge; each leaves the one that it is in.
    /// - Throws: `TelephonyFailure`: `.invalid` when a channel is gone, `.notFound` when the bridge is,
    ///   `.unprocessable` when a channel is not in Stasis.
    func add(_ channels: [ChannelID], to bridge: BridgeID, as entry: BridgeEntry) async throws
    /// Takes a channel out of a bridge; it stays in Stasis.
    /// - Throws: `TelephonyFailure`: `.invalid` when the channel is gone, `.notFound` when the bridge is,
    ///   `.unprocessable` when the channel is not in this bridge.
    func remove(_ channel: ChannelID, from bridge: BridgeID) async throws
    /// Starts music for the bridge; `nil`: Asterisk's default class.
    /// - Throws: `TelephonyFailure`.
    func startMusic(in bridge: BridgeID, musicClass: String?) async throws
    /// Ends music for the bridge.
    /// - Throws: `TelephonyFailure`, `.conflict` when there is none.
    func stopMusic(in bridge: BridgeID) async throws
    /// Destroys a bridge; an absent one is no error.
    /// - Throws: `TelephonyFailure`.
    func destroyBridge(_ id: BridgeID) async throws
}

extension BridgeControlling {
    /// Creates a bridge with our id; an existing one of this id is taken as it is.
    /// - Throws: `TelephonyFailure`.
    public func createBridge(_ id: BridgeID, kind: Bridge.Kind, name: String = "") async throws {
        try await createBridge(BridgeCreation(id, types: [BridgeType(rawValue: kind.rawValue)], name: name))
    }

    /// Puts a channel into a bridge; it leaves the one that it is in.
    /// - Throws: `TelephonyFailure`.
    public func add(_ channel: ChannelID, to bridge: BridgeID) async throws {
        try await add([channel], to: bridge, as: BridgeEntry())
    }
}

/// What a bridge is to be; several go together.
public struct BridgeType: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral {
    /// ARI's word.
    public let rawValue: String
    /// Any word, for instance from the configuration.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Any word.
    public init(stringLiteral value: String) { rawValue = value }

    /// Channels talk with each other.
    public static let mixing: BridgeType = "mixing"
    /// Each waits alone, with music.
    public static let holding: BridgeType = "holding"
    /// DTMF is told as events, so that Asterisk may not connect phones directly.
    public static let dtmfEvents: BridgeType = "dtmf_events"
    /// Media always passes through Asterisk.
    public static let proxyMedia: BridgeType = "proxy_media"
    /// Each sees all others.
    public static let videoSFU: BridgeType = "video_sfu"
    /// All see one.
    public static let videoSingle: BridgeType = "video_single"
}

/// A bridge to be made.
public struct BridgeCreation: Sendable, Hashable {
    /// Its id, chosen by us.
    public var id: BridgeID
    /// What it is to be.
    public var types: [BridgeType]
    /// Its name; may be empty, and need not be unique.
    public var name: String

    /// A creation with all its parts.
    public init(_ id: BridgeID, types: [BridgeType], name: String = "") {
        self.id = id
        self.types = types
        self.name = name
    }
}

/// How a channel enters a bridge.
public struct BridgeEntry: Sendable, Hashable {
    /// `participant` or `announcer` of a holding bridge; `nil`: participant.
    public var role: String?
    /// Others do not hear its DTMF.
    public var absorbsDTMF = false
    /// Others do not hear it.
    public var isMuted = false
    /// Its identity is not shown to the others.
    public var inhibitsConnectedLineUpdates = false

    /// An entry with all its parts.
    public init(
        role: String? = nil,
        absorbsDTMF: Bool = false,
        isMuted: Bool = false,
        inhibitsConnectedLineUpdates: Bool = false
    ) {
        self.role = role
        self.absorbsDTMF = absorbsDTMF
        self.isMuted = isMuted
        self.inhibitsConnectedLineUpdates = inhibitsConnectedLineUpdates
    }
}
