import Foundation
import Postgres

extension TestDatabase {
    /// Makes the tables of sql/standalone in it, with grants and notifications.
    /// - Throws: `PostgresFailure`, or when a file cannot be read.
    public func loadStandaloneTables() async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../sql/standalone")
            .standardized
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "sql" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let scripts = try files.map { try String(contentsOf: $0, encoding: .utf8) }
        try await pool.session { session in
            try session.setStatementLimit(.seconds(60))
            for script in scripts { try session.run(script: script) }
        }
    }
}
