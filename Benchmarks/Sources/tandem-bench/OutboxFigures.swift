import CBare
import Core
import Events
import Foundation
import Persistence
import Postgres
import PostgresPersistence

/// From a stored change to a confirmed message, through the outbox in a real PostgreSQL, with its promises kept
/// (`fsync` and what belongs to it) and without. Beside it libpq alone, which only inserts the row.
enum OutboxFigures {
    /// As many as tandem.yml gives to our state.
    private static let connections = 2
    private static let database = "tandem_bench"

    static func measure(_ lab: Lab) async throws -> [Figure] {
        let port = try lab.postgresPort
        let server = PostgresPool(
            try configuration(port: port, database: "postgres", connections: 1),
            name: "bench",
            logger: CachedIdentity.silent
        )
        try await run("DROP DATABASE IF EXISTS \(database) WITH (FORCE)", server)
        try await run("CREATE DATABASE \(database)", server)
        let pool = PostgresPool(
            try configuration(port: port, database: database, connections: connections),
            name: "bench",
            logger: CachedIdentity.silent
        )
        let outcome: Result<[Figure], any Error>
        do {
            try await PostgresPersistence(pool: pool).migrate()
            var figures: [Figure] = []
            for isDurable in [false, true] {
                try await setDurable(isDurable, server)
                figures += try await measure(lab, pool, isDurable: isDurable)
            }
            outcome = .success(figures)
        } catch {
            outcome = .failure(error)
        }
        for name in durability { try? await run("ALTER SYSTEM RESET \(name)", server) }
        try? await run("SELECT pg_reload_conf()", server)
        await pool.close()
        try? await run("DROP DATABASE \(database) WITH (FORCE)", server)
        await server.close()
        return try outcome.get()
    }

    private static func measure(_ lab: Lab, _ pool: PostgresPool, isDurable: Bool) async throws -> [Figure] {
        let words = isDurable ? "fsync on" : "fsync off"
        let count = isDurable ? 6_000 : 12_000
        return try await BenchBus.connected(lab) { publisher in
            let store = PostgresPersistence(pool: pool)
            let message = BenchBus.message()
            var bare: [Double] = []
            var events: [Cost] = []
            var transitions: [Cost] = []
            for round in 0..<Meter.rounds {
                try await clean(pool)
                bare.append(try await libpq(lab, message, count))
                try await clean(pool)
                events.append(
                    try await relayed(count, store, publisher) { _ in StateChange(messages: [message]) }
                )
                try await clean(pool)
                transitions.append(
                    try await relayed(count, store, publisher) { transition("\(round).\($0)", message) }
                )
            }
            let alone = Meter.middle(bare)
            let event = Meter.middle(events)
            let whole = Meter.middle(transitions)
            return [
                Figure(
                    "\(words): event stored, relayed, confirmed",
                    event.perSecond,
                    .perSecond,
                    bare: alone,
                    goal: .atLeast(3_000)
                ),
                Figure("  processor time of one", event.processorMicroseconds, .microseconds),
                Figure("\(words): with row and history", whole.perSecond, .perSecond, bare: alone),
                Figure("  processor time of one", whole.processorMicroseconds, .microseconds),
            ]
        }
    }

    /// What a switchboard stores when a call arrives.
    private static func transition(_ id: String, _ message: BusMessage) -> StateChange {
        StateChange(
            writes: [
                .save(
                    AggregateRow(
                        kind: "switchboard_queued_call",
                        id: id,
                        tenant: CachedIdentity.tenant,
                        revision: 1,
                        deadline: Date(timeIntervalSinceNow: 30),
                        body: ["phase": "queued", "name": "Zoé", "number": "5551234", "switchboard": "s1"]
                    )
                )
            ],
            history: [
                HistoryEntry(
                    kind: "switchboard_queued_call",
                    id: id,
                    tenant: CachedIdentity.tenant,
                    from: "new",
                    to: "queued",
                    cause: "arrived",
                    at: Date()
                )
            ],
            messages: [message]
        )
    }

    /// Sixteen features at once store changes while the relay publishes; ends with the last confirm.
    private static func relayed(
        _ count: Int,
        _ store: PostgresPersistence,
        _ publisher: CountingPublisher,
        _ change: @escaping @Sendable (Int) -> StateChange
    ) async throws -> Cost {
        let relay = OutboxRelay(outbox: store, publisher: publisher, logger: CachedIdentity.silent)
        let writers = 16
        let before = publisher.confirmed
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relay.run() }
            let cost = try await Meter.cost {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let relayed = RelayedStateStore(store: store, relay: relay)
                    for writer in 0..<writers {
                        group.addTask {
                            for number in stride(from: writer, to: count, by: writers) {
                                try await relayed.commit(change(number))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                await publisher.wait(for: before + count)
                return count
            }
            group.cancelAll()
            try? await group.waitForAll()
            return cost
        }
    }

    @concurrent
    private static func libpq(_ lab: Lab, _ message: BusMessage, _ count: Int) async throws -> Double {
        let conninfo = uri(port: try lab.postgresPort, database: database)
        let headers = JSONValue.object(message.headers).text
        let seconds = await withCheckedContinuation { continuation in
            Thread {
                let each = Int32(count / connections)
                continuation.resume(
                    returning: bare_insert(conninfo, Int32(connections), each, headers, message.body)
                )
            }.start()
        }
        guard seconds > 0 else { throw BenchFailure("libpq alone cannot insert") }
        return Double(count / connections * connections) / seconds
    }

    // MARK: The server

    private static let durability = ["fsync", "synchronous_commit", "full_page_writes"]

    /// Sets what the lab has turned off for speed, and waits until the server has taken it.
    private static func setDurable(_ isDurable: Bool, _ server: PostgresPool) async throws {
        let value = isDurable ? "on" : "off"
        for name in durability { try await run("ALTER SYSTEM SET \(name) = \(value)", server) }
        try await run("SELECT pg_reload_conf()", server)
        for _ in 0..<100 {
            let rows = try await server.query(.read("SELECT current_setting('fsync') AS value"))
            if try rows.first?.value("value", as: String.self) == value { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw BenchFailure("PostgreSQL does not take fsync = \(value)")
    }

    private static func clean(_ pool: PostgresPool) async throws {
        try await run("TRUNCATE gateway.outbox, gateway.aggregate, gateway.aggregate_history; CHECKPOINT", pool)
    }

    private static func run(_ script: String, _ pool: PostgresPool) async throws {
        try await pool.session { session in
            try session.setStatementLimit(.seconds(60))
            for statement in script.split(separator: ";") { try session.run(script: String(statement)) }
        }
    }

    private static func uri(port: Int, database: String) -> String {
        "postgresql://lab@127.0.0.1:\(port)/\(database)"
    }

    private static func configuration(port: Int, database: String, connections: Int) throws -> PostgresConfiguration {
        try PostgresConfiguration(
            uri: uri(port: port, database: database),
            applicationName: "tandem-bench",
            connections: connections
        )
    }
}
