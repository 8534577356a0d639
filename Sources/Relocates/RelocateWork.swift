import CallControl
import Core
import Events
import Foundation
import Logging
import Persistence
import Telephony

/// The effects of a relocate, each of which can be repeated without harm.
struct RelocateWork: AggregateWork {
    typealias Machine = Relocate
    typealias Outcome = EffectOutcome<Relocate.Event>

    let ports: RelocatePorts

    func perform(_ effect: Relocate.Effect, of relocate: Relocate) async -> Outcome {
        switch effect {
        case .callRecipient: await callRecipient(of: relocate)
        case .bringRelocated: await bringRelocated(of: relocate)
        case .connect: await connect(relocate)
        case .hangUp(let party): await hangUp(party, of: relocate)
        }
    }

    func messages(for notice: Relocate.Notice, of relocate: Relocate, at time: Date) -> [BusMessage] {
        [ports.envelope.message(for: relocate.event(for: notice), at: time)]
    }

    // MARK: Effects

    /// Contract 22 §2, steps 5 and 8: the initiator's death is looked for here, when its events are ours already. The
    /// relocated's makes Asterisk refuse the originator.
    private func callRecipient(of relocate: Relocate) async -> Outcome {
        do {
            guard try await ports.channels.channel(relocate.initiator) != nil else {
                let details: [String: JSONValue] = ["initiator_call": .string(relocate.initiator.rawValue)]
                return .failed(.gone(.initiator), .relocateCreation("initiator call not found", details))
            }
            try await ports.channels.originate(
                Origination(
                    channel: relocate.recipient,
                    endpoint: relocate.device.endpoint,
                    application: RelocateArguments.application,
                    arguments: RelocateArguments(relocate.id, .recipient).list,
                    originator: relocate.relocated,
                    timeout: min(relocate.timeout, Self.longestTimeout),
                    variables: relocate.device.variables
                )
            )
            return .happened(.recipientCalled)
        } catch {
            log("recipient not called", relocate, error)
            return .failed(.recipientRefused, failure(ofCalling: relocate, error))
        }
    }

    /// Asterisk counts milliseconds in 32 bits.
    private static let longestTimeout = 2_147_483

    /// An endpoint that cannot be dialled, for instance a phone that is not registered, is the client's affair
    /// (contract 22 §8.1).
    private func failure(ofCalling relocate: Relocate, _ error: any Error) -> Failure? {
        switch error as? TelephonyFailure {
        case .invalid, .internalError:
            let details: [String: JSONValue] = ["initiator_call": .string(relocate.initiator.rawValue)]
            return .relocateCreation("failed to start the new call", details)
        case let other: return other.map(ports.failures.failure(for:))
        }
    }

    /// Contract 22 §3 FINISH: nobody need be moved who is in Stasis already.
    private func bringRelocated(of relocate: Relocate) async -> Outcome {
        do {
            if try await ports.presence.isInStasis(relocate.relocated) {
                let channel = try await ports.channels.channel(relocate.relocated)
                return .happened(Self.hasArrived(channel, for: relocate) ? .relocatedArrived : .relocatedFound)
            }
            try await ports.capture.setVariables([RelocateArguments.variable: relocate.id], of: relocate.relocated)
        } catch TelephonyFailure.notFound {
            return .failed(.gone(.relocated), nil)
        } catch {
            log("relocated not moved", relocate, error)
            return .failed(.relocatedNotMoved, (error as? TelephonyFailure).map(ports.failures.failure(for:)))
        }
        do {
            try await ports.capture.redirect(relocate.relocated, with: nil, to: "relocate")
            return .happened(.relocatedRedirected)
        } catch ManagerFailure.timedOut {
            return .unknown("nothing is known of the redirect")
        } catch {
            log("relocated not moved", relocate, error)
            return .failed(
                .relocatedNotMoved,
                (error as? ManagerFailure).map { ports.managerFailures.failure(for: $0) }
            )
        }
    }

    /// Contract 22 §3 BRIDGE.
    private func connect(_ relocate: Relocate) async -> Outcome {
        do {
            try await ports.bridges.createBridge(relocate.bridge, kind: .mixing, name: "relocate:\(relocate.id)")
            try await ports.bridges.add(relocate.recipient, to: relocate.bridge)
            try await ports.bridges.add(relocate.relocated, to: relocate.bridge)
            return .happened(.connected)
        } catch TelephonyFailure.unreachable(let text) {
            return .unknown(text)
        } catch TelephonyFailure.notInitialized {
            return .unknown("no connection yet")
        } catch {
            return await reason(ofNotConnecting: relocate, error)
        }
    }

    private func reason(ofNotConnecting relocate: Relocate, _ error: any Error) async -> Outcome {
        do {
            for party in [Relocate.Party.recipient, .relocated] {
                if try await ports.channels.channel(relocate.channel(of: party)) == nil {
                    return .failed(.gone(party), nil)
                }
            }
        } catch {
            return .unknown("\(error)")
        }
        log("not connected", relocate, error)
        return .failed(.connectRefused, (error as? TelephonyFailure).map(ports.failures.failure(for:)))
    }

    private func hangUp(_ party: Relocate.Party, of relocate: Relocate) async -> Outcome {
        do {
            try await ports.channels.hangUp(relocate.channel(of: party))
        } catch TelephonyFailure.notFound {
            // It is gone, as we want.
        } catch {
            return .unknown("\(error)")
        }
        return .happened(.gone(party))
    }

    // MARK: Looking

    func look(at relocate: Relocate) async throws -> Relocate.Event {
        async let initiator = ports.channels.channel(relocate.initiator)
        async let relocated = ports.channels.channel(relocate.relocated)
        async let recipient = ports.channels.channel(relocate.recipient)
        async let bridge = ports.bridges.bridge(relocate.bridge)
        let members = try await bridge?.channels ?? []
        return .seen(
            Relocate.Sighting(
                hasInitiator: try await initiator != nil,
                relocated: try await seen(relocated: relocated, of: relocate),
                recipient: Self.seen(recipient: try await recipient, of: relocate),
                isConnected: members.contains(relocate.recipient) && members.contains(relocate.relocated),
                at: ports.clock.now
            )
        )
    }

    private func seen(
        relocated channel: Channel?,
        of relocate: Relocate
    ) async throws -> Relocate.Sighting.Relocated? {
        guard let channel else { return nil }
        guard channel.stasis != nil else { return .inDialplan }
        do {
            // The snapshot shows Stasis a moment before Asterisk takes requests for it.
            guard try await ports.presence.isInStasis(channel.id) else { return .inDialplan }
        } catch TelephonyFailure.notFound {
            return nil
        }
        return Self.hasArrived(channel, for: relocate) ? .arrived : .inStasis
    }

    private static func seen(recipient channel: Channel?, of relocate: Relocate) -> Relocate.Sighting.Recipient? {
        guard let channel else { return nil }
        if channel.stasis?.application == RelocateArguments.application { return .answered }
        switch relocate.phase {
        case .starting, .ringing, .ending: return .ringing
        // It had answered, and is in other hands now.
        case .answered, .completing, .waitingForRelocated, .connecting, .ended: return nil
        }
    }

    private static func hasArrived(_ channel: Channel?, for relocate: Relocate) -> Bool {
        guard let stasis = channel?.stasis, stasis.application == RelocateArguments.application else { return false }
        return RelocateArguments(stasis.arguments) == RelocateArguments(relocate.id, .relocated)
    }

    private func log(_ text: Logger.Message, _ relocate: Relocate, _ error: any Error) {
        ports.logger.warning(text, metadata: ["relocate": "\(relocate.id)", "error": "\(error)"])
    }
}
