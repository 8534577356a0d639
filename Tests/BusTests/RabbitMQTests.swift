import Bus
import Core
import Events
import Foundation
import Logging
import TandemLab
import Testing

@Suite(
    "RabbitMQ",
    .timeLimit(.minutes(2)),
    .serialized,
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct RabbitMQTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func message(_ number: Int, name: String) -> BusMessage {
        BusMessage(
            resource: "r",
            routingKey: "tests.\(number)",
            headers: ["name": .string(name), "user_uuid:*": true, "number": .integer(Int64(number))],
            body: #"{"data":{"number":\#(number)}}"#
        )
    }

    private func run(
        bindings: [[String: JSONValue]],
        _ body: (RabbitMQPublisher, RabbitMQConsumer, LabServers) async throws -> Void
    ) async throws {
        let lab = try LabEnvironment()
        let configuration = BusConfiguration(host: "127.0.0.1", port: lab.amqpPort, heartbeat: 3)
        let publisher = RabbitMQPublisher(configuration: configuration, logger: Self.logger)
        let consumer = RabbitMQConsumer(configuration: configuration, bindings: bindings, logger: Self.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publisher.run() }
            group.addTask { try await consumer.run() }
            await consumer.waitUntilBound()
            await connected(publisher)
            try await body(publisher, consumer, LabServers(lab))
            group.cancelAll()
        }
    }

    private func connected(_ publisher: RabbitMQPublisher) async {
        for await isConnected in publisher.connectionStates() where isConnected { return }
    }

    @Test("confirmed messages arrive in order with headers, body and routing key; unbound names do not")
    func publishes() async throws {
        try await run(bindings: [["name": "wanted"]]) { publisher, consumer, _ in
            try await publisher.publish([message(0, name: "unwanted")])
            try await publisher.publish((1...300).map { message($0, name: "wanted") })
            for number in 1...300 {
                let delivery = await consumer.next()
                #expect(delivery?.routingKey == "tests.\(number)")
                #expect(delivery?.body == ["data": ["number": .integer(Int64(number))]])
                #expect(delivery?.headers["user_uuid:*"] == true)
            }
        }
    }

    @Test("an idle connection outlives its heartbeats")
    func idle() async throws {
        try await run(bindings: [["name": "idle"]]) { publisher, consumer, _ in
            // Time is the subject here: more than three heartbeats of silence.
            try await Task.sleep(for: .seconds(10))
            try await publisher.publish([message(1, name: "idle")])
            let delivery = await consumer.next()
            #expect(delivery?.routingKey == "tests.1")
        }
    }

    @Test("a reader that is slow for several heartbeats keeps its connection, and loses nothing")
    func slowReader() async throws {
        let lab = try LabEnvironment()
        let configuration = BusConfiguration(host: "127.0.0.1", port: lab.amqpPort, heartbeat: 2)
        let publisher = RabbitMQPublisher(configuration: configuration, logger: Self.logger)
        let consumer = RabbitMQConsumer(
            configuration: configuration,
            bindings: [["name": "slow"]],
            capacity: 4,
            logger: Self.logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publisher.run() }
            group.addTask { try await consumer.run() }
            await consumer.waitUntilBound()
            await connected(publisher)
            try await publisher.publish((1...20).map { message($0, name: "slow") })
            // Time is the subject here: the broker gives a client up after two heartbeats of silence.
            try await Task.sleep(for: .seconds(8))
            for number in 1...20 {
                var occurrence = await consumer.nextOccurrence()
                if case .connected = occurrence { occurrence = await consumer.nextOccurrence() }
                guard case .delivery(let delivery) = occurrence else {
                    Issue.record("the connection was lost: \(String(describing: occurrence))")
                    break
                }
                #expect(delivery.routingKey == "tests.\(number)")
            }
            group.cancelAll()
        }
    }

    @Test("a body that is no JSON comes as it is, and so does the next message")
    func noJSON() async throws {
        try await run(bindings: [["name": "bad"]]) { publisher, consumer, _ in
            var bad = message(1, name: "bad")
            bad.body = "{"
            try await publisher.publish([bad, message(2, name: "bad")])
            let first = await consumer.next()
            #expect(first?.payload == Data("{".utf8) && first?.body == .null && first?.name == "bad")
            let second = await consumer.next()
            #expect(second?.routingKey == "tests.2")
        }
    }

    @Test("a binding that is added while running holds, with its further headers, also after a reconnection")
    func lateBinding() async throws {
        try await run(bindings: []) { publisher, consumer, servers in
            consumer.bind([BusBinding("late", headers: ["category": "stasis"])])
            func publish(_ number: Int, category: String) async throws {
                var wanted = message(number, name: "late")
                wanted.headers["category"] = .string(category)
                try await publisher.publish([wanted])
            }
            // The queue has the binding within a fraction of a second: the first message that arrives shows it.
            let sending = Task {
                while !Task.isCancelled {
                    try await publish(0, category: "other")
                    try await publish(1, category: "stasis")
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let first = await consumer.next()
            sending.cancel()
            _ = await sending.result
            #expect(first?.routingKey == "tests.1")
            try await servers.stop(.rabbitmq)
            for await isConnected in publisher.connectionStates() where !isConnected { break }
            try await servers.start(.rabbitmq)
            await consumer.waitUntilBound(times: 2)
            await connected(publisher)
            try await publish(2, category: "other")
            try await publish(3, category: "stasis")
            var keys: [String?] = []
            while keys.last != "tests.3" { keys.append(await consumer.next()?.routingKey) }
            #expect(!keys.contains("tests.2") && !keys.contains("tests.0"))
        }
    }

    @Test("a queue that somebody deletes is declared anew; the reader hears of both")
    func deletedQueue() async throws {
        let lab = try LabEnvironment()
        let configuration = BusConfiguration(host: "127.0.0.1", port: lab.amqpPort)
        let name = "tests-\(UUID().uuidString)"
        let consumer = RabbitMQConsumer(
            configuration: configuration,
            bindings: [["name": "x"]],
            queue: .durable(name: name, expiresAfter: 60),
            logger: Self.logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await consumer.run() }
            let first = await consumer.nextOccurrence()
            #expect(first == .connected)
            try await LabServers(lab).rabbitmqctl(["delete_queue", name])
            let second = await consumer.nextOccurrence()
            let third = await consumer.nextOccurrence()
            #expect(second == .disconnected && third == .connected)
            #expect(consumer.isConnected)
            group.cancelAll()
        }
    }

    @Test("the platform's queue is named by its prefix and goes with its consumer")
    func automaticQueue() async throws {
        let lab = try LabEnvironment()
        let consumer = RabbitMQConsumer(
            configuration: BusConfiguration(host: "127.0.0.1", port: lab.amqpPort),
            queue: .automatic(prefix: "wazo-calld"),
            logger: Self.logger
        )
        @Sendable func queues() async throws -> [Substring] {
            try await LabServers(lab).rabbitmqctl(["-q", "list_queues", "name", "auto_delete", "durable"])
                .split(separator: "\n").filter { $0.hasPrefix("wazo-calld.") }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await consumer.run() }
            await consumer.waitUntilBound()
            let found = try await queues()
            #expect(found.count == 1)
            #expect(found.first?.wholeMatch(of: /wazo-calld\.[0-9a-f]{6}\ttrue\tfalse/) != nil)
            group.cancelAll()
        }
        _ = try await eventually("the queue is gone") { try await queues().isEmpty ? true : nil }
    }

    @Test("the broker goes away: publishing fails at once, and both come back with their bindings")
    func outage() async throws {
        try await run(bindings: [["name": "again"]]) { publisher, consumer, servers in
            try await servers.stop(.rabbitmq)
            for await isConnected in publisher.connectionStates() where !isConnected { break }
            await #expect(throws: BusFailure.self) { try await publisher.publish([message(1, name: "again")]) }
            try await servers.start(.rabbitmq)
            await consumer.waitUntilBound(times: 2)
            await connected(publisher)
            try await publisher.publish([message(2, name: "again")])
            let delivery = await consumer.next()
            #expect(delivery?.routingKey == "tests.2")
        }
    }
}
