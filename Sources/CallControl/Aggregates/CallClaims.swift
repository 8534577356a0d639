import Synchronization
package import Telephony

/// Which aggregate moves a channel. Transfers, relocates and conferences share one list: two of them at once on the same
/// call would each take it from the other, and leave somebody with nobody.
public final class CallClaims: Sendable {
    private struct State {
        var owners: [ChannelID: String] = [:]
        var held: [String: Set<ChannelID>] = [:]

        mutating func set(_ channels: Set<ChannelID>, of owner: String) {
            for channel in held[owner] ?? [] where !channels.contains(channel) { owners[channel] = nil }
            // One that somebody else has stays theirs.
            let own = channels.filter { owners[$0] == nil || owners[$0] == owner }
            for channel in own { owners[channel] = owner }
            held[owner] = own.isEmpty ? nil : own
        }
    }
    private let state = Mutex(State())

    /// Nobody has a channel.
    public init() {}

    /// Takes channels for a new owner.
    /// - Returns: `false` when somebody else has one of them; then none is taken.
    func claim(_ channels: Set<ChannelID>, for owner: String) -> Bool {
        state.withLock { state in
            guard channels.allSatisfy({ state.owners[$0] == nil || state.owners[$0] == owner }) else { return false }
            state.set(channels, of: owner)
            return true
        }
    }

    /// The owner has these channels from now on, and no others. It goes without those that somebody else has.
    func update(_ channels: Set<ChannelID>, of owner: String) {
        state.withLock { $0.set(channels, of: owner) }
    }

    /// Whether an aggregate moves the channel.
    package func has(_ channel: ChannelID) -> Bool { state.withLock { $0.owners[channel] != nil } }
}
