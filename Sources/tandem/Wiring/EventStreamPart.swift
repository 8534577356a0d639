import API
import Access
import EventStream
import Events
import Logging
import Persistence
import PrometheusMetrics
import ServiceLifecycle

/// `GET /1.0/events`, where it is wanted: the hub that events come to, and what keeps those that did not go through the
/// outbox.
struct EventStreamPart {
    private let hub: EventStreamHub?
    private let keeper: EventKeeper
    private let missed: any EventKeeping
    private let logger: Logger

    /// - Parameters:
    ///   - events: Keeps events.
    ///   - missed: Reads them again, over connections that nobody's call waits for.
    init(_ settings: Settings, events: any EventKeeping, missed: any EventKeeping, logger: Logger) {
        hub =
            settings.eventStream.isEnabled
            ? EventStreamHub(
                limits: EventStreamHub.Limits(
                    clients: settings.eventStream.maximumClients,
                    clientsPerToken: settings.eventStream.maximumClientsPerToken,
                    waitingEvents: settings.eventStream.waitingEvents,
                    resumeSeconds: settings.eventStream.resumeSeconds
                )
            ) : nil
        keeper = EventKeeper(events: events, logger: logger)
        self.missed = missed
        self.logger = logger
    }

    /// Takes events that are certain.
    var take: @Sendable ([BusMessage]) -> Void {
        guard let hub else { return { _ in } }
        return hub.offer
    }

    /// Takes events that were published without the outbox.
    var keep: @Sendable ([BusMessage]) -> Void {
        guard hub != nil else { return { _ in } }
        return keeper.keep
    }

    /// The route.
    func routes(_ identities: any IdentityChecking) -> [any RouteProviding] {
        guard let hub else { return [] }
        return [EventStreamRoutes(hub: hub, identities: identities, outbox: missed, logger: logger)]
    }

    /// What must run before events come.
    var services: [any Service] { hub == nil ? [] : [keeper] }

    /// What must stop before the REST server does, which waits for its answers.
    var streams: [any Service] { hub.map { [$0] } ?? [] }

    func describe(in figures: PrometheusRegistry) {
        guard let hub else { return }
        figures.register(gauge: "tandem_event_stream_clients", help: "Clients of GET /1.0/events.") {
            Double(hub.clientCount)
        }
    }
}
