import ARI
import Bus
import CallControl
import Events
import Logging
import ServiceLifecycle
import Telephony

/// What is consumed from RabbitMQ; nothing in standalone mode, then there is no connection for it.
struct BusPart {
    let consumer: RabbitMQConsumer?
    private let dispatcher: BusDispatcher?

    init(_ settings: Settings, logger: Logger) {
        guard settings.parts.consumeBus else {
            consumer = nil
            dispatcher = nil
            return
        }
        let consumer = RabbitMQConsumer(
            configuration: settings.busConfiguration,
            queue: .automatic(prefix: "wazo-calld"),
            logger: logger
        )
        self.consumer = consumer
        dispatcher = BusDispatcher(consumer: consumer, logger: logger)
    }

    /// Hands a receiver its messages. A part that needs the bus is there only when the consumer is.
    func add(_ receiver: any BusReceiving) { dispatcher?.add(receiver) }

    var services: [any Service] {
        guard let consumer, let dispatcher else { return [] }
        return [consumer, dispatcher]
    }
}

/// Where events are published: RabbitMQ, or nowhere on a site that has none.
struct PublisherPart {
    let publisher: any EventPublishing
    let services: [any Service]

    /// - Parameter configuration: Another exchange than that of the events.
    init(_ settings: Settings, configuration: BusConfiguration? = nil, logger: Logger) {
        guard settings.bus.isEnabled else {
            publisher = NoBroker()
            services = []
            return
        }
        let rabbit = RabbitMQPublisher(configuration: configuration ?? settings.busConfiguration, logger: logger)
        publisher = rabbit
        services = [rabbit]
    }
}

/// Stasis events: over WebSockets, or over the bus.
struct StasisPart {
    let registry: any ApplicationRegistering
    let service: AnyService
    /// Brings the events; `nil` when the WebSockets do.
    let busReceiver: (any BusReceiving)?
    /// Called when Asterisk has started.
    let asteriskBooted: @Sendable () -> Void

    init(
        _ settings: Settings,
        client: ARIClient,
        applications: [StasisApplication],
        receiver: any EventReceiving,
        logger: Logger
    ) {
        switch settings.parts.stasisEvents {
        case .websocket:
            let feed = ARIEventFeed(
                configuration: settings.ari,
                client: client,
                applications: applications,
                receiver: receiver,
                logger: logger
            )
            registry = feed
            service = AnyService(feed)
            busReceiver = nil
            asteriskBooted = {}
        case .amqp:
            let feed = ARIBusFeed(client: client, applications: applications, receiver: receiver, logger: logger)
            registry = feed
            service = AnyService(feed)
            busReceiver = feed
            asteriskBooted = { feed.asteriskBooted() }
        }
    }
}

/// A service whose type does not matter.
struct AnyService: Service, CustomStringConvertible {
    /// The type alone: the log names each service that starts.
    var description: String { "\(type(of: service))" }

    private let service: any Service

    init(_ service: any Service) { self.service = service }
    func run() async throws { try await service.run() }
}
