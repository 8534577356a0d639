/// The answer to a statement.
public struct PostgresRows: Sendable, RandomAccessCollection {
    private let columns: PostgresColumns
    private let values: [[String?]]
    /// Rows that an `INSERT`, `UPDATE` or `DELETE` touched; rows returned for a `SELECT`.
    public let affected: Int

    init(columns: PostgresColumns, values: [[String?]], affected: Int) {
        self.columns = columns
        self.values = values
        self.affected = affected
    }

    /// Names of the columns in order.
    public var columnNames: [String] { columns.names }
    /// Position of the first row.
    public var startIndex: Int { 0 }
    /// One past the position of the last row.
    public var endIndex: Int { values.count }
    /// The row at a position.
    public subscript(position: Int) -> PostgresRow {
        PostgresRow(columns: columns, values: values[position])
    }
}

/// The columns of an answer. Those of a prepared statement are the same each time, so they are made once.
final class PostgresColumns: Sendable {
    static let none = PostgresColumns([])
    let names: [String]
    let positions: [String: Int]

    init(_ names: [String]) {
        self.names = names
        positions = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    }
}

/// One row of an answer. A column is named or counted from 0.
public struct PostgresRow: Sendable {
    fileprivate let columns: PostgresColumns
    fileprivate let values: [String?]

    /// The value of a column that may be null.
    /// - Throws: ``PostgresFailure/unexpected(_:)`` when there is no such column or its text is of another type.
    public func optional<Value: PostgresText>(
        _ column: String,
        as type: Value.Type = Value.self
    ) throws(PostgresFailure) -> Value? {
        guard let position = columns.positions[column] else { throw .unexpected("no column \(column)") }
        return try optional(position, as: type)
    }

    /// The value of a column that may be null.
    /// - Throws: ``PostgresFailure/unexpected(_:)`` when there is no such column or its text is of another type.
    public func optional<Value: PostgresText>(
        _ position: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresFailure) -> Value? {
        guard values.indices.contains(position) else { throw .unexpected("no column \(position)") }
        guard let text = values[position] else { return nil }
        guard let value = Value(postgresText: text) else {
            throw .unexpected("column \(columns.names[position]) is no \(Value.self)")
        }
        return value
    }

    /// The value of a column that is never null.
    /// - Throws: ``PostgresFailure/unexpected(_:)`` when it is null, of another type, or there is no such column.
    public func value<Value: PostgresText>(
        _ column: String,
        as type: Value.Type = Value.self
    ) throws(PostgresFailure) -> Value {
        guard let value = try optional(column, as: type) else { throw .unexpected("column \(column) is null") }
        return value
    }

    /// The value of a column that is never null.
    /// - Throws: ``PostgresFailure/unexpected(_:)`` when it is null, of another type, or there is no such column.
    public func value<Value: PostgresText>(
        _ position: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresFailure) -> Value {
        guard let value = try optional(position, as: type) else {
            throw .unexpected("column \(position) is null")
        }
        return value
    }
}
