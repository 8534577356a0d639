public import Core
public import Directory
import Postgres

extension PostgresDirectory: ContextDirectory {
    /// The tenant of a context; names are unique over all tenants.
    public func tenant(ofContext name: String) async throws -> TenantID? {
        try await read(Self.tenantOfContext, [name]) { rows in
            try rows.first.map { TenantID(try $0.value("tenant_uuid")) }
        }
    }

    private static let tenantOfContext = PostgresStatement.read(
        "SELECT tenant_uuid FROM public.context WHERE name = $1"
    )
}
