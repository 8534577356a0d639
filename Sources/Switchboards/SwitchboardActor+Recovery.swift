import CallControl
import Core
import Foundation
import Logging
import Telephony

/// Bringing stored calls and Asterisk together after a gap in the events (contract 20 §5.8).
extension SwitchboardActor {
    func restore(_ stored: [QueuedCall]) {
        for call in stored where calls[call.id] == nil {
            calls[call.id] = call
            index.assign(call.id, to: self)
            if let taker = call.phase.operator { index.assign(taker.channel, to: self) }
        }
    }

    func recover(from snapshot: AsteriskSnapshot) async {
        queueBridgeExists = snapshot.bridges[id.queueBridge] != nil
        for call in calls.values.sorted(by: QueuedCall.precedes) {
            if let sighting = sighting(of: call, in: snapshot) {
                refresh(call.id, from: snapshot.channels[call.id])
                await feed(.recovered(sighting), to: call.id)
            } else {
                // Absence may only mean that the snapshot is older than the channel.
                await revisit(call.id)
            }
        }
        await takeNewcomers(from: snapshot)
    }

    /// `nil` when the caller, or the operator whom his phase names, is not seen.
    private func sighting(of call: QueuedCall, in snapshot: AsteriskSnapshot) -> QueuedCall.Sighting? {
        guard snapshot.channels[call.id]?.stasis?.application == StasisArguments.application else { return nil }
        var leg = QueuedCall.Sighting.Leg.absent
        var isConnected = false
        if let taker = call.phase.operator {
            guard let channel = snapshot.channels[taker.channel] else { return nil }
            leg = Self.leg(channel)
            isConnected =
                snapshot.isChannel(call.id, in: taker.bridge) && snapshot.isChannel(taker.channel, in: taker.bridge)
        }
        return QueuedCall.Sighting(
            isQueued: snapshot.isChannel(call.id, in: id.queueBridge),
            leg: leg,
            isConnected: isConnected
        )
    }

    private static func leg(_ channel: Channel?) -> QueuedCall.Sighting.Leg {
        guard let channel else { return .absent }
        return channel.stasis?.application == StasisArguments.application ? .answered : .ringing
    }

    /// Asks Asterisk about one call.
    func revisit(_ id: ChannelID) async {
        guard let call = calls[id] else { return }
        do {
            guard let caller = try await ports.channels.channel(id),
                caller.stasis?.application == StasisArguments.application
            else { return await feed(.callerGone, to: id) }
            var sighting = QueuedCall.Sighting(isQueued: false, leg: .absent, isConnected: false)
            sighting.isQueued = try await ports.bridges.bridge(self.id.queueBridge)?.channels.contains(id) ?? false
            if let taker = call.phase.operator {
                sighting.leg = Self.leg(try await ports.channels.channel(taker.channel))
                let members = try await ports.bridges.bridge(taker.bridge)?.channels ?? []
                sighting.isConnected = members.contains(id) && members.contains(taker.channel)
            }
            refresh(id, from: caller)
            await feed(.recovered(sighting), to: id)
        } catch {
            logger.warning("call not seen yet", metadata: ["call": "\(id)", "error": "\(error)"])
            revisitLater(id)
        }
    }

    /// Looks at the call again when Asterisk may have come back. When it has been away altogether the
    /// recovery after the feed's reconnection does the same; doing it twice is harmless.
    func revisitLater(_ call: ChannelID) { later(.revisit(call)) }

    /// Puts an input into the mailbox two seconds later: each stands for a call, so they are no more than calls.
    func later(_ input: Input) {
        Task { [mailbox, clock = ports.clock] in
            try await clock.sleep(until: clock.now.addingTimeInterval(2))
            mailbox.offer(input)
        }
    }

    private func refresh(_ id: ChannelID, from channel: Channel?) {
        guard let channel else { return }
        calls[id]?.callerName = channel.callerName
        calls[id]?.callerNumber = channel.callerNumber
    }

    /// Callers whose StasisStart was missed, and operators' legs that nobody waits for.
    ///
    /// A channel's arguments stay those of its entry for as long as it is in Stasis, also while it talks:
    /// only one that stands in no other bridge is new.
    private func takeNewcomers(from snapshot: AsteriskSnapshot) async {
        let strangers = snapshot.channels.values.filter { channel in
            guard let stasis = channel.stasis, stasis.application == StasisArguments.application,
                StasisArguments(stasis.arguments)?.switchboard == id
            else { return false }
            return calls[channel.id] == nil && !isLegOfCall(channel.id)
        }
        guard !strangers.isEmpty, let bridges = try? await ports.bridges.bridges() else { return }
        for channel in strangers.sorted(by: { $0.id.rawValue < $1.id.rawValue }) {
            let bridge = bridges.first { $0.channels.contains(channel.id) }?.id
            switch channel.stasis.flatMap({ StasisArguments($0.arguments) }) {
            case .queue where bridge == nil || bridge == id.queueBridge:
                logger.info("caller found whose arrival was missed", metadata: ["call": "\(channel.id)"])
                index.assign(channel.id, to: self)
                await arrive(channel)
            case .answer where bridge == nil:
                logger.info("operator's leg without a call", metadata: ["channel": "\(channel.id)"])
                await hangUp(channel.id)
            default:
                continue
            }
        }
    }

    private func isLegOfCall(_ channel: ChannelID) -> Bool {
        calls.values.contains { $0.phase.operator?.channel == channel }
    }
}
