import ConfdDirectory
import Core
import Directory
import Logging
import Postgres
import PostgresDirectory
import ServiceClient
import TandemLab
import TandemTesting
import Testing

/// Where the golden world (contract 38 §0.1) is read from.
enum Source: String, CaseIterable, CustomTestStringConvertible {
    case postgres, confd

    var testDescription: String { rawValue }

    /// Without the lab there is no PostgreSQL.
    static var available: [Source] { LabEnvironment.isLeftOut ? [.confd] : allCases }
}

/// Gives `body` a directory of the golden world.
func withDirectory(_ source: Source, _ body: (any PlatformDirectory) async throws -> Void) async throws {
    switch source {
    case .postgres:
        let database = try #require(GoldenDatabase.current)
        try await body(PostgresDirectory(pool: database.pool, master: { FakeConfd.master }, logger: silent))
    case .confd:
        let confd = try FakeConfd()
        try await withConfd({ confd.answer($0) }) { directory, _ in try await body(directory) }
    }
}

let silent = TestDatabase.silentLogger

/// Gives `body` a client of a service that answers with `handler`, and the service.
func withConfd(
    timeout: Double = 5,
    token: String? = FakeConfd.token,
    _ handler: @escaping FakeService.Handler,
    _ body: (ConfdDirectory, FakeService) async throws -> Void
) async throws {
    try await FakeService.running(handler) { service in
        let transport = ServiceTransport()
        let client = ServiceClient(
            name: "confd",
            address: ServiceAddress(host: "127.0.0.1", port: service.port, version: "1.1", timeout: timeout),
            transport: transport,
            tokens: OneToken(token),
            logger: silent
        )
        do {
            try await body(ConfdDirectory(client: client, logger: silent), service)
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
    }
}

private struct OneToken: ServiceTokenProviding {
    let token: String?
    init(_ token: String?) { self.token = token }
    func serviceToken() async -> String? { token }
    func renewed(instead refused: String) async -> String? { nil }
}

/// Gives a suite one database with the golden world, in the standalone tables.
struct GoldenDatabase: SuiteTrait, TestScoping {
    @TaskLocal static var current: TestDatabase?

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        if LabEnvironment.isLeftOut { return try await function() }
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            try await database.pool.session { try $0.run(script: goldenRows) }
            try await GoldenDatabase.$current.withValue(database) { try await function() }
        }
    }
}

extension Trait where Self == GoldenDatabase {
    static var goldenDatabase: GoldenDatabase { GoldenDatabase() }
}
