import CallControl
import Core
import Foundation
import Logging
import Persistence
import ServiceLifecycle
import Telephony

/// Legs that enter Stasis for a relocate that is no more: they would stay there for ever, silent, so they are hung up
/// (contract 22 §7, §8.5).
///
/// Nothing is judged before the stored relocates are known: until then a leg's relocate may only not be read yet.
final class StrayLegs: Sendable {
    /// A channel with the arguments of its entry.
    struct Leg: Sendable, Hashable {
        /// The channel.
        var channel: ChannelID
        /// The relocate that it came for.
        var arguments: RelocateArguments
        /// Whether it was found by a recovery, and not told by its entry: a channel keeps its arguments while it is in
        /// Stasis, so it may be one that was relocated long ago and is in other hands now.
        var isFound: Bool
    }

    private let ports: RelocatePorts
    private let mailbox = Mailbox<Leg>(capacity: 256)
    private let gate = Mailbox<Void>(capacity: 1)
    private static let attempts = 3

    init(ports: RelocatePorts) { self.ports = ports }

    /// Puts a leg in; waits while too many wait.
    func add(_ leg: Leg) async { await mailbox.send(leg) }

    /// Puts a leg in if there is room; the next recovery finds others.
    func offer(_ leg: Leg) {
        if !mailbox.offer(leg) { ports.logger.error("too many stray legs", metadata: ["channel": "\(leg.channel)"]) }
    }

    /// The stored relocates are known.
    func open() { gate.offer(()) }

    /// Runs until shutdown.
    /// - Parameter take: Hands a leg to its relocate, if there is one after all.
    func run(_ take: @escaping @Sendable (Leg) async -> Bool) async {
        await cancelWhenGracefulShutdown {
            if await self.gate.next() != nil {
                while let leg = await self.mailbox.next() {
                    if await !take(leg) { await self.judge(leg) }
                }
            }
            // The feed must not wait for us any more.
            self.mailbox.close()
        }
    }

    private func judge(_ leg: Leg) async {
        if leg.isFound, await isInUse(leg) { return }
        let metadata: Logger.Metadata = [
            "channel": "\(leg.channel)", "relocate": "\(leg.arguments.relocate)",
            "role": "\(leg.arguments.role.rawValue)",
        ]
        ports.logger.notice("leg of no relocate is hung up", metadata: metadata)
        for attempt in 1...Self.attempts {
            do {
                return try await ports.channels.hangUp(leg.channel)
            } catch TelephonyFailure.notFound {
                return
            } catch {
                ports.logger.error("stray leg not hung up", metadata: metadata.merging(["error": "\(error)"]) { $1 })
            }
            // Should Asterisk be away altogether, the recovery after its return finds the leg again.
            guard attempt < Self.attempts, await pause() else { return }
        }
    }

    private func pause() async -> Bool {
        do {
            try await ports.clock.sleep(until: ports.clock.now.addingTimeInterval(2))
            return true
        } catch {
            return false
        }
    }

    /// Whether a leg talks, or its relocate was completed: then others may hold it, for instance a transfer. When that
    /// cannot be found out it is left alone until the next recovery.
    private func isInUse(_ leg: Leg) async -> Bool {
        do {
            if try await ports.bridges.bridges().contains(where: { $0.channels.contains(leg.channel) }) { return true }
            let history = try await ports.store.history(ofKind: Relocate.rowKind, id: leg.arguments.relocate)
            return history.contains { $0.cause == Relocate.Event.connected.name }
        } catch {
            ports.logger.warning(
                "leg not judged",
                metadata: ["channel": "\(leg.channel)", "error": "\(error)"]
            )
            return true
        }
    }
}

extension StrayLegs.Leg {
    /// An arrival that was told to a relocate which ended before it could look; `nil`: another event.
    init?(_ event: Relocate.Event, of relocate: Relocate) {
        switch event {
        case .recipientAnswered:
            self.init(
                channel: relocate.recipient,
                arguments: RelocateArguments(relocate.id, .recipient),
                isFound: false
            )
        case .relocatedArrived:
            self.init(
                channel: relocate.relocated,
                arguments: RelocateArguments(relocate.id, .relocated),
                isFound: false
            )
        default: return nil
        }
    }
}
