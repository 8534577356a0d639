/// A connection that is held for several statements, on the pool's own thread: for ``PostgresPool/transaction(_:)``.
/// It cannot leave the closure that it is given to.
public final class PostgresSession {
    private let connection: PostgresConnection
    private(set) var isSpoilt = false

    init(_ connection: PostgresConnection) { self.connection = connection }

    /// Runs a statement.
    /// - Throws: ``PostgresFailure``.
    @discardableResult
    public func query(
        _ statement: PostgresStatement,
        _ parameters: [(any PostgresText)?] = []
    ) throws(PostgresFailure) -> PostgresRows {
        try connection.query(statement, parameters)
    }

    /// Runs SQL text of any number of statements, without parameters: migrations, test data.
    /// - Throws: ``PostgresFailure``.
    public func run(script: String) throws(PostgresFailure) {
        try connection.run(script: script)
    }

    /// Lets statements of this session take longer than the pool's. The connection is closed afterwards.
    /// - Throws: ``PostgresFailure``.
    public func setStatementLimit(_ limit: Duration) throws(PostgresFailure) {
        isSpoilt = true
        let milliseconds = max(1, Int(limit / .milliseconds(1)))
        try connection.run(script: "SET statement_timeout = \(milliseconds)")
        connection.answerLimit = limit + .seconds(1)
    }

    /// Runs `body` between `BEGIN` and `COMMIT`; rolls back when it throws.
    func transaction<Result>(_ body: (PostgresSession) throws -> Result) throws -> Result {
        try connection.run(script: "BEGIN")
        do {
            let result = try body(self)
            // The server answers such a COMMIT with ROLLBACK, and without an error.
            guard !connection.hasFailedTransaction else {
                throw PostgresFailure.refused(sqlState: "25P02", message: "a statement of this transaction failed")
            }
            try connection.run(script: "COMMIT")
            return result
        } catch {
            if connection.breakage == nil { _ = try? connection.run(script: "ROLLBACK") }
            throw error
        }
    }
}
