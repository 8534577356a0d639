import Foundation
public import Logging
public import Postgres

/// A database of its own for a test, on the lab's PostgreSQL, dropped at the end.
public struct TestDatabase: Sendable {
    /// Its name.
    public let name: String
    /// The server's port on loopback.
    public let port: Int
    /// A pool of two connections as the lab's superuser.
    public let pool: PostgresPool

    /// A logger that says nothing.
    public static let silentLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Creates a database, calls `body`, and drops the database also when `body` throws.
    /// - Parameter port: Another server's port; the lab's when `nil`.
    /// - Throws: ``LabFailure/environment(_:)`` without a lab, `PostgresFailure`, or whatever `body` throws.
    public static func use<Result: Sendable>(
        port: Int? = nil,
        _ body: (TestDatabase) async throws -> Result
    ) async throws -> Result {
        let port = try port ?? LabEnvironment().postgresPort
        let name = "tandem_test_\(UUID().uuidString.prefix(8).lowercased())"
        var serverConfiguration = try configuration(port: port, name: "postgres", connections: 1)
        // Many tests that begin at once keep a small server busy with copying its template.
        serverConfiguration.statementLimit = .seconds(60)
        let server = PostgresPool(serverConfiguration, name: "test", logger: silentLogger)
        try await server.session { try $0.run(script: "CREATE DATABASE \(name)") }
        let database = TestDatabase(
            name: name,
            port: port,
            pool: PostgresPool(
                try configuration(port: port, name: name, connections: 2),
                name: "test",
                logger: silentLogger
            )
        )
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(database))
        } catch {
            result = .failure(error)
        }
        await database.pool.close()
        try await server.session { try $0.run(script: "DROP DATABASE \(name) WITH (FORCE)") }
        await server.close()
        return try result.get()
    }

    /// How to reach it.
    /// - Throws: `PostgresFailure`, never with these words.
    public func configuration(
        user: String = "lab",
        connections: Int = 2,
        isReadOnly: Bool = false
    ) throws -> PostgresConfiguration {
        try Self.configuration(
            port: port,
            name: name,
            user: user,
            connections: connections,
            isReadOnly: isReadOnly
        )
    }

    private static func configuration(
        port: Int,
        name: String,
        user: String = "lab",
        connections: Int,
        isReadOnly: Bool = false
    ) throws -> PostgresConfiguration {
        try PostgresConfiguration(
            uri: "postgresql://\(user)@127.0.0.1:\(port)/\(name)",
            applicationName: "tandem-test",
            connections: connections,
            isReadOnly: isReadOnly
        )
    }
}
