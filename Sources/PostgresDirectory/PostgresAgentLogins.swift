public import Core
public import Directory
public import Postgres

/// Logins of agents in the tables of the agent daemon, where there is none (contract 43 §0).
public struct PostgresAgentLogins: AgentLoginStoring {
    private let pool: PostgresPool

    /// - Parameter pool: May write the tables of `sql/standalone/08-grants-without-confd.sql`.
    public init(pool: PostgresPool) { self.pool = pool }

    /// What decides about a login.
    public func loginSituation(
        of agent: Int,
        tenant: TenantID,
        exten: String,
        context: String
    ) async throws -> AgentLoginSituation? {
        try await rows(Self.situation, [agent, tenant.rawValue, exten, context]) { rows in
            try rows.first.map { row in
                AgentLoginSituation(
                    isLoggedIn: try row.value("is_logged_in"),
                    isPlaceTaken: try row.value("is_place_taken"),
                    isPlaceInTenant: try row.value("is_place_in_tenant"),
                    phone: try LineRecord(row)?.endpoint?.interface
                )
            }
        }
    }

    /// Stores a login and the memberships.
    public func storeLogin(
        of agent: Int,
        tenant: TenantID,
        exten: String,
        context: String,
        stateInterface: String
    ) async throws -> AgentLogin? {
        try await rows(Self.insertion, [agent, tenant.rawValue, exten, context, stateInterface]) { rows in
            try AgentLogin.logins(rows).first
        }
    }

    /// The login of an agent.
    public func login(of agent: Int, tenant: TenantID) async throws -> AgentLogin? {
        try await rows(Self.loginOfAgent, [agent, tenant.rawValue]) { try AgentLogin.logins($0).first }
    }

    /// Every login of every tenant.
    public func logins() async throws -> [AgentLogin] { try await rows(Self.allLogins, [], AgentLogin.logins) }

    /// Removes a login and its memberships.
    public func removeLogin(of agent: Int) async throws { try await rows(Self.removal, [agent]) { _ in } }

    /// Whether an agent is logged in.
    public func isLoggedIn(_ agent: Int, tenant: TenantID) async throws -> Bool? {
        try await rows(Self.state, [agent, tenant.rawValue]) { try $0.first?.value("is_logged_in") }
    }

    // MARK: Statements

    private static let situation = PostgresStatement.read(
        """
        SELECT EXISTS (SELECT FROM public.agent_login_status s WHERE s.agent_id = a.id) AS is_logged_in,
            EXISTS (
                SELECT FROM public.agent_login_status s WHERE s.extension = $3 AND s.context = $4
            ) AS is_place_taken,
            EXISTS (
                SELECT FROM public.context c WHERE c.name = $4 AND c.tenant_uuid = a.tenant_uuid
            ) AS is_place_in_tenant,
            \(PostgresDirectory.lineColumns)
        FROM public.agentfeatures a
        LEFT JOIN (
            public.extensions e
            JOIN public.line_extension le ON le.extension_id = e.id
            JOIN public.linefeatures l ON l.id = le.line_id AND l.commented = 0
        ) ON e.exten = $3 AND e.context = $4 AND e.commented = 0
        \(PostgresDirectory.lineJoins)
        WHERE a.id = $1::bigint AND a.tenant_uuid = $2
        ORDER BY le.main_extension DESC, l.id
        LIMIT 1
        """
    )

    /// Memberships that a broken-off session left behind are overwritten, or removed.
    private static let insertion = PostgresStatement.write(
        """
        WITH login AS (
            INSERT INTO public.agent_login_status
                (agent_id, agent_number, extension, context, interface, state_interface)
            SELECT a.id, a.number, $3, $4, 'Local/id-' || a.id || '@agentcallback', $5
            FROM public.agentfeatures a
            WHERE a.id = $1::bigint AND a.tenant_uuid = $2
            ON CONFLICT DO NOTHING
            RETURNING agent_id, agent_number, interface, state_interface
        ), wanted AS (
            SELECT login.agent_id, f.id, f.name, m.penalty
            FROM login
            JOIN public.queuemember m ON m.userid = login.agent_id AND m.usertype = 'agent' AND m.category = 'queue'
                AND m.commented = 0
            JOIN public.queue q ON q.name = m.queue_name AND q.category = 'queue' AND q.commented = 0
            JOIN public.queuefeatures f ON f.name = q.name AND f.tenant_uuid = $2
        ), stale AS (
            DELETE FROM public.agent_membership_status s USING login
            WHERE s.agent_id = login.agent_id AND s.queue_id NOT IN (SELECT id FROM wanted)
        ), stored AS (
            INSERT INTO public.agent_membership_status (agent_id, queue_id, queue_name, penalty)
            SELECT agent_id, id, name, penalty FROM wanted
            ON CONFLICT (agent_id, queue_id)
                DO UPDATE SET queue_name = EXCLUDED.queue_name, penalty = EXCLUDED.penalty
        )
        SELECT login.agent_id, $2 AS tenant, login.agent_number, login.interface, login.state_interface, wanted.name AS queue_name, wanted.penalty
        FROM login
        LEFT JOIN wanted ON wanted.agent_id = login.agent_id
        ORDER BY wanted.name
        """
    )

    /// One row per login and queue; one without a queue when there is none.
    private static let storedLogins =
        """
        SELECT a.id AS agent_id, a.tenant_uuid AS tenant, s.agent_number, s.interface, s.state_interface,
            m.queue_name, m.penalty
        FROM public.agentfeatures a
        JOIN public.agent_login_status s ON s.agent_id = a.id
        LEFT JOIN public.agent_membership_status m ON m.agent_id = a.id
        """

    private static let loginOfAgent = PostgresStatement.read(
        storedLogins + " WHERE a.id = $1::bigint AND a.tenant_uuid = $2 ORDER BY m.queue_name"
    )

    private static let allLogins = PostgresStatement.read(storedLogins + " ORDER BY a.id, m.queue_name")

    private static let removal = PostgresStatement.write(
        """
        WITH memberships AS (DELETE FROM public.agent_membership_status WHERE agent_id = $1::bigint)
        DELETE FROM public.agent_login_status WHERE agent_id = $1::bigint
        """
    )

    private static let state = PostgresStatement.read(
        """
        SELECT EXISTS (SELECT FROM public.agent_login_status s WHERE s.agent_id = a.id) AS is_logged_in
        FROM public.agentfeatures a
        WHERE a.id = $1::bigint AND a.tenant_uuid = $2
        """
    )

    private func rows<Value>(
        _ statement: PostgresStatement,
        _ parameters: [(any PostgresText)?],
        _ make: (PostgresRows) throws -> Value
    ) async throws -> Value {
        do {
            return try make(try await pool.query(statement, parameters))
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }
}

extension AgentLogin {
    /// The logins of rows that are ordered by agent.
    fileprivate static func logins(_ rows: PostgresRows) throws -> [AgentLogin] {
        var logins: [AgentLogin] = []
        for row in rows {
            let agent: Int = try row.value("agent_id")
            if logins.last?.agent != agent { logins.append(try AgentLogin(agent, row)) }
            guard let name: String = try row.optional("queue_name") else { continue }
            logins[logins.count - 1].queues.append(Queue(name: name, penalty: try row.value("penalty")))
        }
        return logins
    }

    private init(_ agent: Int, _ row: PostgresRow) throws {
        self.init(
            agent: agent,
            tenant: TenantID(try row.value("tenant")),
            number: try row.value("agent_number"),
            interface: try row.value("interface"),
            stateInterface: try row.value("state_interface"),
            queues: []
        )
    }
}

extension LineRecord.Endpoint {
    /// What Asterisk calls the phone.
    fileprivate var interface: String {
        switch self {
        case .sip(let name): "PJSIP/\(name)"
        case .sccp(let name): "SCCP/\(name)"
        case .custom(let interface): interface
        }
    }
}
