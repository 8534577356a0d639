import CallControl
import Core
import Events
import Foundation
import Logging
import Telephony

/// What transfers do in Asterisk. Each effect can be repeated without harm.
struct TransferWork: AggregateWork {
    let ports: TransferPorts
    let capture: StasisCapture
    private let held: HoldMedia
    private let announcement: RecordingAnnouncement

    /// Work through these ports.
    init(_ ports: TransferPorts) {
        self.ports = ports
        capture = StasisCapture(manager: ports.manager, variables: ports.variables)
        held = HoldMedia(media: ports.media, manager: ports.manager)
        announcement = RecordingAnnouncement(channels: ports.channels, manager: ports.manager)
    }

    func messages(for notice: Transfer.Notice, of transfer: Transfer, at time: Date) -> [BusMessage] {
        [ports.envelope.message(for: transfer.event(of: notice), at: time)]
    }

    func perform(_ effect: Transfer.Effect, of transfer: Transfer) async -> EffectOutcome<Transfer.Event> {
        switch effect {
        case .hangUp(let party): await hangUp(party, of: transfer)
        case .callRecipient: await callRecipient(of: transfer)
        case .capture: await fetch(transfer)
        case .locate: await locate(transfer)
        case .unmark, .hold, .ringInitiator, .restore, .announceRecording, .show, .keepMediaFlowing, .part:
            await attempt(effect, of: transfer)
        case .mark, .connect, .release, .unite, .handOver, .reunite:
            await require(effect, of: transfer)
        }
    }

    // MARK: What has to succeed

    private func require(_ effect: Transfer.Effect, of transfer: Transfer) async -> EffectOutcome<Transfer.Event> {
        do {
            switch effect {
            case .mark:
                try await mark(.transferred, of: transfer)
                try await mark(.initiator, of: transfer)
                return .done
            case .connect:
                try await stopRinging(transfer.initiator)
                try await bridge([.initiator, .recipient], of: transfer)
                return .happened(.connected)
            case .release:
                try await held.release(transfer.transferred)
                try await ports.signalling.startRinging(transfer.transferred)
                return .happened(.released)
            case .unite:
                try await unmark([.transferred, .recipient], of: transfer)
                try await stopRinging(transfer.transferred)
                try await bridge([.transferred, .recipient], of: transfer)
                return .happened(.united)
            case .handOver:
                try await held.release(transfer.transferred)
                try await bridge([.transferred], of: transfer)
                try await unmark([.transferred, .recipient], of: transfer)
                return .happened(.united)
            case .reunite:
                try await unmark([.transferred, .initiator], of: transfer)
                try await stopRinging(transfer.initiator)
                try await held.release(transfer.transferred)
                try await ports.signalling.stopRinging(transfer.transferred)
                try await bridge([.transferred, .initiator], of: transfer)
                return .happened(.reunited)
            default: return .done
            }
        } catch {
            return await cause(of: error, doing: effect, of: transfer)
        }
    }

    private func bridge(_ parties: [Transfer.Party], of transfer: Transfer) async throws {
        let creation = BridgeCreation(transfer.bridge, types: [.mixing], name: "transfer")
        try await ports.bridges.createBridge(creation)
        for party in parties { try await ports.bridges.add(transfer.channel(of: party), to: transfer.bridge) }
    }

    /// The first request works around a defect of SCCP phones (contract 21 §5.4).
    private func stopRinging(_ channel: ChannelID) async throws {
        try await ports.media.stopMusic(on: channel)
        try await ports.signalling.stopRinging(channel)
    }

    /// Why something could not be done: Asterisk is away, a party is gone, or it refuses.
    func cause(
        of error: any Error,
        doing effect: Transfer.Effect,
        of transfer: Transfer
    ) async -> EffectOutcome<Transfer.Event> {
        guard let failure = error as? TelephonyFailure, !failure.isOutage else { return .unknown("\(error)") }
        do {
            for party in effect.parties where try await !isHere(party, of: transfer, for: effect) {
                return .failed(.gone(party), effect.failure(of: transfer))
            }
        } catch {
            return .unknown("\(error)")
        }
        let client = effect == .reunite ? nil : ports.failures.failure(for: failure)
        return .failed(effect == .capture ? .captureRefused : .obstructed, client)
    }

    private func isHere(
        _ party: Transfer.Party,
        of transfer: Transfer,
        for effect: Transfer.Effect
    ) async throws -> Bool {
        guard let channel = try await ports.channels.channel(transfer.channel(of: party)) else { return false }
        return effect == .capture || channel.stasis != nil
    }

    // MARK: What may fail

    /// Does what is no reason to stop when it fails: a party that is gone is told of by its own event.
    private func attempt(_ effect: Transfer.Effect, of transfer: Transfer) async -> EffectOutcome<Transfer.Event> {
        let channel = transfer.transferred
        switch effect {
        case .unmark: await trying(effect) { try await unmark([.transferred, .initiator], of: transfer) }
        case .ringInitiator: await trying(effect) { try await ports.signalling.startRinging(transfer.initiator) }
        case .part(let bridge): await trying(effect) { try await ports.bridges.destroyBridge(bridge) }
        case .keepMediaFlowing: await trying(effect) { try await ports.media.startSilence(on: channel) }
        case .show(let name, let number): await show(name: name, number: number, of: transfer)
        case .hold:
            await trying(effect) {
                let own = try await ports.channels.variable("CHANNEL(musicclass)", of: channel)
                try await held.hold(channel, musicClass: own.flatMap { $0.isEmpty ? nil : $0 })
            }
        case .restore:
            await trying(effect) { try await unmark([.transferred, .initiator], of: transfer) }
            await trying(effect) { try await stopRinging(transfer.initiator) }
            await trying(effect) { try await held.release(channel) }
            return .happened(.reunited)
        case .announceRecording:
            for party in [Transfer.Party.transferred, .recipient] {
                await trying(effect) { try await announcement.announce(to: transfer.channel(of: party)) }
            }
        default: break
        }
        return .done
    }

    private func trying(_ effect: Transfer.Effect, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            ports.logger.notice("\(effect) failed", metadata: ["error": "\(error)"])
        }
    }

    /// Contract 21 §5.7: to the initiator, or once he is gone to the transferred party.
    private func show(name: String, number: String, of transfer: Transfer) async {
        for channel in [transfer.initiator, transfer.transferred] {
            do {
                try await ports.channels.setVariable("CONNECTEDLINE(name)", to: name, of: channel)
                try await ports.channels.setVariable("CONNECTEDLINE(num)", to: number, of: channel)
                return
            } catch TelephonyFailure.notFound {
                continue
            } catch {
                return ports.logger.notice("identity not shown", metadata: ["error": "\(error)"])
            }
        }
    }

    private func locate(_ transfer: Transfer) async -> EffectOutcome<Transfer.Event> {
        do {
            return .happened(try await look(at: transfer))
        } catch {
            return .unknown("\(error)")
        }
    }

    private func hangUp(_ party: Transfer.Party, of transfer: Transfer) async -> EffectOutcome<Transfer.Event> {
        do {
            try await ports.channels.hangUp(transfer.channel(of: party))
        } catch TelephonyFailure.notFound {
            // It is what we want.
        } catch {
            return .unknown("\(error)")
        }
        return .happened(.gone(party))
    }
}

extension Transfer.Effect {
    /// Whose absence explains that it fails.
    fileprivate var parties: [Transfer.Party] {
        switch self {
        case .capture, .mark, .reunite: [.transferred, .initiator]
        case .connect: [.initiator, .recipient]
        case .release, .handOver: [.transferred]
        case .unite: [.transferred, .recipient]
        default: []
        }
    }

    /// What the client of a request is told when a party is gone.
    fileprivate func failure(of transfer: Transfer) -> Failure? {
        switch self {
        case .capture, .mark: .transferCreation("channel not found")
        case .handOver, .release: .transferCompletion(transfer.id, "transferred channel not found")
        default: nil
        }
    }
}

extension TelephonyFailure {
    /// Whether it tells nothing about the thing that was asked for.
    var isOutage: Bool {
        switch self {
        case .notInitialized, .unreachable, .unavailable: true
        default: false
        }
    }
}
