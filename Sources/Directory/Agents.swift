public import Core

/// An agent of call queues: row of `agentfeatures`.
public struct AgentRecord: Sendable, Hashable {
    /// `agentfeatures.id`.
    public var id: Int
    /// His number, unique in his tenant.
    public var number: String
    /// Asked for when he logs in; `nil` or empty: none.
    public var password: String?
    /// Language of what he hears; `nil`: the channel's.
    public var language: String?

    /// An agent with all his parts.
    public init(id: Int, number: String, password: String?, language: String?) {
        self.id = id
        self.number = number
        self.password = password
        self.language = language
    }
}

/// How an agent who is logged in is called.
public struct CalledAgent: Sendable, Hashable {
    /// His phone: `agent_login_status.state_interface`.
    public var interface: String
    /// Subroutine of the dialplan before his calls.
    public var preprocessSubroutine: String?

    /// Both parts.
    public init(interface: String, preprocessSubroutine: String?) {
        self.interface = interface
        self.preprocessSubroutine = preprocessSubroutine
    }
}

/// Agents as the dialplan asks for them. One round trip for each question.
public protocol AgentDirectory: Sendable {
    /// An agent by number, in his tenant.
    /// - Throws: `DatabaseFailure`.
    func agent(number: String, tenant: TenantID) async throws -> AgentRecord?
    /// An agent by id, in his tenant.
    /// - Throws: `DatabaseFailure`.
    func agent(_ id: Int, tenant: TenantID) async throws -> AgentRecord?
    /// How an agent of any tenant is called; `nil` when he is not logged in, or not there.
    /// - Throws: `DatabaseFailure`.
    func calledAgent(_ id: Int) async throws -> CalledAgent?
    /// The enabled user who is this agent; of several, the one of the lowest id.
    /// - Throws: `DatabaseFailure`.
    func dialplanUser(agent id: Int) async throws -> DialplanUser?
}

/// An agent who is logged in: row of `agent_login_status`, with the queues of `agent_membership_status`.
public struct AgentLogin: Sendable, Hashable {
    /// A queue that he is a member of.
    public struct Queue: Sendable, Hashable {
        /// Name of the Asterisk queue.
        public var name: String
        /// Members of a lower one ring first.
        public var penalty: Int

        /// A queue with both parts.
        public init(name: String, penalty: Int) {
            self.name = name
            self.penalty = penalty
        }
    }

    /// `agentfeatures.id`.
    public var agent: Int
    /// His tenant.
    public var tenant: TenantID
    /// His number.
    public var number: String
    /// What queues call, for instance `Local/id-3@agentcallback`.
    public var interface: String
    /// The phone whose state is his.
    public var stateInterface: String
    /// His queues by name.
    public var queues: [Queue]

    /// A login with all its parts.
    public init(
        agent: Int,
        tenant: TenantID,
        number: String,
        interface: String,
        stateInterface: String,
        queues: [Queue]
    ) {
        self.agent = agent
        self.tenant = tenant
        self.number = number
        self.interface = interface
        self.stateInterface = stateInterface
        self.queues = queues
    }
}

/// What decides whether an agent may log in at a phone.
public struct AgentLoginSituation: Sendable, Hashable {
    /// Whether he is logged in somewhere.
    public var isLoggedIn: Bool
    /// Whether somebody is logged in at this number.
    public var isPlaceTaken: Bool
    /// Whether the number's context is of his tenant.
    public var isPlaceInTenant: Bool
    /// The phone of the number's main line, as queues name it; `nil` when there is none.
    public var phone: String?

    /// A situation with all its parts.
    public init(isLoggedIn: Bool, isPlaceTaken: Bool, isPlaceInTenant: Bool, phone: String?) {
        self.isLoggedIn = isLoggedIn
        self.isPlaceTaken = isPlaceTaken
        self.isPlaceInTenant = isPlaceInTenant
        self.phone = phone
    }
}

/// Logins of agents, where no agent daemon keeps them (contract 43 §0). Each is one statement.
public protocol AgentLoginStoring: Sendable {
    /// What decides about a login; `nil` when the tenant has no such agent.
    /// - Throws: `DatabaseFailure`.
    func loginSituation(
        of agent: Int,
        tenant: TenantID,
        exten: String,
        context: String
    ) async throws -> AgentLoginSituation?
    /// Stores a login and the memberships in the agent's queues.
    /// - Returns: `nil` when nothing was stored: he is logged in already, the number is taken, or he is not there.
    /// - Throws: `DatabaseFailure`.
    func storeLogin(
        of agent: Int,
        tenant: TenantID,
        exten: String,
        context: String,
        stateInterface: String
    ) async throws -> AgentLogin?
    /// The login of an agent of this tenant; `nil` when he is not logged in.
    /// - Throws: `DatabaseFailure`.
    func login(of agent: Int, tenant: TenantID) async throws -> AgentLogin?
    /// Every login of every tenant, ordered by agent.
    /// - Throws: `DatabaseFailure`.
    func logins() async throws -> [AgentLogin]
    /// Removes a login and its memberships.
    /// - Throws: `DatabaseFailure`.
    func removeLogin(of agent: Int) async throws
    /// Whether an agent is logged in; `nil` when the tenant has no such agent.
    /// - Throws: `DatabaseFailure`.
    func isLoggedIn(_ agent: Int, tenant: TenantID) async throws -> Bool?
}
