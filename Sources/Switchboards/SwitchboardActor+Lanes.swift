import Core
import Telephony

/// Which inputs run side by side.
///
/// What concerns different calls does: while Asterisk dials one operator's phone, other callers come in and others are
/// answered. What concerns one call is taken in the order of its arrival, and what concerns the whole switchboard
/// alone. Changes are stored one after the other all the same (`SwitchboardActor.storing`), as each tells the whole list.
extension SwitchboardActor {
    /// Inputs in hand at most; then the mailbox fills, and the event feed waits.
    private static let widest = 64

    /// Takes inputs until the mailbox is closed.
    func run() async {
        await withDiscardingTaskGroup { group in
            while let input = await mailbox.next() {
                guard let call = lane(of: input) else {
                    await inHand(atMost: 0)
                    await take(input)
                    continue
                }
                await inHand(atMost: Self.widest - 1)
                if lanes.put(input, into: call) { group.addTask { await self.work(in: call) } }
            }
        }
        stopWatching()
    }

    /// Takes what comes into a lane until it is empty.
    private func work(in lane: ChannelID) async {
        while let input = lanes.next(in: lane) {
            let place = self.lane(of: input) ?? lane
            if place == lane {
                await take(input)
            } else if lanes.put(input, into: place) {
                // What happened meanwhile made it another call's concern, whose lane nobody has.
                await work(in: place)
            }
            lanes.finish()
            if let waiter, lanes.count <= waiter.limit {
                self.waiter = nil
                waiter.continuation.resume()
            }
        }
    }

    /// Waits until no more inputs than that are in hand.
    private func inHand(atMost limit: Int) async {
        guard lanes.count > limit else { return }
        await withCheckedContinuation { waiter = Waiter(limit: limit, continuation: $0) }
    }

    /// The loop, while it waits for lanes.
    struct Waiter {
        var limit: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    /// The call that an input concerns, and nothing else does; `nil`: the whole switchboard.
    private func lane(of input: Input) -> ChannelID? {
        switch input {
        case .arrived(let channel): channel.id
        case .operatorArrived(let channel, _): callOfOperator(channel.id) ?? channel.id
        case .channelGone(let channel): calls[channel] != nil ? channel : callOfOperator(channel) ?? channel
        case .callerIDChanged(let channel): channel.id
        case .answer(let request): request.call
        case .hold(let request): request.channel.id
        case .giveAway(let call, _), .deadlinePassed(let call), .revisit(let call): call
        case .replaced, .restored, .recover, .announce, .configurationChanged, .barrier: nil
        }
    }

    /// The call whose operator has this channel.
    func callOfOperator(_ channel: ChannelID) -> ChannelID? {
        calls.values.first { $0.phase.operator?.channel == channel }?.id
    }
}
