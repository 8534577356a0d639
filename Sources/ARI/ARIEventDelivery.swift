import Foundation
import Logging
import Metrics
import Telephony

/// From an event's bytes to its owner: decodes the head, and the whole only if somebody owns the event. What
/// cannot be read is dropped with a log line; it never ends a feed.
struct ARIEventDelivery: Sendable {
    let receiver: any EventReceiving
    let logger: Logger
    /// Told of an application that another client took over; says whether it was ours to lose.
    let replaced: @Sendable (String) -> Bool
    private let events = Counter(label: "tandem_stasis_events")
    private let dropped = Counter(label: "tandem_stasis_events_dropped")
    private let lag = Timer(label: "tandem_stasis_event_lag")

    init(receiver: any EventReceiving, logger: Logger, replaced: @escaping @Sendable (String) -> Bool) {
        self.receiver = receiver
        self.logger = logger
        self.replaced = replaced
    }

    func deliver(_ message: Data) async {
        events.increment()
        let head: EventHead
        do {
            head = try EventHead(scanning: message)
        } catch {
            dropped.increment()
            logger.error("unreadable Stasis event dropped", metadata: ["error": "\(error)"])
            return
        }
        if head.type == "ApplicationReplaced" {
            guard replaced(head.application) else { return }
            // Another process took the application over. Fighting for it would make both useless.
            logger.critical(
                "another client took over the Stasis application",
                metadata: ["application": "\(head.application)"]
            )
            return
        }
        guard receiver.wants(head) else { return }
        do {
            let event = try AsteriskEvent(ari: message)
            lag.recordSeconds(max(0, -event.timestamp.timeIntervalSinceNow))
            await receiver.receive(event, head: head)
        } catch {
            dropped.increment()
            logger.error("Stasis event dropped", metadata: ["type": "\(head.type)", "error": "\(error)"])
        }
    }
}
