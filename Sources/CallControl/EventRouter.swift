import Metrics
public import Telephony

/// Passes each event of the feed to every feature that owns it, in the order of the events.
///
/// It runs in the feed's reading task, so a feature's `receive` only puts the event into a bounded
/// mailbox; while that is full the feed waits, which metric `tandem_event_handover` shows as seconds instead
/// of microseconds.
public struct EventRouter: EventReceiving {
    private let receivers: [any EventReceiving]
    /// Who alone gets the events of an application.
    private let exclusive: [String: [any EventReceiving]]
    private let handover = Timer(label: "tandem_event_handover")

    /// A router to these receivers, asked in this order.
    /// - Parameter exclusive: By application: who gets its events, and nobody else does, for instance of one that
    ///   hears of all channels and bridges a second time.
    public init(_ receivers: [any EventReceiving], exclusive: [String: [any EventReceiving]] = [:]) {
        self.receivers = receivers
        self.exclusive = exclusive
    }

    /// Whether any receiver owns the event.
    public func wants(_ head: EventHead) -> Bool { owners(head.application).contains { $0.wants(head) } }

    private func owners(_ application: String) -> [any EventReceiving] { exclusive[application] ?? receivers }

    /// Hands the event to its owners.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        let start = ContinuousClock.now
        for receiver in owners(head.application) where receiver.wants(head) {
            await receiver.receive(event, head: head)
        }
        handover.record(duration: ContinuousClock.now - start)
    }

    /// Tells every receiver.
    public func feedConnected() async {
        for receiver in exclusive.values.flatMap(\.self) { await receiver.feedConnected() }
        for receiver in receivers { await receiver.feedConnected() }
    }

    /// Tells every receiver.
    public func feedDisconnected() async {
        for receiver in exclusive.values.flatMap(\.self) { await receiver.feedDisconnected() }
        for receiver in receivers { await receiver.feedDisconnected() }
    }
}
