import Postgres
import TandemLab
import Testing

@Suite("Migrations", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"))
struct PostgresMigratorTests {
    private let one = PostgresMigration(
        version: 1,
        name: "a",
        sql: "CREATE TABLE s.a (i int); CREATE TABLE s.b (i int)"
    )
    private let two = PostgresMigration(version: 2, name: "b", sql: "INSERT INTO s.a VALUES (2)")

    private func migrator(_ migrations: [PostgresMigration]) -> PostgresMigrator {
        PostgresMigrator(schema: "s", migrations: migrations)
    }

    @Test("steps are applied once each, in order")
    func twice() async throws {
        try await TestDatabase.use { database in
            #expect(try await migrator([one]).migrate(database.pool) == [one])
            #expect(try await migrator([one, two]).migrate(database.pool) == [two])
            #expect(try await migrator([one, two]).migrate(database.pool) == [])
            let rows = try await database.pool.query(
                .read("SELECT version, applied_at IS NOT NULL AS t FROM s.schema_version ORDER BY version")
            )
            #expect(try rows.map { try $0.value("version", as: Int.self) } == [1, 2])
            #expect(try await database.pool.query(.read("SELECT i FROM s.a")).count == 1)
        }
    }

    @Test("a schema newer than the program is left alone")
    func newer() async throws {
        try await TestDatabase.use { database in
            _ = try await migrator([one, two]).migrate(database.pool)
            let failure = PostgresMigrationFailure.newerSchema(schema: "s", found: 2, known: 1)
            await #expect(throws: failure) { try await migrator([one]).migrate(database.pool) }
            #expect("\(failure)".contains("version 2"))
        }
    }

    @Test("a step that fails leaves nothing of itself, and those before it stay")
    func failing() async throws {
        try await TestDatabase.use { database in
            let bad = PostgresMigration(version: 2, name: "bad", sql: "CREATE TABLE s.c (i int); SELECT 1/0")
            let failure = PostgresMigrationFailure.failed(
                version: 2,
                name: "bad",
                cause: .refused(sqlState: "22012", message: "division by zero")
            )
            await #expect(throws: failure) { try await migrator([one, bad]).migrate(database.pool) }
            let rows = try await database.pool.query(
                .read("SELECT to_regclass('s.b') IS NOT NULL AS b, to_regclass('s.c') IS NULL AS c")
            )
            #expect(try rows[0].value("b") == true)
            #expect(try rows[0].value("c") == true)
            #expect(try await migrator([one, two]).migrate(database.pool) == [two])
        }
    }

    @Test("two programs that start at once apply each step once")
    func concurrently() async throws {
        try await TestDatabase.use { database in
            let slow = PostgresMigration(version: 3, name: "slow", sql: "SELECT pg_sleep(0.3)")
            let migrator = migrator([one, two, slow])
            async let first = migrator.migrate(database.pool)
            async let second = migrator.migrate(database.pool)
            let applied = try await [first.count, second.count]
            #expect(applied.sorted() == [0, 3])
        }
    }

    @Test("statements have the pool's limit again afterwards, and the lock is free")
    func afterwards() async throws {
        try await TestDatabase.use { database in
            _ = try await migrator([one]).migrate(database.pool)
            let rows = try await database.pool.query(.read("SELECT current_setting('statement_timeout') AS s"))
            #expect(try rows[0].value("s") == "2s")
            #expect(try await migrator([one]).migrate(database.pool, limit: .seconds(1)) == [])
        }
    }
}
