import Core
import Postgres

extension PostgresDirectory {
    /// Whether the tables tell of their changes on channel `DirectoryChange.channel`: the triggers of
    /// sql/standalone are there, and on. Without them, as on a platform or in a database that was made before
    /// there were any, listening succeeds and hears nothing, so nothing may be kept on the strength of it.
    /// - Throws: `DatabaseFailure`.
    public func notifiesChanges() async throws -> Bool {
        try await read(Self.silentTables, []) { rows in rows.isEmpty }
    }

    private static let silentTables = PostgresStatement.read(
        """
        SELECT wanted.relation
        FROM (VALUES
            ('application', 'gateway_row'), ('application_dest_node', 'gateway_row'), ('context', 'gateway_table'),
            ('endpoint_sip', 'gateway_part'), ('extensions', 'gateway_part'), ('linefeatures', 'gateway_row'),
            ('moh', 'gateway_row'), ('parking_lot', 'gateway_row'), ('sccpline', 'gateway_part'),
            ('switchboard', 'gateway_row'), ('tenant', 'gateway_row'), ('user_line', 'gateway_part'),
            ('usercustom', 'gateway_part'), ('userfeatures', 'gateway_row'), ('voicemail', 'gateway_row')
        ) AS wanted (relation, name)
        WHERE NOT EXISTS (
            SELECT FROM pg_catalog.pg_trigger t
            JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relname = wanted.relation AND t.tgname = wanted.name
                AND t.tgenabled IN ('O', 'A')
        )
        """
    )
}
