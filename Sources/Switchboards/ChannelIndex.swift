import Synchronization
import Telephony

/// Which switchboard owns a channel: the feed's reading task finds the mailbox of an event with it.
final class ChannelIndex: Sendable {
    private let owners = Mutex<[ChannelID: SwitchboardActor]>([:])

    /// The owner, if any.
    func owner(of channel: ChannelID) -> SwitchboardActor? { owners.withLock { $0[channel] } }

    /// From now on events of the channel go to `owner`.
    func assign(_ channel: ChannelID, to owner: SwitchboardActor) { owners.withLock { $0[channel] = owner } }

    /// Events of the channel go to nobody any more.
    func forget(_ channel: ChannelID) { owners.withLock { _ = $0.removeValue(forKey: channel) } }
}
