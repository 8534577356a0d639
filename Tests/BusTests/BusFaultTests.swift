import Core
import Events
import Foundation
import Logging
import TandemLab
import TandemTesting
import Testing

@testable import Bus

@Suite("A broker that is none", .timeLimit(.minutes(1)))
struct BusFaultTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test(
        "publishing fails at once, nothing hangs, and a shutdown ends both within the limit",
        arguments: FaultyPeer.Fault.allCases
    )
    func faulty(fault: FaultyPeer.Fault) async throws {
        let peer = try await FaultyPeer.start(fault)
        let configuration = BusConfiguration(host: "127.0.0.1", port: peer.port, timeout: 0.5)
        let publisher = RabbitMQPublisher(configuration: configuration, logger: Self.logger)
        let consumer = RabbitMQConsumer(configuration: configuration, logger: Self.logger)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publisher.run() }
            group.addTask { try await consumer.run() }
            // Both have tried, and try again.
            _ = try await eventually("tried again") { peer.connectionCount >= 4 ? true : nil }
            #expect(!publisher.isConnected && !consumer.isConnected)
            let message = BusMessage(resource: "r", routingKey: "k", headers: [:], body: "{}")
            await #expect(throws: BusFailure.self) { try await publisher.publish([message]) }
            group.cancelAll()
        }
        #expect(ContinuousClock.now - start < .seconds(15))
        await peer.stop()
    }
}

@Suite("A broker that is back", .timeLimit(.minutes(1)))
struct BusReturnTests {
    @Test("however long it was away, it is tried again within two seconds")
    func pauses() async throws {
        #expect(RabbitMQPublisher.pauses.allSatisfy { $0 <= 2 })
        #expect(RabbitMQPublisher.pauses == RabbitMQPublisher.pauses.sorted(), "the last one repeats")
        let peer = try await FaultyPeer.start(.closesAtOnce)
        let publisher = RabbitMQPublisher(
            configuration: BusConfiguration(host: "127.0.0.1", port: peer.port, timeout: 0.5),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let service = Task { try await publisher.run() }
        let tries = RabbitMQPublisher.pauses.count + 1
        _ = try await eventually("all pauses were taken", within: .seconds(20)) {
            peer.connectionCount >= tries ? true : nil
        }
        let start = ContinuousClock.now
        _ = try await eventually("tried again") { peer.connectionCount > tries ? true : nil }
        #expect(ContinuousClock.now - start < .seconds(3))
        service.cancel()
        try await service.value
        await peer.stop()
    }
}

@Suite("collectd", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"))
struct CollectdTests {
    @Test("measurements arrive at its own exchange, a topic exchange that does not outlive the broker")
    func measurements() async throws {
        let lab = try LabEnvironment()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let exchange = "collectd-test"
        let configuration = BusConfiguration(
            host: "127.0.0.1",
            port: lab.amqpPort,
            exchange: exchange,
            exchangeType: "topic",
            isDurable: false
        )
        let publisher = RabbitMQPublisher(configuration: configuration, logger: logger)
        let consumer = RabbitMQConsumer(
            configuration: configuration,
            bindings: [[:]],
            bindingKey: "collectd.#",
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publisher.run() }
            group.addTask { try await consumer.run() }
            await consumer.waitUntilBound()
            for await isConnected in publisher.connectionStates() where isConnected { break }
            try await publisher.publish([CollectdMeasurement.channels("created").message(host: "X")])
            let delivery = await consumer.next()
            #expect(delivery?.routingKey == "collectd.channels")
            #expect(
                delivery.map { String(decoding: $0.payload, as: UTF8.self) }
                    == "PUTVAL X/channels-global/counter-created interval=10 N:1"
            )
            let exchanges = try await LabServers(lab).rabbitmqctl(["-q", "list_exchanges", "name", "type", "durable"])
            #expect(exchanges.contains("\(exchange)\ttopic\tfalse"))
            group.cancelAll()
        }
    }
}
