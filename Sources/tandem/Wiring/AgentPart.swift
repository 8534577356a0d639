import Agid
import Logging
import PostgresDirectory
import SiblingServices
import Telephony

/// Logins of agents: wazo-agentd where the platform's confd is, else the shared tables and Asterisk's queues.
struct AgentPart {
    let sessions: any AgentSessions

    init(
        _ settings: Settings,
        platform: PlatformServices,
        databases: Databases,
        manager: any ManagerControlling,
        logger: Logger
    ) {
        switch settings.parts.directory {
        case .confd:
            sessions = AgentdClient(client: platform.agentd)
        case .postgresql:
            let logins = PostgresAgentLogins(pool: databases.state.pool)
            sessions = LocalAgentSessions(logins: logins, manager: manager, logger: logger)
        }
    }
}
