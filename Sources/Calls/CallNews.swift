import CallControl
import Core
import Events
import Foundation
import Logging
import Metrics
import ServiceLifecycle
import Telephony

/// Tells the bus what happens to calls, one after the other, in the order in which it is given (contract 10 §3).
final class CallNews: Sendable {
    enum Item: Sendable {
        case call(BusEvents.Stage, Call)
        case ended(Call, cause: Int, Date)
        case hold(Bool, Call)
        case tone(String, Call)
        case event(BusEvent)
        case missed([String: String], tenant: TenantID, channel: ChannelID)
    }

    private let ports: CallPorts
    private let items = Mailbox<(item: Item, since: ContinuousClock.Instant)>(capacity: 16_384)
    private let delay = Timer(label: "tandem_call_event_delay")

    init(_ ports: CallPorts) { self.ports = ports }

    /// Takes an item, waiting while too many do.
    func send(_ item: Item) async { await items.send((item, .now)) }

    /// Takes an item at once.
    /// - Returns: `false` when too many wait.
    @discardableResult
    func offer(_ item: Item) -> Bool { items.offer((item, .now)) }

    /// Works until it is closed.
    func run() async {
        while let (item, since) = await items.next() {
            if let event = event(item) { ports.publish(event) }
            delay.record(duration: ContinuousClock.now - since)
        }
    }

    func close() { items.close() }

    private func event(_ item: Item) -> BusEvent? {
        switch item {
        case .call(let stage, let call): BusEvents.call(stage, call)
        case .ended(let call, let cause, let date):
            BusEvents.ended(call, cause: cause, at: CallMoment.text(date), isSwapped: ports.swapsEndedParties)
        case .hold(let isHeld, let call): BusEvents.hold(isHeld, call)
        case .event(let event): event
        case .tone(let digit, let call): BusEvents.tone(digit, call)
        case .missed(let fields, let tenant, let channel):
            BusEvents.missedCall(fields, tenant: tenant, resource: "call:\(channel)")
        }
    }
}

/// Sets channel variables in Asterisk for who does not wait for it: those of one channel in order, different channels
/// side by side. When too many wait, a further one is dropped with a log line.
final class VariableSetter: Sendable {
    private struct Order: Sendable {
        var variable: CallVariable
        var value: String
        var channel: ChannelID
    }
    private static let lanes = 8

    private let ports: CallPorts
    private let mailboxes: [Mailbox<Order>]

    init(_ ports: CallPorts) {
        self.ports = ports
        mailboxes = (0..<Self.lanes).map { _ in Mailbox(capacity: 1_024) }
    }

    /// Notes a value in the registry and has it set in Asterisk.
    func set(_ variable: CallVariable, to value: String, of channel: ChannelID) {
        ports.registry?.note(variable, value, of: channel)
        let lane = Int(UInt(bitPattern: channel.hashValue) % UInt(Self.lanes))
        if mailboxes[lane].offer(Order(variable: variable, value: value, channel: channel)) { return }
        ports.registry?.retract(variable, of: channel)
        ports.logger.error("variable not set: too many wait", metadata: ["channel": "\(channel)"])
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            for mailbox in mailboxes {
                group.addTask { while let order = await mailbox.next() { await self.carryOut(order) } }
            }
        }
    }

    func close() { for mailbox in mailboxes { mailbox.close() } }

    private func carryOut(_ order: Order) async {
        do {
            try await ports.variables.set(order.variable.name, to: order.value, of: order.channel)
        } catch {
            // The channel is gone as a rule; otherwise Asterisk's own value counts again.
            ports.registry?.retract(order.variable, of: order.channel)
            if case TelephonyFailure.notFound = error { return }
            ports.logger.warning(
                "variable not set",
                metadata: [
                    "variable": "\(order.variable.name)", "channel": "\(order.channel)", "error": "\(error)",
                ]
            )
        }
    }
}
