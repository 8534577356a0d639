import CallControl
import Core
import Foundation
import Logging
import Telephony

/// Bringing stored calls and Asterisk together after a gap in the events (contract 20 §5.8).
extension SwitchboardActor {
    func restore(_ stored: [WaitingCall]) {
        for call in stored where calls[call.id] == nil {
            calls[call.id] = call
            index.assign(call.id, to: self)
            if let taker = call.phase.operator { index.assign(taker.channel, to: self) }
        }
    }

    func recover(from snapshot: AsteriskSnapshot) async {
        entrants = []
        preparedRooms = Set(WaitingCall.Room.allCases.filter { snapshot.bridges[id.bridge(of: $0)] != nil })
        for call in calls.values.sorted(by: WaitingCall.precedes) {
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
    private func sighting(of call: WaitingCall, in snapshot: AsteriskSnapshot) -> WaitingCall.Sighting? {
        guard snapshot.channels[call.id].map(call.isOurs) ?? false else { return nil }
        var leg = WaitingCall.Sighting.Leg.absent
        var isConnected = false
        if let taker = call.phase.operator {
            guard let channel = snapshot.channels[taker.channel] else { return nil }
            leg = Self.leg(channel)
            isConnected =
                snapshot.isChannel(call.id, in: taker.bridge) && snapshot.isChannel(taker.channel, in: taker.bridge)
        }
        return WaitingCall.Sighting(
            isInRoom: snapshot.isChannel(call.id, in: id.bridge(of: call.room)),
            leg: leg,
            isConnected: isConnected
        )
    }

    private static func leg(_ channel: Channel?) -> WaitingCall.Sighting.Leg {
        guard let channel else { return .absent }
        return channel.stasis?.application == StasisArguments.application ? .answered : .ringing
    }

    /// Asks Asterisk about one call.
    func revisit(_ id: ChannelID) async {
        guard let call = calls[id] else { return }
        do {
            guard let caller = try await ports.channels.channel(id), call.isOurs(caller) else {
                return await feed(.callerGone, to: id)
            }
            var sighting = WaitingCall.Sighting(isInRoom: false, leg: .absent, isConnected: false)
            sighting.isInRoom = try await isChannel(id, in: call.room)
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

    private func isChannel(_ channel: ChannelID, in room: WaitingCall.Room) async throws -> Bool {
        try await ports.bridges.bridge(id.bridge(of: room))?.channels.contains(channel) ?? false
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

    /// Callers whose StasisStart was missed, those who stand in one of our rooms without a row, and operators' legs that
    /// nobody waits for.
    ///
    /// A channel's arguments stay those of its entry for as long as it is in Stasis, also while it talks:
    /// only one that stands in no other bridge is new.
    private func takeNewcomers(from snapshot: AsteriskSnapshot) async {
        let rooms = WaitingCall.Room.allCases.map(id.bridge(of:))
        let strangers = snapshot.channels.values.filter { channel in
            guard let stasis = channel.stasis, calls[channel.id] == nil, !isLegOfCall(channel.id),
                !ports.isTakenElsewhere(channel.id)
            else { return false }
            let isMeant =
                stasis.application == StasisArguments.application
                && StasisArguments(stasis.arguments)?.switchboard == id
            return isMeant || rooms.contains { snapshot.isChannel(channel.id, in: $0) }
        }
        guard !strangers.isEmpty, let bridges = try? await ports.bridges.bridges() else { return }
        for channel in strangers.sorted(by: { $0.id.rawValue < $1.id.rawValue }) {
            await take(channel, in: bridges.first { $0.channels.contains(channel.id) }?.id)
        }
    }

    private func take(_ channel: Channel, in bridge: BridgeID?) async {
        if bridge == id.bridge(of: .waitingRoom) { return await adoptHeld(channel) }
        if bridge == id.bridge(of: .queue) { return await adoptQueued(channel) }
        switch channel.stasis.flatMap({ StasisArguments($0.arguments) }) {
        case .queue where bridge == nil: await adoptQueued(channel)
        case .answer where bridge == nil:
            logger.info("operator's leg without a call", metadata: ["channel": "\(channel.id)"])
            await hangUp(channel.id)
        default: return
        }
    }

    private func adoptQueued(_ channel: Channel) async {
        logger.info("caller found whose arrival was missed", metadata: ["call": "\(channel.id)"])
        index.assign(channel.id, to: self)
        await arrive(channel)
    }

    private func adoptHeld(_ channel: Channel) async {
        logger.info("held caller found who was not stored", metadata: ["call": "\(channel.id)"])
        index.assign(channel.id, to: self)
        let call = WaitingCall(
            id: channel.id,
            room: .waitingRoom,
            switchboard: id.id,
            tenant: id.tenant,
            callerName: channel.callerName,
            callerNumber: channel.callerNumber,
            enteredAt: ports.clock.now,
            deadline: nil
        )
        _ = await store(WaitingCall.Transition(phase: .waiting, notices: [.listChanged]), of: call, cause: nil)
    }

    private func isLegOfCall(_ channel: ChannelID) -> Bool {
        calls.values.contains { $0.phase.operator?.channel == channel }
    }
}
