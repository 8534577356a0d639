import Foundation
import Postgres
import TandemLab
import Testing

@Suite("Listening", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct PostgresListenerTests {
    private typealias Event = PostgresListener.Event

    /// Runs a listener on channels `one` and `Two`, and gives `body` what it tells and the name of its session.
    private func listening(
        to configuration: PostgresConfiguration,
        silence: Duration = .seconds(10),
        _ body: (Told, String) async throws -> Void
    ) async throws {
        let (events, sink) = AsyncStream.makeStream(of: Event.self)
        var configuration = configuration
        configuration.applicationName = "listener-\(UUID().uuidString.prefix(8))"
        configuration.firstPause = .milliseconds(50)
        let listener = PostgresListener(
            configuration,
            channels: ["one", "Two"],
            silence: silence,
            logger: TestDatabase.silentLogger
        ) { sink.yield($0) }
        let run = Task { try await listener.run() }
        do {
            try await body(Told(stream: events), configuration.applicationName)
        } catch {
            run.cancel()
            throw error
        }
        run.cancel()
        try await run.value
        #expect(!listener.isListening)
    }

    private func notify(_ channel: String, _ payload: String, _ database: TestDatabase) async throws {
        try await database.pool.query(.write("SELECT pg_notify($1, $2)"), [channel, payload])
    }

    @Test("notifications come in order, from the channels that were asked for")
    func order() async throws {
        try await TestDatabase.use { database in
            try await listening(to: try database.configuration()) { events, _ in
                #expect(await events.next() == .listening)
                try await notify("one", "1", database)
                try await notify("other", "not for us", database)
                try await notify("two", "neither", database)
                try await notify("Two", "2 é\u{1F4DE}", database)
                try await notify("one", "", database)
                #expect(await events.next() == .notified(.init(channel: "one", payload: "1")))
                #expect(await events.next() == .notified(.init(channel: "Two", payload: "2 é\u{1F4DE}")))
                #expect(await events.next() == .notified(.init(channel: "one", payload: "")))
            }
        }
    }

    @Test("many notifications of one transaction all come")
    func many() async throws {
        try await TestDatabase.use { database in
            try await listening(to: try database.configuration()) { events, _ in
                #expect(await events.next() == .listening)
                let statement = PostgresStatement.write(
                    "SELECT count(pg_notify('one', i::text)) FROM generate_series(1, 5000) AS i"
                )
                try await database.pool.query(statement)
                for number in 1...5_000 {
                    let event = await events.next()
                    guard event == .notified(.init(channel: "one", payload: "\(number)")) else {
                        Issue.record("\(number) is \(String(describing: event))")
                        return
                    }
                }
            }
        }
    }

    @Test("a cut connection is told, made anew, and hears again", arguments: [1, 3])
    func cut(times: Int) async throws {
        try await TestDatabase.use { database in
            try await listening(to: try database.configuration()) { events, name in
                #expect(await events.next() == .listening)
                for round in 1...times {
                    let cut = PostgresStatement.write(
                        "SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE application_name = $1"
                    )
                    let rows = try await database.pool.query(cut, [name])
                    #expect(rows.count == 1)
                    #expect(await events.next() == .lost)
                    #expect(await events.next() == .listening)
                    try await notify("one", "\(round)", database)
                    #expect(await events.next() == .notified(.init(channel: "one", payload: "\(round)")))
                }
            }
        }
    }

    @Test("a server that is frozen counts as lost, and is heard again when it goes on")
    func frozen() async throws {
        try await TestDatabase.use { database in
            var configuration = try database.configuration(isReadOnly: true)
            configuration.statementLimit = .milliseconds(200)
            configuration.answerGrace = .milliseconds(100)
            try await listening(to: configuration, silence: .milliseconds(300)) { events, name in
                #expect(await events.next() == .listening)
                let backend = try await database.pool.query(
                    .read("SELECT pid FROM pg_stat_activity WHERE application_name = $1"),
                    [name]
                )
                let pid: Int = try backend[0].value("pid")
                #expect(kill(pid_t(pid), SIGSTOP) == 0)
                let lost = await events.next()
                #expect(kill(pid_t(pid), SIGCONT) == 0)
                #expect(lost == .lost)
                #expect(await events.next() == .listening)
            }
        }
    }

    @Test("the end of listening is told as a loss")
    func end() async throws {
        try await TestDatabase.use { database in
            let (events, sink) = AsyncStream.makeStream(of: Event.self)
            let listener = PostgresListener(
                try database.configuration(),
                channels: ["one"],
                logger: TestDatabase.silentLogger
            ) { sink.yield($0) }
            let run = Task { try await listener.run() }
            let iterator = Told(stream: events)
            #expect(await iterator.next() == .listening)
            #expect(listener.isListening)
            let start = ContinuousClock.now
            run.cancel()
            try await run.value
            #expect(ContinuousClock.now - start < .seconds(2))
            #expect(await iterator.next() == .lost)
        }
    }

    @Test("a server that is stopped and started again is heard again")
    func restart() async throws {
        try await PrivateServer.use(.postgres, in: LabEnvironment()) { server in
            let uri = "postgresql://lab@127.0.0.1:\(server.port)/postgres"
            try await listening(to: PostgresConfiguration(uri: uri, applicationName: "x")) { events, _ in
                #expect(await events.next() == .listening)
                try await server.stop()
                #expect(await events.next() == .lost)
                try await server.start()
                #expect(await events.next() == .listening)
            }
        }
    }

    @Test("without a server nothing is told, and it still ends")
    func nobody() async throws {
        let configuration = try PostgresConfiguration(uri: "postgresql://lab@127.0.0.1:1/x", applicationName: "x")
        let told = AsyncStream.makeStream(of: Event.self)
        let listener = PostgresListener(configuration, channels: ["one"], logger: TestDatabase.silentLogger) {
            told.continuation.yield($0)
        }
        let run = Task { try await listener.run() }
        try await Task.sleep(for: .milliseconds(300))
        run.cancel()
        try await run.value
        told.continuation.finish()
        for await event in told.stream { Issue.record("\(event)") }
    }
}

/// What a listener told, one by one.
private struct Told: Sendable {
    let stream: AsyncStream<PostgresListener.Event>

    func next() async -> PostgresListener.Event? {
        for await event in stream { return event }
        return nil
    }
}
