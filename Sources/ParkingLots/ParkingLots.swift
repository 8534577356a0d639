public import CallControl
import Core
import Directory
import Events
import Foundation
import Logging
public import ServiceLifecycle
public import Telephony

/// Parking lots, and the calls that are parked there (contract 34). All state is Asterisk's.
///
/// ## A parked call's journey
/// 1. `PUT …/park` (`ParkingAction`), or a phone: Asterisk puts the channel into a slot, where it hears music.
/// 2. Asterisk tells of it (`ParkedCall`): the call's `parked` becomes true, then `call_parked` is published.
/// 3. Somebody dials the slot (`call_unparked`), its time is over (`parked_call_timed_out`), or it is hung up
///    (`parked_call_hungup`).
///
/// `BusEvents`: what clients hear. `Failures`: error ids. docs/parking-lots.md: what differs.
public final class ParkingLots: Service, ManagerEventReceiving, Recovering {
    private enum Input: Sendable {
        case event(ManagerEvent)
        case look(ChannelID)
    }
    private static let lanes = 4

    let ports: ParkingPorts
    let action: ParkingAction
    private let mailboxes: [Mailbox<Input>]

    /// Parking through these ports.
    public init(ports: ParkingPorts) {
        self.ports = ports
        action = ParkingAction(ports)
        mailboxes = (0..<Self.lanes).map { _ in Mailbox(capacity: 512) }
    }

    /// Works until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    for mailbox in self.mailboxes {
                        group.addTask { while let input = await mailbox.next() { await self.handle(input) } }
                    }
                }
            } onCancel: {
                for mailbox in self.mailboxes { mailbox.close() }
            }
        }
    }

    // MARK: Manager events

    /// What happens to parked calls.
    public func wants(_ name: String) -> Bool { ParkingNews(rawValue: name) != nil }

    /// Takes an event over; the events of a call stay in their order. An answer to a question is no event.
    public func receive(_ event: ManagerEvent) async {
        guard event["ActionID"] == nil, let call = event["ParkeeUniqueid"] else { return }
        await put(.event(event), of: ChannelID(call))
    }

    private func put(_ input: Input, of call: ChannelID) async { await mailbox(of: call).send(input) }
    private func offer(_ input: Input, of call: ChannelID) -> Bool { mailbox(of: call).offer(input) }
    private func mailbox(of call: ChannelID) -> Mailbox<Input> {
        mailboxes[Int(UInt(bitPattern: call.hashValue) % UInt(Self.lanes))]
    }

    /// Nothing: the look at Asterisk follows.
    public func managerConnected() async {}
    /// Nothing.
    public func managerDisconnected() async {}

    private func handle(_ input: Input) async {
        switch input {
        case .event(let event): await handle(event)
        case .look(let call):
            guard let parked = await parked() else { return }
            await show(isParked: parked.contains(call), call)
        }
    }

    private func handle(_ event: ManagerEvent) async {
        guard let news = ParkingNews(rawValue: event.name),
            let call = ParkedCall(event.message, at: ports.clock.now)
        else { return }
        switch news {
        case .parked: await show(isParked: true, call.call)
        case .unparked, .timedOut: await show(isParked: false, call.call)
        case .swapped:
            // The event is of the channel that is parked now (seen on Asterisk 22.10), and has no word of the other.
            await show(isParked: true, call.call)
            await lookAtReplaced()
        case .hungUp: break
        }
        guard let tenant = await tenant(of: call, news, event),
            let told = BusEvents.event(news, of: call, event.message, tenant: tenant)
        else { return }
        await ports.calls.publish(told)
    }

    /// Channels that show that they are parked, and are not: one of them was replaced.
    private func lookAtReplaced() async {
        guard let parked = await parked(), let channels = try? await ports.channels.channels() else { return }
        for channel in channels where channel.isShownParked && !parked.contains(channel.id) {
            // In its own turn; this one's mailbox must not be waited for.
            if !offer(.look(channel.id), of: channel.id) {
                ports.logger.warning("parking not looked at", metadata: ["call": "\(channel.id)"])
            }
        }
    }

    /// Brings the channel's variable, and what clients see of the call, to what it is now.
    private func show(isParked: Bool, _ id: ChannelID) async {
        do {
            try await ports.calls.set(.isParked, isParked ? "1" : "", id)
            try await ports.calls.publishUpdate(id)
        } catch TelephonyFailure.notFound {
            // The channel is gone; its end is told by another event.
        } catch {
            ports.logger.warning("parking not shown", metadata: ["call": "\(id)", "error": "\(error)"])
        }
    }

    /// Whom to tell; a channel that was hung up cannot be asked any more.
    private func tenant(of call: ParkedCall, _ news: ParkingNews, _ event: ManagerEvent) async -> TenantID? {
        do {
            if news == .hungUp { return try await ports.lots.parkingLot(call.lot)?.tenant }
            let told = event.message.channelVariables(of: "Parkee")["WAZO_TENANT_UUID"] ?? ""
            if !told.isEmpty { return TenantID(told) }
            return try await ports.variables.variable("WAZO_TENANT_UUID", of: call.call).map { TenantID($0) }
        } catch {
            ports.logger.warning(
                "parked call not told of",
                metadata: ["call": "\(call.call)", "event": "\(event.name)", "error": "\(error)"]
            )
            return nil
        }
    }

    // MARK: After a gap in the events

    /// What calls show is brought to what Asterisk has. Both were read before events that have been handled meanwhile, so
    /// what differs is looked at again in its turn.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        let flagged = Set(
            snapshot.channels.values.filter(\.isShownParked).map(\.id)
        )
        guard let parked = await parked() else { return }
        for call in parked.symmetricDifference(flagged) { await put(.look(call), of: call) }
    }

    /// The calls that Asterisk has parked; `nil` when it does not say: other features do not wait for that.
    private func parked() async -> Set<ChannelID>? {
        do {
            return Set(
                try await ports.manager.parkedCalls(in: nil).compactMap { ParkedCall($0, at: ports.clock.now)?.call }
            )
        } catch {
            ports.logger.warning("parked calls not looked at", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

extension Channel {
    /// Whether its variable says that it is parked.
    fileprivate var isShownParked: Bool { variables[CallVariable.isParked.name] == "1" }
}
