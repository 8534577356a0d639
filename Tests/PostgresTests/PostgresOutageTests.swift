import Foundation
import Postgres
import TandemLab
import Testing

@Suite("Loss and return of the server", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"))
struct PostgresOutageTests {
    private let backend = PostgresStatement.read("SELECT pg_backend_pid() AS pid")

    private func pool(_ database: TestDatabase, connections: Int = 1) throws -> PostgresPool {
        PostgresPool(
            try database.configuration(connections: connections),
            name: "test",
            logger: TestDatabase.silentLogger
        )
    }

    private func terminate(_ pid: Int, _ database: TestDatabase) async throws {
        // Returns once the process has ended.
        let statement = PostgresStatement.write("SELECT pg_terminate_backend($1, 2000) AS done")
        #expect(try await database.pool.query(statement, [pid])[0].value("done") == true)
    }

    @Test("a connection that was ended while idle is replaced before it is used, also for a write")
    func terminatedWhileIdle() async throws {
        try await TestDatabase.use { database in
            let pool = try pool(database)
            let first: Int = try await pool.query(backend)[0].value("pid")
            try await terminate(first, database)
            let statement = PostgresStatement.write("CREATE TABLE t AS SELECT pg_backend_pid() AS pid")
            try await pool.query(statement)
            #expect(try await pool.query(.read("SELECT pid FROM t"))[0].value("pid") != first)
            await pool.close()
        }
    }

    @Test("a read whose connection breaks is repeated once, a write is not")
    func terminatedWhileBusy() async throws {
        try await TestDatabase.use { database in
            let pool = try pool(database)
            // Ends its own connection at the first run, and not at the second: the sequence counts runs.
            try await database.pool.session { try $0.run(script: "CREATE SEQUENCE runs") }
            let sql = """
                SELECT CASE WHEN nextval('runs') % 2 = 1 THEN pg_terminate_backend(pg_backend_pid()) END,
                    pg_sleep(0.2), currval('runs') AS run
                """
            #expect(try await pool.query(.read(sql))[0].value("run") == 2)
            await #expect(throws: PostgresFailure.self) { try await pool.query(.write(sql)) }
            let runs = try await database.pool.query(.read("SELECT last_value FROM runs"))
            #expect(try runs[0].value(0) == 3)
            await pool.close()
        }
    }

    @Test("a transaction whose connection breaks is not repeated")
    func terminatedTransaction() async throws {
        try await TestDatabase.use { database in
            let pool = try pool(database)
            try await database.pool.session { try $0.run(script: "CREATE TABLE t (i int)") }
            await #expect(throws: PostgresFailure.self) {
                try await pool.transaction { session in
                    try session.query(.write("INSERT INTO t VALUES (1)"))
                    try session.query(.write("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(0.2)"))
                }
            }
            #expect(try await pool.query(.read("SELECT count(*) AS n FROM t"))[0].value("n") == 0)
            await pool.close()
        }
    }

    @Test("a server that is stopped and started again is found again", .timeLimit(.minutes(1)))
    func restart() async throws {
        try await PrivateServer.use(.postgres, in: LabEnvironment()) { server in
            try await TestDatabase.use(port: server.port) { database in
                let pool = try pool(database, connections: 3)
                var news = pool.reachability().makeAsyncIterator()
                let service = Task { try await pool.run() }
                #expect(await news.next() == true)

                try await server.stop()
                #expect(await news.next() == false)
                #expect(!pool.isReachable)
                // Far less than the wait limit each: they fail fast.
                let start = ContinuousClock.now
                for _ in 0..<300 {
                    await #expect(throws: PostgresFailure.self) { try await pool.query(backend) }
                }
                #expect(ContinuousClock.now - start < .seconds(20))

                try await server.start()
                #expect(await news.next() == true)
                #expect(pool.isReachable)
                #expect(try await pool.query(backend).count == 1)
                service.cancel()
                try await service.value
                #expect(!pool.isReachable)
            }
        }
    }

    @Test("a server that never was there is reported with its address")
    func nobodyThere() async throws {
        let server = try PrivateServer(.postgres, in: LabEnvironment())
        let pool = PostgresPool(
            try PostgresConfiguration(
                uri: "postgresql://lab:word@127.0.0.1:\(server.port)/x",
                applicationName: "tandem-test"
            ),
            name: "test",
            logger: TestDatabase.silentLogger
        )
        do {
            try await pool.query(backend)
            Issue.record("nobody answered, and yet there was an answer")
        } catch let failure as PostgresFailure {
            guard case .unreachable(let text) = failure else {
                Issue.record("not unreachable: \(failure)")
                return
            }
            #expect(text.contains("\(server.port)"))
        }
        await pool.close()
    }
}
