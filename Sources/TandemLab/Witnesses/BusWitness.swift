public import Core

/// A message as a consumer of the bus gets it.
public struct BusDelivery: Sendable, Hashable {
    /// The routing key.
    public let routingKey: String
    /// AMQP headers.
    public let headers: [String: JSONValue]
    /// The body's JSON.
    public let body: JSONValue

    /// A message with all its parts.
    public init(routingKey: String, headers: [String: JSONValue], body: JSONValue) {
        self.routingKey = routingKey
        self.headers = headers
        self.body = body
    }

    /// The event's name, for instance `switchboard_queued_calls_updated`.
    public var name: String? { headers["name"]?.string }

    /// The event's payload.
    public var data: JSONValue? { body["data"] }
}

/// What other services hear: everything that was published on the bus since the witness listens.
public struct BusWitness: Sendable {
    /// All messages so far, in the order of their arrival.
    public let deliveries = WitnessLog<BusDelivery>()

    /// A witness that hears what ``record(_:)`` is given.
    public init() {}

    /// Notes a message.
    public func record(_ delivery: BusDelivery) async { await deliveries.append(delivery) }

    /// The first event of that name that `predicate` accepts, also one that has passed already.
    /// - Parameter start: Only messages from this position on count.
    /// - Throws: ``LabFailure/tooLate(_:)`` with the names of what was heard instead.
    @discardableResult
    public func expect(
        _ name: String,
        from start: Int = 0,
        within limit: Duration = .seconds(10),
        where predicate: @escaping @Sendable (BusDelivery) -> Bool = { _ in true }
    ) async throws -> BusDelivery {
        let found = await deliveries.first(from: start, within: limit) { $0.name == name && predicate($0) }
        if let found { return found }
        let heard = await deliveries.entries.map { $0.name ?? "(no name)" }.joined(separator: ", ")
        throw LabFailure.tooLate("bus: no \(name) as expected within \(limit). Heard: \(heard)")
    }

    /// All events of that name so far.
    public func events(_ name: String) async -> [BusDelivery] {
        await deliveries.entries.filter { $0.name == name }
    }
}

extension BusWitness {
    /// A witness that is connected to the lab's RabbitMQ and hears every event of exchange `wazo-headers`.
    /// - Throws: ``LabFailure/program(_:)`` when the broker cannot be reached.
    public static func listen(_ environment: LabEnvironment) async throws -> BusWitness {
        // Bus' consumer comes with its branch.
        throw LabFailure.program("no consumer yet on port \(environment.amqpPort)")
    }
}
