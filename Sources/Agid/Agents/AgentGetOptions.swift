import Core
import Directory
import FastAGI

/// `agent_get_options`: who an agent is that somebody dials, by number or by `*` and id (contract 41 §2).
struct AgentGetOptions: AGIHandler {
    let name = "agent_get_options"
    let agents: any AgentDirectory

    func run(_ session: AGISession) async throws {
        try await session.setVariable("WAZO_AGENTEXISTS", "0")
        guard session.arguments.count >= 2 else {
            try await session.verbose("\(name): a tenant and the number of an agent are needed")
            return
        }
        guard let agent = try await agent(session.arguments[1], tenant: TenantID(session.arguments[0])) else {
            try await session.verbose("\(name): Unknown agent '\(session.arguments[1])'")
            return
        }
        try await session.setVariable("WAZO_AGENTEXISTS", "1")
        try await session.setVariable("WAZO_AGENTPASSWD", column: agent.password)
        try await session.setVariable("WAZO_AGENTID", String(agent.id))
        try await session.setVariable("WAZO_AGENTNUM", agent.number)
        if let language = agent.language { try await session.setVariable("CHANNEL(language)", language) }
    }

    private func agent(_ dialled: String, tenant: TenantID) async throws -> AgentRecord? {
        guard let id = dialled.suffix(after: "*") else {
            return try await agents.agent(number: dialled, tenant: tenant)
        }
        return try await Int(id).asyncFlatMap { try await agents.agent($0, tenant: tenant) }
    }
}
