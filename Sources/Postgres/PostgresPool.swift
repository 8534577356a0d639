public import Logging
import Metrics
import NIOPosix
public import ServiceLifecycle
import Synchronization

/// Connections to one PostgreSQL server, each on a thread of its own, so that libpq may block.
///
/// It connects at the first need and again after a loss. A connection that died while idle is noticed before
/// it is used. While the server is away callers are told so at once, and one attempt at a time is made, with
/// growing pauses. Close it when it is no longer needed: by ``close()``, or by ending ``run()``.
public final class PostgresPool: Service {
    /// What waits for a slot: either of the two is called, once.
    struct Job: Sendable {
        /// Does the work and returns what tells the caller: he is told when the slot is free again, so that
        /// his next statement finds the same warm connection.
        let run: @Sendable (PoolSlot) -> @Sendable () -> Void
        let refuse: @Sendable (any Error) -> Void
    }

    /// Where the server is, and the limits.
    public let configuration: PostgresConfiguration
    private let threads: NIOThreadPool
    private let slots: [PoolSlot]
    private let state: Mutex<PoolState<Job>>
    private let ids = Atomic<UInt64>(0)
    private let watchers = Mutex<[UInt64: AsyncStream<Bool>.Continuation]>([:])
    private let logger: Logger
    private let duration: Metrics.Timer
    private let wait: Metrics.Timer
    private let failures: Counter

    /// A pool that has no connection yet.
    /// - Parameter name: Dimension `pool` of its metrics.
    public init(_ configuration: PostgresConfiguration, name: String, logger: Logger) {
        self.configuration = configuration
        slots = (0..<configuration.connections).map(PoolSlot.init)
        state = Mutex(PoolState(configuration))
        threads = NIOThreadPool(numberOfThreads: configuration.connections)
        threads.start()
        var logger = logger
        logger[metadataKey: "pool"] = "\(name)"
        self.logger = logger
        duration = Metrics.Timer(label: "postgres_statement_duration", dimensions: [("pool", name)])
        wait = Metrics.Timer(label: "postgres_wait_duration", dimensions: [("pool", name)])
        failures = Counter(label: "postgres_failures", dimensions: [("pool", name)])
    }

    deinit { threads.shutdownGracefully { _ in } }

    // MARK: Asking

    /// Runs one statement.
    /// - Parameters:
    ///   - statement: Constant SQL; prepared once per connection.
    ///   - parameters: Values of `$1`, `$2`, …; `nil` is null.
    /// - Throws: ``PostgresFailure``; `CancellationError` when cancelled while it waits for a connection.
    @discardableResult
    public func query(
        _ statement: PostgresStatement,
        _ parameters: [(any PostgresText)?] = []
    ) async throws -> PostgresRows {
        try await perform(isRepeatable: statement.isRepeatable) { connection in
            try connection.query(statement, parameters)
        }
    }

    /// Runs several statements one after the other on one connection, without a transaction: what is asked for the
    /// same purpose costs one hand-over to the pool's thread and back.
    /// - Returns: An answer for each, in their order.
    /// - Throws: ``PostgresFailure`` of the first that fails; `CancellationError` when cancelled while it waits.
    public func queries(_ questions: [PostgresQuestion]) async throws -> [PostgresRows] {
        try await perform(isRepeatable: questions.allSatisfy(\.statement.isRepeatable)) { connection in
            try questions.map { try connection.query($0.statement, $0.parameters) }
        }
    }

    /// Runs several statements in one transaction: all of them count, or none. `body` runs on a thread of the
    /// pool and cannot wait for anything but the server, so a transaction stays short.
    /// - Throws: ``PostgresFailure``, or whatever `body` throws, after a rollback.
    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws -> Result
    ) async throws -> Result {
        try await session { try $0.transaction(body) }
    }

    /// Holds one connection for several statements without a transaction.
    /// - Throws: ``PostgresFailure``, or whatever `body` throws.
    public func session<Result: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws -> Result
    ) async throws -> Result {
        try await perform(isRepeatable: false) { connection in
            let session = PostgresSession(connection)
            defer { if session.isSpoilt { connection.retire() } }
            return try body(session)
        }
    }

    /// Callers that wait for a connection now.
    public var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Whether the server was there when it was last spoken to.
    public var isReachable: Bool { state.withLock { $0.isReachable } }

    /// Asks the server for a sign of life.
    public func ping() async -> Bool {
        (try? await query(.read("SELECT 1"))) != nil
    }

    /// News of the server: `true` when it is there, for the first time or again, `false` when it is lost.
    public func reachability() -> AsyncStream<Bool> {
        let (stream, continuation) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(4))
        let id = ids.add(1, ordering: .relaxed).newValue
        watchers.withLock { $0[id] = continuation }
        continuation.onTermination = { [weak self] _ in
            self?.watchers.withLock { _ = $0.removeValue(forKey: id) }
        }
        return stream
    }

    // MARK: Life

    /// Looks for the server every second while it is away and every five seconds while it is there, until
    /// graceful shutdown or cancellation; then closes the pool.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var beat = 0
            while !Task.isCancelled {
                if beat.isMultiple(of: 5) || self.state.withLock({ $0.isAway }) { _ = await self.ping() }
                beat += 1
                try? await Task.sleep(for: .seconds(1))
            }
        }
        await close()
    }

    /// Turns new callers away, lets the running statements end and closes the connections. Calling it again
    /// does nothing.
    public func close() async {
        for waiter in state.withLock({ $0.close() }) {
            waiter.job.refuse(PostgresFailure.unreachable("the pool is closed"))
        }
        // Waits for the threads, which end with their present job.
        try? await threads.shutdownGracefully()
        if state.withLock({ $0.isIdle }) { for slot in slots { slot.connection = nil } }
        for watcher in watchers.withLock({ Array($0.values) }) { watcher.finish() }
    }

    // MARK: Slots

    private func perform<Result: Sendable>(
        isRepeatable: Bool,
        _ body: @escaping @Sendable (PostgresConnection) throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        let id = ids.add(1, ordering: .relaxed).newValue
        let asked = ContinuousClock.now
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue(
                    Job(
                        run: { slot in
                            self.wait.record(duration: ContinuousClock.now - asked)
                            let result = Swift.Result { try self.work(slot, isRepeatable, body) }
                            return { continuation.resume(with: result) }
                        },
                        refuse: { continuation.resume(throwing: $0) }
                    ),
                    id: id
                )
            }
        } onCancel: {
            state.withLock { $0.cancelled(id) }?.job.refuse(CancellationError())
        }
    }

    private func enqueue(_ job: Job, id: UInt64) {
        switch state.withLock({ $0.admit(job, id: id, now: .now) }) {
        case .refused(let failure):
            failures.increment()
            job.refuse(failure)
        case .waiting(let needsWatch):
            if needsWatch { watchWaiting() }
        case .run(let slot):
            start(job, on: slots[slot])
        }
    }

    private func start(_ job: Job, on slot: PoolSlot) {
        threads.submit { state in
            // Only a pool that is being closed cancels.
            guard case .active = state else {
                _ = self.state.withLock { $0.finished(slot.index) }
                job.refuse(PostgresFailure.unreachable("the pool is closed"))
                return
            }
            var next: Job? = job
            while let job = next {
                let tell = job.run(slot)
                next = self.state.withLock { $0.finished(slot.index) }?.job
                tell()
            }
        }
    }

    /// Turns away those who wait too long; lives while somebody waits.
    private func watchWaiting() {
        Task { [weak self] in
            while let self, let deadline = self.state.withLock({ $0.nextExpiry() }) {
                try? await Task.sleep(until: deadline, clock: .continuous)
                for waiter in self.state.withLock({ $0.expired(.now) }) {
                    self.failures.increment()
                    waiter.job.refuse(
                        PostgresFailure.unreachable("no free connection within \(self.configuration.waitLimit)")
                    )
                }
            }
        }
    }

    // MARK: On a thread of the pool

    private func work<Result>(
        _ slot: PoolSlot,
        _ isRepeatable: Bool,
        _ body: (PostgresConnection) throws -> Result
    ) throws -> Result {
        let start = ContinuousClock.now
        defer { duration.recordNanoseconds(Int64((ContinuousClock.now - start) / .nanoseconds(1))) }
        do {
            return try attempt(slot, isRepeatable, body)
        } catch let failure as PostgresFailure {
            failures.increment()
            throw failure
        }
    }

    private func attempt<Result>(
        _ slot: PoolSlot,
        _ isRepeatable: Bool,
        _ body: (PostgresConnection) throws -> Result
    ) throws -> Result {
        let connection = try connection(of: slot)
        do {
            defer { release(connection, of: slot) }
            return try body(connection)
        } catch let failure as PostgresFailure {
            guard connection.breakage == .closed, isRepeatable else { throw failure }
            logger.debug("connection lost, statement repeated", metadata: ["cause": "\(failure)"])
        }
        let fresh = try self.connection(of: slot)
        defer { release(fresh, of: slot) }
        return try body(fresh)
    }

    private func connection(of slot: PoolSlot) throws(PostgresFailure) -> PostgresConnection {
        if let connection = slot.connection {
            if connection.isUsable { return connection }
            slot.connection = nil
            state.withLock { $0.disconnected(slot.index) }
        }
        do {
            let connection = try PostgresConnection.open(configuration)
            slot.connection = connection
            if state.withLock({ $0.connected(slot.index) }) { announce(true, "\(configuration)") }
            return connection
        } catch {
            let reason = if case .unreachable(let text) = error { text } else { "\(error)" }
            let outcome = state.withLock { $0.connectingFailed(slot.index, reason: reason, now: .now) }
            if outcome.isNews { announce(false, reason) }
            for waiter in outcome.turnedAway { waiter.job.refuse(error) }
            throw error
        }
    }

    private func release(_ connection: PostgresConnection, of slot: PoolSlot) {
        guard connection.breakage != nil || connection.isBusy else { return }
        slot.connection = nil
        state.withLock { $0.disconnected(slot.index) }
    }

    private func announce(_ isReachable: Bool, _ text: String) {
        if isReachable {
            logger.info("PostgreSQL is reachable", metadata: ["server": "\(text)"])
        } else {
            logger.error("PostgreSQL is unreachable", metadata: ["cause": "\(text)"])
        }
        for watcher in watchers.withLock({ Array($0.values) }) { watcher.yield(isReachable) }
    }
}

/// A place for one connection of a pool.
///
/// `@unchecked Sendable`: ``PoolState`` hands a slot to one job at a time, and ``PostgresPool/close()`` touches
/// it only when all threads have ended.
final class PoolSlot: @unchecked Sendable {
    let index: Int
    var connection: PostgresConnection?

    init(index: Int) { self.index = index }
}
