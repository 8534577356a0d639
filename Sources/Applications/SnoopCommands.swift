import CallControl
import Core
import Foundation
import Telephony

/// A call that hears another one, or speaks to it (contract 11 §3.9).
extension Applications {
    /// How long the channel of a snoop may take to come into the application.
    private static let patience: Duration = .seconds(2)

    func makeSnoop(of snooped: ChannelID, _ order: SnoopOrder, in loop: ApplicationLoop) async throws
        -> ApplicationSnoop
    {
        guard order.snooping != snooped else { throw Failure.ownSnoop(snooped) }
        try await requireInside(order.snooping, ifGone: Failure.noSuchCall(order.snooping, status: 400), of: loop)
        try await requireInside(snooped, ifGone: Failure.noSuchCall(snooped), of: loop)
        guard loop.live.calls[snooped] != nil else { throw Failure.noSuchCall(snooped) }
        guard loop.live.calls[order.snooping] != nil else { throw Failure.noSuchCall(order.snooping, status: 400) }
        guard loop.live.snoops.count < ApplicationWork.mostNodes else {
            throw Failure.tooMany("snoops", limit: ApplicationWork.mostNodes)
        }
        let snoop = ApplicationSnoop(
            id: UUID().uuidString.lowercased(),
            snooped: snooped,
            snooping: order.snooping,
            mode: order.mode,
            channel: ChannelID(UUID().uuidString.lowercased())
        )
        try await loop.store(.snoopPlanned(snoop))
        do {
            try await ports.asking { try await self.make(snoop, of: loop) }
            return try await loop.store(.snoopMade(snoop.id)).snoops[snoop.id] ?? snoop
        } catch {
            await work.end(snoop, of: loop)
            throw error
        }
    }

    /// A channel that is not in Stasis is not in the application; whether it is in this one comes later.
    private func requireInside(_ id: ChannelID, ifGone gone: Failure, of loop: ApplicationLoop) async throws {
        if let call = await settled(id, in: loop) {
            guard call.phase == .inside else { throw Failure.callNotInApplication(id, loop.id) }
            return
        }
        guard let channel = try await ports.asking({ try await ports.asterisk.channel(id) }) else { throw gone }
        guard channel.stasis != nil else { throw Failure.callNotInApplication(id, loop.id) }
    }

    private func make(_ snoop: ApplicationSnoop, of loop: ApplicationLoop) async throws {
        try await ports.asterisk.createBridge(
            BridgeCreation(snoop.bridge, types: [.mixing], name: StasisArguments.snoopBridge(loop.id))
        )
        do {
            try await endTones(of: snoop.snooping, in: loop)
            try await ports.asterisk.add(snoop.snooping, to: snoop.bridge)
        } catch TelephonyFailure.invalid {
            throw Failure.noSuchCall(snoop.snooping, status: 400)
        }
        try await listen(through: snoop.channel, snoop.mode, snoop, of: loop)
    }

    /// Makes a channel of a snoop and puts it into its bridge.
    private func listen(
        through channel: ChannelID,
        _ mode: WhisperMode,
        _ snoop: ApplicationSnoop,
        of loop: ApplicationLoop
    ) async throws {
        do {
            try await ports.asterisk.snoop(
                Snoop(
                    channel: channel,
                    on: snoop.snooped,
                    spy: .both,
                    whisper: mode.direction,
                    application: StasisArguments.application(loop.id),
                    arguments: [StasisArguments.snoopWord, snoop.id]
                )
            )
        } catch TelephonyFailure.notFound {
            throw Failure.noSuchCall(snoop.snooped)
        }
        guard await loop.waits(Self.patience, until: { $0.snoops[snoop.id]?.arrived.contains(channel) ?? true }) else {
            throw TelephonyFailure.unreachable("the snoop channel did not come in time")
        }
        try await ports.asterisk.setVariable("WAZO_SNOOPED_CALL_ID", to: snoop.snooped.rawValue, of: channel)
        try await ports.asterisk.setVariable("WAZO_SNOOP_WHISPER_MODE", to: mode.rawValue, of: channel)
        try await ports.asterisk.add(channel, to: snoop.bridge)
    }

    /// Another channel takes the place of the first: Asterisk cannot change what a snoop does.
    func change(_ snoop: ApplicationSnoop, to mode: WhisperMode, of loop: ApplicationLoop) async throws {
        guard loop.live.calls[snoop.snooped] != nil else { throw Failure.noSuchCall(snoop.snooped) }
        try await ports.asking {
            try await work.turns.take(snoop.id, within: Self.turnPatience) {
                guard let now = loop.live.snoops[snoop.id], now.phase == .open else {
                    throw Failure.noSuchSnoop(snoop.id)
                }
                let channel = ChannelID(UUID().uuidString.lowercased())
                do {
                    try await self.listen(through: channel, mode, now, of: loop)
                    try await loop.store(.snoopReplaced(now.id, by: channel, mode))
                } catch {
                    try? await self.ports.asterisk.hangUp(channel)
                    throw error
                }
                do { try await self.ports.asterisk.hangUp(now.channel) } catch TelephonyFailure.notFound {}
            }
        }
    }

    func delete(_ snoop: ApplicationSnoop, of loop: ApplicationLoop) async throws {
        let ending = try await loop.store(.snoopEnding(snoop.id)).snoops[snoop.id]
        guard let ending else { return }
        await work.end(ending, of: loop)
    }
}
