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

    @Test("a body that is no JSON is dropped, the next message arrives")
    func noJSON() async throws {
        try await run(bindings: [["name": "bad"]]) { publisher, consumer, _ in
            var bad = message(1, name: "bad")
            bad.body = "{"
            try await publisher.publish([bad, message(2, name: "bad")])
            let delivery = await consumer.next()
            #expect(delivery?.routingKey == "tests.2")
        }
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
