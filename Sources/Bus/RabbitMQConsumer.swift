import CRabbitMQ
public import Core
import Events
import Foundation
import Glibc
public import Logging
public import ServiceLifecycle
import Synchronization

/// A message that came from the bus.
public struct BusDelivery: Sendable, Hashable {
    /// Its routing key.
    public var routingKey: String
    /// Its headers.
    public var headers: [String: JSONValue]
    /// Its body.
    public var body: JSONValue
}

/// Consumes from RabbitMQ on one dedicated thread: a queue bound by header arguments. After a loss of the
/// connection queue and bindings are made anew.
public final class RabbitMQConsumer: Service {
    /// Where messages wait for the consumer.
    public enum Queue: Sendable, Hashable {
        /// A queue of this connection alone, named by the broker; it goes with the connection.
        case exclusive
        /// A queue that survives the connection and the broker's restart; it goes when nobody has consumed
        /// from it for so many seconds.
        case durable(name: String, expiresAfter: Int)
    }

    private let configuration: BusConfiguration
    private let bindings: [[String: JSONValue]]
    private let queue: Queue
    private let logger: Logger
    private let mailbox: Mailbox<BusDelivery>
    private let isStopping = Mutex(false)
    private let bound = Mutex((count: 0, watchers: [(Int, CheckedContinuation<Void, Never>)]()))

    /// - Parameters:
    ///   - bindings: One header table each, for instance `["name": "call_created"]`; `x-match: all` is added.
    ///     An empty table takes every message.
    ///   - capacity: Messages that wait for ``next()`` at most; then the broker keeps the rest.
    public init(
        configuration: BusConfiguration,
        bindings: [[String: JSONValue]],
        queue: Queue = .exclusive,
        capacity: Int = 1_024,
        logger: Logger
    ) {
        self.configuration = configuration
        self.bindings = bindings
        self.queue = queue
        self.logger = logger
        mailbox = Mailbox(capacity: capacity)
    }

    /// The next message; `nil` once the consumer was stopped. One reader at a time.
    public func next() async -> BusDelivery? { await mailbox.next() }

    /// Returns once the bindings have been made `times` times: the first connection, each reconnection.
    public func waitUntilBound(times: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = bound.withLock { bound in
                if bound.count >= times { return true }
                bound.watchers.append((times, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Runs until shutdown.
    public func run() async throws {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await DedicatedThread.run("bus-consumer", work)
            } onGracefulShutdown: {
                self.isStopping.withLock { $0 = true }
            }
        } onCancel: {
            isStopping.withLock { $0 = true }
        }
        mailbox.close()
    }

    // MARK: On the thread

    private var stops: Bool { isStopping.withLock { $0 } }

    private func work() {
        var pause = 0.1
        while !stops {
            do {
                let connection = try AMQPConnection(configuration)
                try bind(connection)
                pause = 0.1
                try consume(connection)
                connection.close()
            } catch {
                logger.warning("bus consumer is away", metadata: ["error": "\(error)"])
                Thread.sleep(forTimeInterval: pause)
                pause = min(pause * 2, 5)
            }
        }
    }

    private func bind(_ connection: AMQPConnection) throws {
        let state = connection.state
        let empty = amqp_bytes_t()
        let arena = AMQPArena()
        let declared =
            switch queue {
            case .exclusive: amqp_queue_declare(state, AMQPConnection.channel, empty, 0, 0, 1, 1, amqp_table_t())
            case .durable(let name, let seconds):
                amqp_queue_declare(
                    state,
                    AMQPConnection.channel,
                    arena.bytes(name),
                    0,
                    1,
                    0,
                    0,
                    arena.table(["x-expires": .integer(Int64(seconds) * 1_000)])
                )
            }
        guard let declared else {
            try connection.check(amqp_get_rpc_reply(state), "declare a queue")
            throw BusFailure.unreachable("cannot declare a queue")
        }
        let queue = arena.bytes(declared.pointee.queue.text)
        for binding in bindings {
            amqp_queue_bind(
                state,
                AMQPConnection.channel,
                queue,
                arena.bytes(configuration.exchange),
                empty,
                arena.table(binding.merging(["x-match": "all"]) { $1 })
            )
            try connection.check(amqp_get_rpc_reply(state), "bind the queue")
        }
        amqp_basic_consume(state, AMQPConnection.channel, queue, empty, 0, 0, 1, amqp_table_t())
        try connection.check(amqp_get_rpc_reply(state), "consume")
        let woken = bound.withLock { bound -> [CheckedContinuation<Void, Never>] in
            bound.count += 1
            let count = bound.count
            defer { bound.watchers.removeAll { $0.0 <= count } }
            return bound.watchers.filter { $0.0 <= count }.map(\.1)
        }
        for watcher in woken { watcher.resume() }
    }

    private func consume(_ connection: AMQPConnection) throws {
        while !stops {
            amqp_maybe_release_buffers(connection.state)
            var envelope = amqp_envelope_t()
            // Short, so that a shutdown is noticed; heartbeats are served inside the call.
            var limit = AMQPConnection.timeval(0.2)
            let reply = amqp_consume_message(connection.state, &envelope, &limit, 0)
            if reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION,
                reply.library_error == AMQP_STATUS_TIMEOUT.rawValue
            {
                continue
            }
            try connection.check(reply, "consume")
            defer { amqp_destroy_envelope(&envelope) }
            deliver(envelope)
            amqp_basic_ack(connection.state, AMQPConnection.channel, envelope.delivery_tag, 0)
        }
    }

    /// A message that is no JSON is dropped with a log line; it never stops the consumer.
    private func deliver(_ envelope: amqp_envelope_t) {
        let key = envelope.routing_key.text
        guard let body = try? JSONValue(parsing: Data(envelope.message.body.text.utf8)) else {
            logger.warning("message dropped: its body is no JSON", metadata: ["routing_key": "\(key)"])
            return
        }
        let delivery = BusDelivery(
            routingKey: key,
            headers: envelope.message.properties.headers.values,
            body: body
        )
        while !mailbox.offer(delivery), !stops { Thread.sleep(forTimeInterval: 0.01) }
    }
}
