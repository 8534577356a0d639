import CallControl
import Telephony

/// A channel that came into the application.
struct Arrival: Sendable {
    let channel: Channel
    let arguments: StasisArguments
    let replaced: ChannelID?
}

/// Channels that have come in and whose variables are being read. What happens to one of them meanwhile is kept and
/// handled behind its arrival, in order, so that a slow manager interface delays nobody else.
struct Arrivals {
    /// Channels whose variables are read at the same time at most; further ones come in with what their snapshots show.
    static let most = 256
    /// Events of one channel that are kept at most; then it comes in with what its snapshot shows.
    static let mostEvents = 256

    private struct Waiting {
        var arrival: Arrival
        var events: [LiveApplication.Event] = []
    }
    private var waiting: [ChannelID: Waiting] = [:]
    /// Who wants to know when these channels have come in.
    private var watchers: [(channels: Set<ChannelID>, reply: Reply<Void>)] = []

    /// How many there are.
    var count: Int { waiting.count }
    /// Whether the variables of no further channel can be read now.
    var isFull: Bool { waiting.count >= Self.most }
    /// All of them, in no order.
    var all: [Arrival] { waiting.values.map(\.arrival) }
    func contains(_ channel: ChannelID) -> Bool { waiting[channel] != nil }

    mutating func begin(_ arrival: Arrival) { waiting[arrival.channel.id] = Waiting(arrival: arrival) }

    /// The channel that an event has to wait for; `nil`: it is handled at once.
    func channel(before event: LiveApplication.Event) -> ChannelID? {
        if let id = event.channel { return waiting[id] == nil ? nil : id }
        guard case .bridgeGone(let bridge) = event else { return nil }
        // Behind the channel's entering, which would else make the node anew.
        return waiting.first { _, waiting in waiting.events.contains { $0.isEntering(bridge) } }?.key
    }

    /// Keeps an event behind a channel's arrival.
    /// - Returns: `false` when too many are kept.
    mutating func keep(_ event: LiveApplication.Event, behind channel: ChannelID) -> Bool {
        guard let count = waiting[channel]?.events.count, count < Self.mostEvents else { return false }
        waiting[channel]?.events.append(event)
        return true
    }

    /// Ends the waiting of a channel.
    /// - Returns: What was kept; `nil` when nothing waits for it.
    mutating func end(_ channel: ChannelID) -> (arrival: Arrival, events: [LiveApplication.Event])? {
        waiting.removeValue(forKey: channel).map { ($0.arrival, $0.events) }
    }

    /// `reply` is resolved by ``takeMet()`` once every channel that waits now has come in.
    mutating func watch(_ reply: Reply<Void>) { watchers.append((Set(waiting.keys), reply)) }

    /// Takes the watchers whose channels have come in.
    mutating func takeMet() -> [Reply<Void>] {
        let met = watchers.filter { $0.channels.allSatisfy { waiting[$0] == nil } }
        watchers.removeAll { $0.channels.allSatisfy { waiting[$0] == nil } }
        return met.map(\.reply)
    }
}

extension LiveApplication.Event {
    /// The channel that Asterisk tells of; `nil`: none, or we tell.
    fileprivate var channel: ChannelID? {
        switch self {
        case .ended(let id): id
        case .started(let channel, _, _, _), .seen(let channel), .stateChanged(let channel),
            .variableSet(let channel, _, _), .musicChanged(let channel), .digit(let channel, _),
            .entered(let channel, _), .left(let channel, _):
            channel.id
        case .playbackStarted(let playback), .playbackFinished(let playback):
            if case .channel(let id)? = playback.target { id } else { nil }
        default: nil
        }
    }

    fileprivate func isEntering(_ bridge: BridgeID) -> Bool {
        if case .entered(_, let entered) = self { entered.id == bridge } else { false }
    }

    /// What takes back a plan that was stored though its client has been told that it failed; `nil`: nothing is to be
    /// taken back.
    var takingBack: LiveApplication.Event? {
        switch self {
        case .callPlaced(let call): .callNotPlaced(call.id)
        case .nodePlanned(let id): .nodeGone(id)
        case .snoopPlanned(let snoop): .snoopGone(snoop.id)
        case .playbackPlanned(let playback): .playbackNotStarted(playback.id)
        default: nil
        }
    }
}
