import Core
import Synchronization
public import Telephony

/// What a party hears that is held, and nobody hears of it (contract 21 §5.1 and §5.4).
public final class HoldMedia: Sendable {
    private static let freshness: Duration = .seconds(60)

    private let media: any ChannelMediaControlling
    private let manager: any ManagerControlling
    private let classes = Mutex<(names: Set<String>, readAt: ContinuousClock.Instant)?>(nil)

    /// Media through these ports.
    public init(media: any ChannelMediaControlling, manager: any ManagerControlling) {
        self.media = media
        self.manager = manager
    }

    /// Holds a channel in Stasis: it is not heard, its phone is told, and it hears music; silence when Asterisk has no
    /// such music class or does not say.
    /// - Parameter musicClass: `nil`: `default`.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone, `.conflict` when it is not in Stasis.
    public func hold(_ channel: ChannelID, musicClass: String? = nil) async throws {
        try await media.mute(channel, .in)
        try await media.hold(channel)
        let wanted = musicClass ?? "default"
        if await isKnown(wanted) {
            try await media.startMusic(on: channel, musicClass: wanted)
        } else {
            try await media.startSilence(on: channel)
        }
    }

    /// Takes a channel up again. Repeating it does no harm.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone, `.conflict` when it is not in Stasis.
    public func release(_ channel: ChannelID) async throws {
        try await media.unmute(channel, .in)
        try await media.unhold(channel)
        try await media.stopMusic(on: channel)
        try await media.stopSilence(on: channel)
    }

    /// Whether Asterisk has a music class: asked once a minute at most.
    private func isKnown(_ name: String) async -> Bool {
        let now = ContinuousClock.now
        if let known = classes.withLock({ $0 }), now - known.readAt < Self.freshness {
            return known.names.contains(name)
        }
        guard let lines = try? await manager.command("moh show classes") else { return false }
        let names = lines.compactMap { line -> String? in
            line.suffix(after: "Class: ")?.parts(separatedBy: " ").first
        }
        classes.withLock { $0 = (Set(names), now) }
        return names.contains(name)
    }
}
