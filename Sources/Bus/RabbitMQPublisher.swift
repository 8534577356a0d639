import CRabbitMQ
import Core
public import Events
import Foundation
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Publishes to RabbitMQ from one dedicated thread and waits for the broker's confirms (contract 00 §6.1).
///
/// While the broker is away a publish fails at once: what must not be lost waits in the outbox, not here.
public final class RabbitMQPublisher: EventPublishing, Service {
    private struct Job: Sendable {
        var messages: [BusMessage]
        var continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var jobs: [Job] = []
        var isConnected = false
        var isStopping = false
        var watchers: [Int: AsyncStream<Bool>.Continuation] = [:]
        var lastWatcher = 0
    }

    private let configuration: BusConfiguration
    private let logger: Logger
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let published = Counter(label: "tandem_bus_published")
    /// Publishes that wait for the thread at most; a further one fails.
    private static let queueLimit = 256
    /// Messages that are sent before their confirms are waited for, unless one publish alone has more.
    private static let groupLimit = 1_000
    /// Between two tries to connect, in seconds; the last one repeats. A broker that is back is found within it: a try at
    /// one that is away costs next to nothing, and events wait for it.
    static let pauses: [Double] = [0.1, 0.25, 0.5, 1, 2]

    /// A publisher; it connects when it is run.
    public init(configuration: BusConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Whether the broker is connected now.
    public var isConnected: Bool { state.withLock { $0.isConnected } }

    /// The connection's state, now and at each change.
    public func connectionStates() -> AsyncStream<Bool> {
        let (stream, continuation) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.lastWatcher += 1
            state.watchers[state.lastWatcher] = continuation
            return state.lastWatcher
        }
        continuation.onTermination = { _ in _ = self.state.withLock { $0.watchers.removeValue(forKey: id) } }
        // The newest counts: a change while this was said is said after it.
        var said: Bool
        repeat {
            said = isConnected
            continuation.yield(said)
        } while said != isConnected
        return stream
    }

    /// Publishes in order and returns once all are confirmed.
    public func publish(_ messages: [BusMessage]) async throws {
        if messages.isEmpty { return }
        try await withCheckedThrowingContinuation { continuation in
            let job = Job(messages: messages, continuation: continuation)
            switch state.withLock({ Self.accept(job, &$0) }) {
            case .failure(let refusal): continuation.resume(throwing: refusal)
            case .success(let isFirst): if isFirst { wakeUp.signal() }
            }
        }
    }

    /// - Returns: Whether it is the first that waits; for further ones the thread need not be woken, since it takes
    ///   all that wait.
    private static func accept(_ job: Job, _ state: inout State) -> Result<Bool, BusFailure> {
        guard state.isConnected, !state.isStopping else { return .failure(.unreachable("not connected")) }
        guard state.jobs.count < queueLimit else { return .failure(.unreachable("too many publishes wait")) }
        state.jobs.append(job)
        return .success(state.jobs.count == 1)
    }

    /// Runs until shutdown.
    public func run() async throws {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await DedicatedThread.run("bus-publisher", work)
            } onGracefulShutdown: {
                self.stop()
            }
        } onCancel: {
            stop()
        }
    }

    private func stop() {
        state.withLock { $0.isStopping = true }
        wakeUp.signal()
    }

    // MARK: On the thread

    private func work() {
        var failures = 0
        while !state.withLock({ $0.isStopping }) {
            do {
                let connection = try PublishingConnection(configuration)
                logger.info("bus connected", metadata: ["host": "\(configuration.host):\(configuration.port)"])
                setConnected(true)
                try serve(connection) { failures = 0 }
                connection.close()
            } catch {
                // One line when it goes, none for each further try.
                if failures == 0 { logger.error("bus is away", metadata: ["error": "\(error)"]) }
            }
            setConnected(false)
            guard !state.withLock({ $0.isStopping }) else { break }
            _ = wakeUp.wait(timeout: .now() + Self.pauses[min(failures, Self.pauses.count - 1)])
            failures += 1
        }
        setConnected(false)
    }

    private func setConnected(_ isConnected: Bool) {
        let (refused, watchers) = state.withLock { state in
            let watchers = state.isConnected == isConnected ? [] : Array(state.watchers.values)
            state.isConnected = isConnected
            if isConnected { return ([Job](), watchers) }
            defer { state.jobs = [] }
            return (state.jobs, watchers)
        }
        Gauge(label: "tandem_bus_connected").record(isConnected ? 1 : 0)
        for watcher in watchers { watcher.yield(isConnected) }
        for job in refused { job.continuation.resume(throwing: BusFailure.unreachable("connection lost")) }
    }

    /// - Parameter works: Told at each sign that the connection does its job: a broker under alarm accepts
    ///   connections and confirms nothing.
    private func serve(_ connection: PublishingConnection, works: () -> Void) throws {
        var idleTurns = 0
        while true {
            // Heartbeats are served inside the library's calls only: look in at least three times in each.
            _ = wakeUp.wait(timeout: .now() + Double(configuration.heartbeat) / 3)
            try connection.tick()
            idleTurns += 1
            if idleTurns > 3 { works() }
            while case let jobs = takeJobs(), !jobs.isEmpty {
                try publish(jobs, over: connection)
                works()
            }
            if state.withLock({ $0.isStopping }) { return }
        }
    }

    /// All that wait, up to a bound, so that they share one wait for the broker's confirms.
    private func takeJobs() -> [Job] {
        state.withLock { state in
            var messages = 0
            let end = state.jobs.firstIndex { job in
                defer { messages += job.messages.count }
                return messages > 0 && messages + job.messages.count > Self.groupLimit
            }
            let taken = Array(state.jobs[..<(end ?? state.jobs.count)])
            state.jobs.removeFirst(taken.count)
            return taken
        }
    }

    /// When it fails every caller is told so: which messages have arrived is not known.
    private func publish(_ jobs: [Job], over connection: PublishingConnection) throws {
        do {
            for job in jobs {
                for message in job.messages where isCarriable(message) { try connection.send(message) }
            }
            try connection.awaitConfirms()
        } catch {
            for job in jobs { job.continuation.resume(throwing: error) }
            throw error
        }
        published.increment(by: jobs.reduce(0) { $0 + $1.messages.count })
        for job in jobs { job.continuation.resume() }
    }

    /// Whether AMQP can carry it: a routing key and each header name have a length of one byte, and the header
    /// frame must fit into a frame. Another would be refused for ever and hold up all behind it.
    private func isCarriable(_ message: BusMessage) -> Bool {
        var headers = 0
        var areNamesShort = true
        for (name, value) in message.headers {
            // Numbers and booleans take eight bytes at most.
            headers += name.utf8.count + (value.string?.utf8.count ?? 8) + 8
            if name.utf8.count > 255 { areNamesShort = false }
        }
        let fits = message.routingKey.utf8.count <= 255 && headers < 120_000 && areNamesShort
        if !fits {
            logger.error(
                "message dropped: AMQP cannot carry it",
                metadata: ["routing_key": "\(message.routingKey.prefix(255))", "header_bytes": "\(headers)"]
            )
        }
        return fits
    }
}
