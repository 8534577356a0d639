import Foundation
import Postgres
import TandemLab
import Testing

@Suite("Pool against a real server", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"))
struct PostgresPoolTests {
    private struct Stop: Error {}

    private func pool(_ configuration: PostgresConfiguration) -> PostgresPool {
        PostgresPool(configuration, name: "test", logger: TestDatabase.silentLogger)
    }

    @Test("values go there and come back as text of their type")
    func values() async throws {
        try await TestDatabase.use { database in
            let now = Date(timeIntervalSince1970: 1_795_441_172.123456)
            let rows = try await database.pool.query(
                .read(
                    "SELECT $1::text AS t, $2::int AS i, $3::bool AS b, $4::timestamptz AS d, $5::text AS n, 'ü' AS u"
                ),
                ["it's; \"text\"", 42, true, now, nil]
            )
            let row = try #require(rows.first)
            #expect(try row.value("t") == "it's; \"text\"")
            #expect(try row.value(1) == 42)
            #expect(try row.value("b") == true)
            #expect(try row.value("d") == now)
            #expect(try row.optional("n", as: String.self) == nil)
            #expect(try row.value("u") == "ü")
            #expect(throws: PostgresFailure.unexpected("column n is null")) { try row.value("n", as: String.self) }
            #expect(throws: PostgresFailure.unexpected("no column x")) { try row.value("x", as: String.self) }
            #expect(throws: PostgresFailure.unexpected("column t is no Int")) { try row.value("t", as: Int.self) }
        }
    }

    @Test("a refused statement tells its SQLSTATE and leaves the connection usable")
    func refused() async throws {
        try await TestDatabase.use { database in
            await #expect(throws: PostgresFailure.refused(sqlState: "22012", message: "division by zero")) {
                try await database.pool.query(.read("SELECT 1 / $1::int"), [0])
            }
            let backend = PostgresStatement.read("SELECT pg_backend_pid() AS pid")
            let before: Int = try await database.pool.query(backend)[0].value("pid")
            await #expect(throws: PostgresFailure.self) { try await database.pool.query(.read("SELEKT")) }
            #expect(try await database.pool.query(backend)[0].value("pid") == before)
        }
    }

    @Test("a NUL character in a parameter is refused, not cut off")
    func nulCharacter() async throws {
        try await TestDatabase.use { database in
            let failure = PostgresFailure.refused(sqlState: "22021", message: "a parameter holds a NUL character")
            await #expect(throws: failure) {
                try await database.pool.query(.read("SELECT $1::text"), ["a\0b"])
            }
        }
    }

    @Test("sessions carry name, limits and read-only mode")
    func sessionSettings() async throws {
        try await TestDatabase.use { database in
            let pool = pool(try database.configuration(isReadOnly: true))
            let rows = try await pool.query(
                .read("SELECT current_setting('application_name') AS a, current_setting('statement_timeout') AS s")
            )
            #expect(try rows[0].value("a") == "tandem-test")
            #expect(try rows[0].value("s") == "2s")
            let failure = PostgresFailure.refused(
                sqlState: "25006",
                message: "cannot execute CREATE TABLE in a read-only transaction"
            )
            await #expect(throws: failure) { try await pool.query(.write("CREATE TABLE t (i int)")) }
            await pool.close()
        }
    }

    @Test("a statement is prepared once per connection")
    func preparedOnce() async throws {
        try await TestDatabase.use { database in
            let pool = pool(try database.configuration(connections: 1))
            let statement = PostgresStatement.read("SELECT $1::int AS i")
            for number in 0..<5 { #expect(try await pool.query(statement, [number])[0].value("i") == number) }
            let rows = try await pool.query(
                .read("SELECT statement FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared%'")
            )
            #expect(try rows.map { try $0.value("statement", as: String.self) } == [statement.text])
            await pool.close()
        }
    }

    @Test("a statement survives a change of its table's columns")
    func changedColumns() async throws {
        try await TestDatabase.use { database in
            let pool = pool(try database.configuration(connections: 1))
            try await pool.session { try $0.run(script: "CREATE TABLE t (i int); INSERT INTO t VALUES (7)") }
            let statement = PostgresStatement.read("SELECT i FROM t")
            #expect(try await pool.query(statement)[0].value("i") == 7)
            try await pool.session { try $0.run(script: "ALTER TABLE t ALTER i TYPE text") }
            #expect(try await pool.query(statement)[0].value("i") == "7")
            try await pool.session { try $0.run(script: "DEALLOCATE ALL") }
            #expect(try await pool.query(statement)[0].value("i") == "7")
            await pool.close()
        }
    }

    @Test("a transaction counts whole or not at all")
    func transactions() async throws {
        try await TestDatabase.use { database in
            let pool = database.pool
            let insert = PostgresStatement.write("INSERT INTO t VALUES ($1)")
            try await pool.session { try $0.run(script: "CREATE TABLE t (i int PRIMARY KEY)") }
            try await pool.transaction { session in
                try session.query(insert, [1])
                try session.query(insert, [2])
            }
            await #expect(throws: Stop.self) {
                try await pool.transaction { session in
                    try session.query(insert, [3])
                    throw Stop()
                }
            }
            let failure = PostgresFailure.refused(sqlState: "25P02", message: "a statement of this transaction failed")
            await #expect(throws: failure) {
                try await pool.transaction { session in
                    try session.query(insert, [4])
                    _ = try? session.query(insert, [4])
                }
            }
            #expect(try await pool.query(.read("SELECT count(*) AS n FROM t"))[0].value("n") == 2)
        }
    }

    @Test("statements one after the other use one connection, the others stay closed")
    func sequence() async throws {
        try await TestDatabase.use { database in
            let pool = pool(try database.configuration(connections: 4))
            var backends: Set<Int> = []
            for _ in 0..<200 {
                backends.insert(try await pool.query(.read("SELECT pg_backend_pid() AS pid"))[0].value("pid"))
            }
            #expect(backends.count == 1)
            await pool.close()
        }
    }

    @Test("2,000 callers at once share three connections")
    func load() async throws {
        try await TestDatabase.use { database in
            var configuration = try database.configuration(connections: 3)
            configuration.maximumWaiting = 2_000
            // The subject is sharing, not speed: a debug build on a busy machine may take its time.
            configuration.waitLimit = .seconds(60)
            let pool = pool(configuration)
            let statement = PostgresStatement.read("SELECT $1::int AS i, pg_backend_pid() AS pid")
            let backends = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<2_000 {
                    group.addTask {
                        let row = try await pool.query(statement, [number])[0]
                        guard try row.value("i") == number else { throw Stop() }
                        return try row.value("pid")
                    }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect((1...3).contains(backends.count))
            await pool.close()
        }
    }

    @Test("callers beyond the queue's limit, and those who wait too long, are told unreachable")
    func boundedWaiting() async throws {
        try await TestDatabase.use { database in
            var configuration = try database.configuration(connections: 1)
            configuration.maximumWaiting = 1
            configuration.waitLimit = .seconds(1)
            let pool = pool(configuration)
            let (held, holding) = AsyncStream.makeStream(of: Void.self)
            let release = DispatchSemaphore(value: 0)
            let holder = Task {
                try await pool.session { _ in
                    holding.yield()
                    release.wait()
                }
            }
            _ = await held.first { true }
            let answers = await withTaskGroup(of: PostgresFailure?.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        do {
                            try await pool.query(.read("SELECT 1"))
                            return nil
                        } catch {
                            return error as? PostgresFailure
                        }
                    }
                }
                return await group.reduce(into: Set<PostgresFailure?>()) { $0.insert($1) }
            }
            #expect(
                answers == [
                    .unreachable("1 callers wait for a connection already"),
                    .unreachable("no free connection within 1.0 seconds"),
                ]
            )
            release.signal()
            try await holder.value
            #expect(await pool.ping())
            await pool.close()
        }
    }

    @Test("a caller that is cancelled while it waits leaves the queue")
    func cancellation() async throws {
        try await TestDatabase.use { database in
            let pool = pool(try database.configuration(connections: 1))
            #expect(await pool.ping())
            let holder = Task { try await pool.query(.read("SELECT pg_sleep(0.5)")) }
            let waiter = Task { try await pool.query(.read("SELECT pg_sleep(30)")) }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            #expect(try await holder.value.count == 1)
            await pool.close()
        }
    }

    @Test("a statement that takes too long is refused by the server")
    func statementLimit() async throws {
        try await TestDatabase.use { database in
            var configuration = try database.configuration(connections: 1)
            configuration.statementLimit = .milliseconds(100)
            let pool = pool(configuration)
            let failure = PostgresFailure.refused(
                sqlState: "57014",
                message: "canceling statement due to statement timeout"
            )
            await #expect(throws: failure) { try await pool.query(.read("SELECT pg_sleep(5)")) }
            #expect(await pool.ping())
            await pool.close()
        }
    }

    @Test("a password does not show in the failure of a login")
    func noPasswordInFailures() async throws {
        let port = try LabEnvironment().postgresPort
        let configuration = try PostgresConfiguration(
            uri: "postgresql://nobody:s3cret-word@127.0.0.1:\(port)/nowhere",
            applicationName: "tandem-test"
        )
        let pool = pool(configuration)
        do {
            try await pool.query(.read("SELECT 1"))
            Issue.record("a role that does not exist logged in")
        } catch {
            #expect("\(error)".contains("nobody"))
            #expect(!"\(error)".contains("s3cret-word"))
        }
        #expect(!pool.isReachable)
        await pool.close()
    }

    @Test("a closed pool answers unreachable")
    func closed() async throws {
        try await TestDatabase.use { database in
            let pool = pool(try database.configuration())
            #expect(await pool.ping())
            #expect(pool.isReachable)
            await pool.close()
            await pool.close()
            #expect(!pool.isReachable)
            await #expect(throws: PostgresFailure.unreachable("the pool is closed")) {
                try await pool.query(.read("SELECT 1"))
            }
        }
    }
}
