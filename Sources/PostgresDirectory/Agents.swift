public import Core
public import Directory
import Postgres

extension PostgresDirectory: AgentDirectory {
    /// An agent by number, in his tenant.
    public func agent(number: String, tenant: TenantID) async throws -> AgentRecord? {
        try await read(Self.agentByNumber, [number, tenant.rawValue]) { rows in try rows.first.map(AgentRecord.init) }
    }

    /// An agent by id, in his tenant.
    public func agent(_ id: Int, tenant: TenantID) async throws -> AgentRecord? {
        try await read(Self.agentByID, [id, tenant.rawValue]) { rows in try rows.first.map(AgentRecord.init) }
    }

    /// How an agent who is logged in is called.
    public func calledAgent(_ id: Int) async throws -> CalledAgent? {
        try await read(Self.agentWithPhone, [id]) { rows in
            try rows.first.map { row in
                CalledAgent(
                    interface: try row.value("state_interface"),
                    preprocessSubroutine: try row.optional("preprocess_subroutine")
                )
            }
        }
    }

    private static let agentByNumber = PostgresStatement.read(
        """
        SELECT a.id, a.number, a.passwd, a.language FROM public.agentfeatures a
        WHERE a.number = $1 AND a.tenant_uuid = $2
        """
    )

    private static let agentByID = PostgresStatement.read(
        """
        SELECT a.id, a.number, a.passwd, a.language FROM public.agentfeatures a
        WHERE a.id = $1::bigint AND a.tenant_uuid = $2
        """
    )

    private static let agentWithPhone = PostgresStatement.read(
        """
        SELECT s.state_interface, a.preprocess_subroutine
        FROM public.agent_login_status s
        JOIN public.agentfeatures a ON a.id = s.agent_id
        WHERE s.agent_id = $1::bigint
        """
    )
}

extension AgentRecord {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.value("id"),
            number: try row.value("number"),
            password: try row.optional("passwd"),
            language: try row.text("language")
        )
    }
}
