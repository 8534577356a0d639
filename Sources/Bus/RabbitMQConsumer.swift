import CRabbitMQ
public import Core
public import Events
import Foundation
import Glibc
public import Logging
public import ServiceLifecycle
import Synchronization

/// Consumes from RabbitMQ on one dedicated thread: a queue bound by header arguments. After a loss of the
/// connection queue and bindings are made anew.
public final class RabbitMQConsumer: EventConsuming, Service {
    /// Where messages wait for the consumer.
    public enum Queue: Sendable, Hashable {
        /// A queue of this connection alone, named by the broker; it goes with the connection.
        case exclusive
        /// A queue that the platform's tools recognise: the prefix, a dot and six hexadecimal digits. It goes
        /// with its last consumer (contract 00 §6.2).
        case automatic(prefix: String)
        /// A queue that survives the connection and the broker's restart; it goes when nobody has consumed
        /// from it for so many seconds.
        case durable(name: String, expiresAfter: Int)
    }

    private let configuration: BusConfiguration
    private let queue: Queue
    private let bindingKey: String
    private let logger: Logger
    private let mailbox: Mailbox<BusOccurrence>
    private let state: Mutex<State>

    private struct State {
        /// All that is wanted.
        var bindings: [[String: JSONValue]]
        /// How many of them the present queue has.
        var bound = 0
        var isConnected = false
        var isStopping = false
        var connections = 0
        var watchers: [(Int, CheckedContinuation<Void, Never>)] = []
    }

    /// Seconds between two tries to connect at most.
    private static let longestPause = 2.0
    /// Messages that the broker sends ahead of our acknowledgements.
    private static let prefetch: UInt16 = 512

    /// - Parameters:
    ///   - bindings: One header table each, for instance `["name": "call_created"]`; `x-match: all` is added.
    ///     An empty table takes every message.
    ///   - bindingKey: Routing keys that are wanted, for an exchange that goes by them; a headers exchange does not.
    ///   - capacity: Messages that wait for ``next()`` at most; then the broker keeps the rest.
    public init(
        configuration: BusConfiguration,
        bindings: [[String: JSONValue]] = [],
        queue: Queue = .exclusive,
        bindingKey: String = "",
        capacity: Int = 1_024,
        logger: Logger
    ) {
        self.configuration = configuration
        self.bindingKey = bindingKey
        self.queue = queue
        self.logger = logger
        mailbox = Mailbox(capacity: capacity)
        state = Mutex(State(bindings: bindings))
    }

    /// The next message, without the changes of the connection; `nil` once the consumer was stopped.
    public func next() async -> BusDelivery? {
        while let occurrence = await mailbox.next() {
            if case .delivery(let delivery) = occurrence { return delivery }
        }
        return nil
    }

    /// The next message or change of the connection.
    public func nextOccurrence() async -> BusOccurrence? { await mailbox.next() }

    /// Wants further messages; the queue has the binding within a fraction of a second.
    public func bind(_ bindings: [BusBinding]) {
        state.withLock { state in
            for binding in bindings where !state.bindings.contains(binding.arguments) {
                state.bindings.append(binding.arguments)
            }
        }
    }

    /// Messages that wait for the reader now.
    public var waitingCount: Int { mailbox.count }

    /// Whether the queue is bound and consumed now.
    public var isConnected: Bool { state.withLock { $0.isConnected } }

    /// Returns once the bindings have been made `times` times: the first connection, each reconnection.
    public func waitUntilBound(times: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.connections >= times { return true }
                state.watchers.append((times, continuation))
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
                self.state.withLock { $0.isStopping = true }
            }
        } onCancel: {
            state.withLock { $0.isStopping = true }
        }
        mailbox.close()
    }

    // MARK: On the thread

    private var stops: Bool { state.withLock { $0.isStopping } }

    private func work() {
        var pause = 0.1
        var isReported = false
        while !stops {
            do {
                let connection = try AMQPConnection(configuration)
                let name = try declare(connection)
                connected()
                (pause, isReported) = (0.1, false)
                try consume(connection, from: name)
                connection.close()
            } catch {
                // One line when it goes, none for each further try.
                if !isReported { logger.error("bus consumer is away", metadata: ["error": "\(error)"]) }
                isReported = true
            }
            let wasConnected = state.withLock { state in
                defer { state.isConnected = false }
                return state.isConnected
            }
            if wasConnected { hand(over: .disconnected) }
            if stops { return }
            Thread.sleep(forTimeInterval: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// Declares the queue, binds it and starts consuming.
    /// - Returns: The queue's name.
    private func declare(_ connection: AMQPConnection) throws -> String {
        let channel = connection.state
        let empty = amqp_bytes_t()
        let arena = AMQPArena()
        let declared =
            switch queue {
            case .exclusive: amqp_queue_declare(channel, AMQPConnection.channel, empty, 0, 0, 1, 1, amqp_table_t())
            case .automatic(let prefix):
                amqp_queue_declare(
                    channel,
                    AMQPConnection.channel,
                    arena.bytes("\(prefix).\(Self.suffix())"),
                    0,
                    0,
                    0,
                    1,
                    amqp_table_t()
                )
            case .durable(let name, let seconds):
                amqp_queue_declare(
                    channel,
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
            try connection.check(amqp_get_rpc_reply(channel), "declare a queue")
            throw BusFailure.unreachable("cannot declare a queue")
        }
        let name = declared.pointee.queue.text
        state.withLock { $0.bound = 0 }
        try bindPending(connection, queue: name)
        amqp_basic_qos(channel, AMQPConnection.channel, 0, Self.prefetch, 0)
        try connection.check(amqp_get_rpc_reply(channel), "set the prefetch")
        amqp_basic_consume(channel, AMQPConnection.channel, arena.bytes(name), empty, 0, 0, 0, amqp_table_t())
        try connection.check(amqp_get_rpc_reply(channel), "consume")
        return name
    }

    private static func suffix() -> String {
        let digits = String(UInt32.random(in: 0..<1 << 24), radix: 16)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// Makes the bindings that the queue does not have yet.
    private func bindPending(_ connection: AMQPConnection, queue: String) throws {
        let pending = state.withLock { Array($0.bindings[$0.bound...]) }
        if pending.isEmpty { return }
        let arena = AMQPArena()
        let name = arena.bytes(queue)
        for binding in pending {
            amqp_queue_bind(
                connection.state,
                AMQPConnection.channel,
                name,
                arena.bytes(configuration.exchange),
                arena.bytes(bindingKey),
                arena.table(binding.merging(["x-match": "all"]) { $1 })
            )
            try connection.check(amqp_get_rpc_reply(connection.state), "bind the queue")
            state.withLock { $0.bound += 1 }
        }
    }

    private func connected() {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.isConnected = true
            state.connections += 1
            let count = state.connections
            defer { state.watchers.removeAll { $0.0 <= count } }
            return state.watchers.filter { $0.0 <= count }.map(\.1)
        }
        hand(over: .connected)
        logger.info("bus consumer connected", metadata: ["host": "\(configuration.host):\(configuration.port)"])
        for watcher in woken { watcher.resume() }
    }

    private func consume(_ connection: AMQPConnection, from queue: String) throws {
        while !stops {
            amqp_maybe_release_buffers(connection.state)
            try bindPending(connection, queue: queue)
            var envelope = amqp_envelope_t()
            // Short, so that a shutdown and new bindings are noticed; heartbeats are served inside the call.
            var limit = AMQPConnection.timeval(0.2)
            let reply = amqp_consume_message(connection.state, &envelope, &limit, 0)
            if reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION,
                reply.library_error == AMQP_STATUS_TIMEOUT.rawValue
            {
                continue
            }
            if reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION,
                reply.library_error == AMQP_STATUS_UNEXPECTED_STATE.rawValue
            {
                try connection.skipFrame()
                continue
            }
            try connection.check(reply, "consume")
            defer { amqp_destroy_envelope(&envelope) }
            try deliver(envelope, over: connection)
            amqp_basic_ack(connection.state, AMQPConnection.channel, envelope.delivery_tag, 0)
        }
    }

    private func deliver(_ envelope: amqp_envelope_t, over connection: AMQPConnection) throws {
        let body = envelope.message.body
        let payload = body.bytes.map { Data(bytes: $0, count: body.len) } ?? Data()
        let delivery = BusDelivery(
            routingKey: envelope.routing_key.text,
            headers: envelope.message.properties.headers.values,
            payload: payload
        )
        try hand(over: .delivery(delivery), beating: connection)
    }

    /// Waits while the reader is behind: the broker keeps what we do not take. Meanwhile nobody calls the library, which
    /// sends the heartbeats, and without them the broker would take us for dead.
    private func hand(over occurrence: BusOccurrence, beating connection: AMQPConnection) throws {
        var beat = ContinuousClock.now + .seconds(configuration.heartbeat) / 3
        while !mailbox.offer(occurrence), !stops {
            Thread.sleep(forTimeInterval: 0.005)
            guard configuration.heartbeat > 0, ContinuousClock.now >= beat else { continue }
            try connection.beat()
            beat = ContinuousClock.now + .seconds(configuration.heartbeat) / 3
        }
    }

    /// Waits while the reader is behind.
    private func hand(over change: BusOccurrence) {
        while !mailbox.offer(change), !stops { Thread.sleep(forTimeInterval: 0.005) }
    }
}
