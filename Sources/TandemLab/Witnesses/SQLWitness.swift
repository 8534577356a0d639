/// What the database holds, read with psql: not with the code that is under test.
public struct SQLWitness: Sendable {
    private let arguments: [String]

    /// A witness of a database of the lab.
    public init(_ environment: LabEnvironment, database: String = "asterisk") {
        arguments = [
            "-X", "-q", "-At", "-F", Self.separator, "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
            "\(environment.postgresPort)", "-U", "lab", "-d", database,
        ]
    }

    /// No text of ours holds it.
    private static let separator = "\u{1F}"

    /// The rows of a statement, each column as text, null as the empty text. Values are quoted by the caller with
    /// ``literal(_:)``.
    /// - Throws: ``LabFailure/program(_:)`` with psql's words.
    public func rows(_ statement: String) async throws -> [[String]] {
        let output = try await Command("psql", arguments + ["-c", statement]).output()
        return output.split(separator: "\n").map { line in
            line.split(separator: Character(Self.separator), omittingEmptySubsequences: false).map(
                String.init
            )
        }
    }

    /// The first column of the first row; `nil` when there is none.
    public func value(_ statement: String) async throws -> String? { try await rows(statement).first?.first }

    /// A text as an SQL literal.
    public static func literal(_ text: String) -> String {
        "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
    }
}
