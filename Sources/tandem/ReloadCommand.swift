import ArgumentParser
import Directory
import Postgres

/// Tells the running server that anything of the directory may have changed.
struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Let the running server read applications and other configuration of the shared tables again (standalone)."
    )
    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        _ = try await LocalDatabase.with(try options.settings()) { database in
            try await database.pool.query(Self.notice, [DirectoryChange.channel])
        }
        print("told")
    }

    /// A payload that names no table means everything.
    private static let notice = PostgresStatement.write("SELECT pg_notify($1, '{}')")
}
