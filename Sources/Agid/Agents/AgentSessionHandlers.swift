import Core
import FastAGI
import Logging
import Telephony

/// `agent_login`: an agent sits down at a phone (contract 41 §2).
struct AgentLogIn: AGIHandler {
    let name = "agent_login"
    let sessions: any AgentSessions

    func run(_ session: AGISession) async throws {
        let (agent, tenant) = try session.agentArguments(atLeast: 4)
        let arguments = session.arguments
        let place = AgentPlace(
            exten: arguments[2],
            context: arguments[3],
            endpoint: arguments.count > 4 && !arguments[4].isEmpty ? arguments[4] : nil
        )
        let status: String
        do {
            try await sessions.logIn(agent, tenant: tenant, at: place)
            status = "logged"
        } catch AgentSessionFailure.alreadyLoggedIn {
            status = "already_logged"
        } catch AgentSessionFailure.placeTaken {
            status = "already_in_use"
        } catch let failure as AgentSessionFailure {
            throw DialplanBreak("Agent \(agent) is not logged in: \(failure)")
        }
        try await session.setVariable("WAZO_AGENTSTATUS", status)
    }
}

/// `agent_logoff`: an agent leaves (contract 41 §2). One who was not there has left, too.
struct AgentLogOff: AGIHandler {
    let name = "agent_logoff"
    let sessions: any AgentSessions

    func run(_ session: AGISession) async throws {
        let (agent, tenant) = try session.agentArguments(atLeast: 2)
        do {
            try await sessions.logOff(agent, tenant: tenant)
        } catch AgentSessionFailure.notLoggedIn {
            session.logger.info("agent was not logged in", metadata: ["agent": "\(agent)"])
        } catch let failure as AgentSessionFailure {
            throw DialplanBreak("Agent \(agent) is not logged off: \(failure)")
        }
    }
}

/// `agent_get_status`: whether an agent is logged in (contract 41 §2).
struct AgentGetStatus: AGIHandler {
    let name = "agent_get_status"
    let sessions: any AgentSessions

    func run(_ session: AGISession) async throws {
        let (agent, tenant) = try session.agentArguments(atLeast: 2)
        let isLoggedIn: Bool
        do {
            isLoggedIn = try await sessions.isLoggedIn(agent, tenant: tenant)
        } catch let failure as AgentSessionFailure {
            throw DialplanBreak("Status of agent \(agent) is not known: \(failure)")
        }
        try await session.setVariable("WAZO_AGENT_LOGIN_STATUS", isLoggedIn ? "logged_in" : "logged_out")
    }
}

extension AGISession {
    /// The agent and the tenant that an agent's script is called with.
    /// - Throws: `DialplanBreak` when one is missing.
    fileprivate func agentArguments(atLeast count: Int) throws -> (agent: Int, tenant: TenantID) {
        guard arguments.count >= count, !arguments[0].isEmpty, let agent = integer(arguments[1]) else {
            throw DialplanBreak("A tenant and the id of an agent are needed")
        }
        return (agent, TenantID(arguments[0]))
    }
}
