public import Core
public import Directory
public import Logging
public import Telephony

/// Logins of agents without an agent daemon: a row of the shared tables, and Asterisk's queues (contract 44 §8).
///
/// The row is there as long as the queues may call the agent, for the call asks for it. Either both are changed or
/// neither: what fails in the middle is taken back. One agent's requests come one after the other.
public struct LocalAgentSessions: AgentSessions {
    private let logins: any AgentLoginStoring
    private let manager: any ManagerControlling
    private let logger: Logger
    private let turns = Turns<Int>()

    /// - Parameters:
    ///   - logins: Where logins are kept.
    ///   - manager: Asterisk's queues.
    ///   - logger: Where what could not be taken back is told.
    public init(logins: any AgentLoginStoring, manager: any ManagerControlling, logger: Logger) {
        self.logins = logins
        self.manager = manager
        self.logger = logger
    }

    /// Stores the login, then adds the agent to his queues.
    public func logIn(_ agent: Int, tenant: TenantID, at place: AgentPlace) async throws {
        try await whole(agent) {
            let login = try await store(agent, tenant, place)
            do {
                for queue in login.queues { try await join(queue, login) }
            } catch {
                await leave(login.queues, login)
                await forget(agent)
                throw error
            }
        }
    }

    /// Takes the agent out of his queues, then removes the login.
    public func logOff(_ agent: Int, tenant: TenantID) async throws {
        try await whole(agent) {
            guard let login = try await logins.login(of: agent, tenant: tenant) else {
                throw AgentSessionFailure.notLoggedIn
            }
            do {
                for queue in login.queues { try await manager.removeQueueMember(login.interface, from: queue.name) }
                try await logins.removeLogin(of: agent)
            } catch {
                await rejoin(login)
                throw error
            }
        }
    }

    /// Whether there is a login.
    public func isLoggedIn(_ agent: Int, tenant: TenantID) async throws -> Bool {
        let known: Bool?
        do {
            known = try await logins.isLoggedIn(agent, tenant: tenant)
        } catch let failure as DatabaseFailure {
            throw AgentSessionFailure.other("\(failure)")
        }
        guard let known else { throw AgentSessionFailure.other("no such agent") }
        return known
    }

    /// Makes every agent who is logged in a member of his queues again: Asterisk may have started anew (contract 44
    /// §5). Members that are there stay as they are.
    /// - Returns: Whether that is done; `false` when the tables or Asterisk cannot be asked now.
    public func restore() async -> Bool {
        do {
            for login in try await logins.logins() {
                try await turns.take(login.agent) {
                    // He may have left since.
                    guard try await logins.isLoggedIn(login.agent, tenant: login.tenant) == true else { return }
                    for queue in login.queues { try await restore(queue, login) }
                }
            }
            return true
        } catch {
            logger.warning("agents are not back in their queues", metadata: ["cause": "\(error)"])
            return false
        }
    }

    private func restore(_ queue: AgentLogin.Queue, _ login: AgentLogin) async throws {
        do {
            guard try await manager.addQueueMember(login.member(of: queue), to: queue.name) else { return }
            logger.info(
                "agent is back in a queue",
                metadata: ["interface": "\(login.interface)", "queue": "\(queue.name)"]
            )
        } catch ManagerFailure.refused(let message, _) {
            logger.error(
                "agent is missing in a queue",
                metadata: ["interface": "\(login.interface)", "queue": "\(queue.name)", "cause": "\(message)"]
            )
        }
    }

    // MARK: Login

    private func store(_ agent: Int, _ tenant: TenantID, _ place: AgentPlace) async throws -> AgentLogin {
        // A second look tells who was quicker.
        for _ in 0..<2 {
            let situation = try await logins.loginSituation(
                of: agent,
                tenant: tenant,
                exten: place.exten,
                context: place.context
            )
            guard let situation else { throw AgentSessionFailure.other("no such agent") }
            if situation.isLoggedIn { throw AgentSessionFailure.alreadyLoggedIn }
            if situation.isPlaceTaken { throw AgentSessionFailure.placeTaken }
            guard situation.isPlaceInTenant else {
                throw AgentSessionFailure.other("agent and context are not in the same tenant")
            }
            guard let phone = place.endpoint ?? situation.phone else {
                throw AgentSessionFailure.other("no such extension and context")
            }
            let login = try await logins.storeLogin(
                of: agent,
                tenant: tenant,
                exten: place.exten,
                context: place.context,
                stateInterface: phone
            )
            if let login { return login }
        }
        throw AgentSessionFailure.other("the login was not stored")
    }

    /// A member that was left from an earlier login has the phone of that time.
    private func join(_ queue: AgentLogin.Queue, _ login: AgentLogin) async throws {
        let member = login.member(of: queue)
        if try await manager.addQueueMember(member, to: queue.name) { return }
        try await manager.removeQueueMember(login.interface, from: queue.name)
        try await manager.addQueueMember(member, to: queue.name)
    }

    // MARK: Taking back

    private func leave(_ queues: [AgentLogin.Queue], _ login: AgentLogin) async {
        for queue in queues {
            await attempt("agent stays in a queue", login, queue) {
                try await manager.removeQueueMember(login.interface, from: queue.name)
            }
        }
    }

    private func rejoin(_ login: AgentLogin) async {
        for queue in login.queues {
            await attempt("agent is missing in a queue", login, queue) { try await join(queue, login) }
        }
    }

    private func forget(_ agent: Int) async {
        do {
            try await logins.removeLogin(of: agent)
        } catch {
            logger.error("agent stays logged in", metadata: ["agent": "\(agent)", "cause": "\(error)"])
        }
    }

    private func attempt(
        _ complaint: Logger.Message,
        _ login: AgentLogin,
        _ queue: AgentLogin.Queue,
        _ work: () async throws -> Void
    ) async {
        do {
            try await work()
        } catch {
            logger.error(
                complaint,
                metadata: ["interface": "\(login.interface)", "queue": "\(queue.name)", "cause": "\(error)"]
            )
        }
    }

    /// Runs `work` in the agent's turn and to its end: a caller who hangs up in the middle must not leave a half.
    /// Every step of it has a time limit.
    private func whole(_ agent: Int, _ work: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await turns.take(agent, work) }
        do {
            try await task.value
        } catch let failure as DatabaseFailure {
            throw AgentSessionFailure.other("\(failure)")
        } catch let failure as ManagerFailure {
            throw AgentSessionFailure.other("\(failure)")
        }
    }
}

extension AgentLogin {
    /// The agent as a queue has him.
    fileprivate func member(of queue: Queue) -> ManagerQueueMember {
        ManagerQueueMember(
            interface: interface,
            name: "Agent/\(number)",
            stateInterface: stateInterface,
            penalty: queue.penalty
        )
    }
}
