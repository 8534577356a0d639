import Core
import Postgres

/// The columns of a table that are read, and in which order the rows come.
struct SiteTable: Sendable {
    var name: String
    var columns: [String]
    /// Columns of arrays, which come as JSON.
    var arrays: Set<String> = []
    var order: String
    /// Whether nothing is written without it.
    var isRequired = true

    init(_ name: String, _ columns: String, arrays: Set<String> = [], order: String, isRequired: Bool = true) {
        self.name = name
        self.columns = columns.parts(separatedBy: " ")
        self.arrays = arrays
        self.order = order
        self.isRequired = isRequired
    }
}

/// One row, all values as text.
struct SiteRow {
    private let values: [String: String]

    init(_ values: [String: String]) { self.values = values }

    /// The value, empty for null and for a column that is not there.
    subscript(column: String) -> String { values[column] ?? "" }

    func optional(_ column: String) -> String? { values[column] }

    func integer(_ column: String) -> Int? { values[column].flatMap { Int($0) } }

    /// The number, 0 for null.
    func number(_ column: String) -> Int { integer(column) ?? 0 }

    func flag(_ column: String) -> Bool { ["true", "t", "1"].contains(self[column]) }

    /// Whether the row counts: column `commented` is 0, or not there.
    var isEnabled: Bool { number("commented") == 0 }
}

/// The tables of one transaction: what is there is found out first, since a refused statement would end it.
final class SiteTables {
    private let session: PostgresSession
    /// Readable columns by table.
    private let known: [String: Set<String>]
    private(set) var remarks: [String] = []

    /// - Throws: ``SiteReadingFailure`` when a table that must be there is not, `PostgresFailure`.
    init(_ session: PostgresSession) throws {
        self.session = session
        let names = Self.all.map(\.name).joined(separator: ",")
        let columns = try session.query(Self.catalogue, [names])
        var known: [String: Set<String>] = [:]
        for row in columns { known[try row.value(0), default: []].insert(try row.value(1)) }
        self.known = known
        let missing = Self.all.filter(\.isRequired).flatMap { table -> [String] in
            guard let columns = known[table.name] else { return [table.name] }
            let wanted = Self.indispensable[table.name, default: []]
            return wanted.filter { !columns.contains($0) }.map { "\(table.name).\($0)" }
        }
        guard missing.isEmpty else { throw SiteReadingFailure.unreadable(missing) }
        if let row = try session.query(Self.restrictions, [names]).first {
            throw SiteReadingFailure.restricted(table: try row.value(0), role: try row.value(1))
        }
    }

    /// All rows of a table; none, with a remark, of one that is missing and may be.
    func rows(_ table: SiteTable) throws -> [SiteRow] {
        guard let known = known[table.name] else {
            remarks.append("table \(table.name) is missing or may not be read: taken as empty")
            return []
        }
        let columns = table.columns.filter(known.contains)
        let list = columns.map { column in
            table.arrays.contains(column) ? "array_to_json(\"\(column)\")::text" : "\"\(column)\"::text"
        }
        // Of constants alone: the names of the tables' list. Qualified, or the order would be that of the texts.
        let order = table.order.parts(separatedBy: ",").filter { known.contains($0) }
            .map { "t.\"\($0)\"" }.joined(separator: ", ")
        let sql =
            "SELECT \(list.joined(separator: ", ")) FROM public.\"\(table.name)\" AS t"
            + (order.isEmpty ? "" : " ORDER BY \(order)")
        return try session.query(.read(sql)).map { row in
            var values: [String: String] = [:]
            for (position, column) in columns.enumerated() {
                values[column] = try row.optional(position, as: String.self)
            }
            return SiteRow(values)
        }
    }

    /// The columns of a list that are really there, in the list's order.
    func presentColumns(_ table: SiteTable) -> [String] {
        table.columns.filter { known[table.name, default: []].contains($0) }
    }

    private static let catalogue = PostgresStatement.read(
        """
        SELECT c.relname::text, a.attname::text
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND a.attnum > 0 AND NOT a.attisdropped AND c.relname = ANY (string_to_array($1, ','))
            AND has_column_privilege(c.oid, a.attnum, 'SELECT')
        """
    )

    /// Tables of which a restrictive policy, or the want of a permissive one, hides rows from this role.
    private static let restrictions = PostgresStatement.read(
        """
        SELECT c.relname::text, current_user::text
        FROM pg_class c
        WHERE c.relnamespace = to_regnamespace('public') AND c.relname = ANY (string_to_array($1, ','))
            AND row_security_active(c.oid)
            AND (
                EXISTS (
                    SELECT FROM pg_policy p
                    WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd IN ('r', '*')
                        AND (p.polroles = '{0}' OR EXISTS (
                            SELECT FROM unnest(p.polroles) AS r(oid) WHERE pg_has_role(r.oid, 'USAGE')
                        ))
                )
                OR NOT EXISTS (
                    SELECT FROM pg_policy p
                    WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
                        AND pg_get_expr(p.polqual, p.polrelid) = 'true'
                        AND (p.polroles = '{0}' OR EXISTS (
                            SELECT FROM unnest(p.polroles) AS r(oid) WHERE pg_has_role(r.oid, 'USAGE')
                        ))
                )
            )
        ORDER BY 1 LIMIT 1
        """
    )
}
