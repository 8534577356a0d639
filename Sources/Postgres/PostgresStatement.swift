/// The text of one SQL statement, with `$1`, `$2`, … for its parameters. Each connection prepares it at its
/// first use, so texts must be constant: never put a value into one.
public struct PostgresStatement: Sendable, Hashable {
    /// The SQL.
    public let text: String
    /// Whether it may be sent a second time when the connection breaks while the first answer is awaited.
    public let isRepeatable: Bool

    /// A statement that changes nothing: repeated once on a fresh connection when the first breaks.
    public static func read(_ text: String) -> PostgresStatement {
        PostgresStatement(text: text, isRepeatable: true)
    }

    /// A statement that changes something: never sent twice, since nobody knows whether the first took effect.
    public static func write(_ text: String) -> PostgresStatement {
        PostgresStatement(text: text, isRepeatable: false)
    }
}

/// A statement with the values of its parameters.
public struct PostgresQuestion: Sendable {
    /// Constant SQL.
    public let statement: PostgresStatement
    /// Values of `$1`, `$2`, …; `nil` is null.
    public let parameters: [(any PostgresText)?]

    /// A question.
    public init(_ statement: PostgresStatement, _ parameters: [(any PostgresText)?] = []) {
        self.statement = statement
        self.parameters = parameters
    }
}
