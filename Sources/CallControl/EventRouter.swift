import Metrics
public import Telephony

/// Passes each event of the feed to every feature that owns it, in the order of the events.
///
/// It runs in the feed's reading task, so a feature's `receive` only puts the event into a bounded
/// mailbox; while that is full the feed waits, which metric `tandem_event_handover` shows as seconds instead
/// of microseconds.
public struct EventRouter: EventReceiving {
    private let receivers: [any EventReceiving]
    private let handover = Timer(label: "tandem_event_handover")

    /// A router to these receivers, asked in this order.
    public init(_ receivers: [any EventReceiving]) { self.receivers = receivers }

    /// Whether any receiver owns the event.
    public func wants(_ head: EventHead) -> Bool { receivers.contains { $0.wants(head) } }

    /// Hands the event to its owners.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        let start = ContinuousClock.now
        for receiver in receivers where receiver.wants(head) { await receiver.receive(event, head: head) }
        handover.record(duration: ContinuousClock.now - start)
    }

    /// Tells every receiver.
    public func feedConnected() async {
        for receiver in receivers { await receiver.feedConnected() }
    }

    /// Tells every receiver.
    public func feedDisconnected() async {
        for receiver in receivers { await receiver.feedDisconnected() }
    }
}
