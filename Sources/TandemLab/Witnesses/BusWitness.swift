import Bus
public import Core
public import Events
import Foundation
import Logging

extension BusDelivery {
    /// The event's payload.
    public var data: JSONValue? { body["data"] }
}

/// What other services hear: everything that was published on the bus since the witness listens.
public struct BusWitness: Sendable {
    /// All messages so far, in the order of their arrival.
    public let deliveries = WitnessLog<BusDelivery>()

    /// What fills it; `nil` for one that hears only what ``record(_:)`` is given.
    private let running: Task<Void, any Error>?

    /// A witness that hears what ``record(_:)`` is given.
    public init() { running = nil }

    private init(running: Task<Void, any Error>) { self.running = running }

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
    /// - Parameter durably: Whether it misses nothing while the broker restarts: its queue then survives that.
    ///   A broker that is away is waited for.
    public static func listen(_ environment: LabEnvironment, durably: Bool = false) async -> BusWitness {
        let consumer = RabbitMQConsumer(
            configuration: BusConfiguration(host: "127.0.0.1", port: environment.amqpPort),
            bindings: [[:]],
            queue: durably ? .durable(name: "witness-\(UUID().uuidString)", expiresAfter: 120) : .exclusive,
            logger: Logger(label: "bus-witness") { _ in SwiftLogNoOpLogHandler() }
        )
        let witness = BusWitness(running: Task { try await consumer.run() })
        Task {
            while let delivery = await consumer.next() { await witness.record(delivery) }
        }
        await consumer.waitUntilBound()
        return witness
    }

    /// Stops listening.
    public func close() async {
        running?.cancel()
        _ = await running?.result
    }
}
