import Bus
import Core
import Events
import Foundation
import Synchronization

/// The lab's RabbitMQ and events as features publish them.
enum BenchBus {
    static let envelope = BusEnvelope(origin: "00000000-0000-4000-8000-000000000000")

    /// `switchboard_queued_calls_updated` with so many calls in its list; four make a body of about 1 KB.
    static func event(calls: Int = 4) -> BusEvent {
        let board = "30000000-0000-4000-8000-000000000001"
        let items = (0..<calls).map { number -> JSONValue in
            [
                "id": .string("1763924701.\(number)"),
                "caller_id_name": .string("Zoé Martin from the second floor of the old building \(number)"),
                "caller_id_number": "+4155512345678",
            ]
        }
        return BusEvent(
            name: "switchboard_queued_calls_updated",
            routingKey: "switchboards.\(board).calls.queued.updated",
            audience: .tenant(CachedIdentity.tenant),
            attributes: ["switchboard_uuid": .string(board)],
            data: ["items": .array(items), "switchboard_uuid": .string(board)],
            resource: "switchboard:\(board)"
        )
    }

    static func message() -> BusMessage { envelope.message(for: event(), at: Date()) }

    /// Runs `body` with a connected publisher.
    static func connected<Value: Sendable>(
        _ lab: Lab,
        _ body: (CountingPublisher) async throws -> Value
    ) async throws -> Value {
        let configuration = BusConfiguration(host: "127.0.0.1", port: try lab.amqpPort)
        let publisher = RabbitMQPublisher(configuration: configuration, logger: CachedIdentity.silent)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publisher.run() }
            for await isConnected in publisher.connectionStates() where isConnected { break }
            let value = try await body(CountingPublisher(publisher))
            group.cancelAll()
            return value
        }
    }
}

/// Counts what the broker has confirmed, so that somebody can wait for it.
final class CountingPublisher: EventPublishing {
    private struct State {
        var confirmed = 0
        var watcher: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }
    private let publisher: any EventPublishing
    private let state = Mutex(State())

    init(_ publisher: any EventPublishing) { self.publisher = publisher }

    var isConnected: Bool { publisher.isConnected }
    var confirmed: Int { state.withLock { $0.confirmed } }
    func connectionStates() -> AsyncStream<Bool> { publisher.connectionStates() }

    func publish(_ messages: [BusMessage]) async throws {
        try await publisher.publish(messages)
        note { $0.confirmed += messages.count }
    }

    /// Returns once so many are confirmed. One waits at a time.
    func wait(for count: Int) async {
        await withCheckedContinuation { continuation in note { $0.watcher = (count, continuation) } }
    }

    private func note(_ change: (inout State) -> Void) {
        let woken = state.withLock { state -> CheckedContinuation<Void, Never>? in
            change(&state)
            guard let watcher = state.watcher, state.confirmed >= watcher.count else { return nil }
            state.watcher = nil
            return watcher.continuation
        }
        woken?.resume()
    }
}
