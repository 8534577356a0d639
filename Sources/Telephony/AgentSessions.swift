public import Core

/// Where an agent sits down: a number, and the phone behind it.
public struct AgentPlace: Sendable, Hashable {
    /// Number of the phone.
    public var exten: String
    /// Its context.
    public var context: String
    /// The phone, for instance `PJSIP/k3f9q2`; `nil`: that of the number's main line.
    public var endpoint: String?

    /// A place with all its parts.
    public init(exten: String, context: String, endpoint: String? = nil) {
        self.exten = exten
        self.context = context
        self.endpoint = endpoint
    }
}

/// Why an agent was not logged in or off.
public enum AgentSessionFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// He is logged in.
    case alreadyLoggedIn
    /// Another agent is logged in at this number.
    case placeTaken
    /// He is not logged in; the agent daemon says so of one that does not exist, too.
    case notLoggedIn
    /// Anything else, for the log.
    case other(String)

    /// A short text without secrets.
    public var description: String {
        switch self {
        case .alreadyLoggedIn: "already logged in"
        case .placeTaken: "extension and context already in use"
        case .notLoggedIn: "not logged in"
        case .other(let text): text
        }
    }
}

/// Logs agents in and off: the platform's agent daemon, or our own tables and Asterisk's queues (contract 41 §2).
public protocol AgentSessions: Sendable {
    /// Logs an agent in and makes him a member of his queues.
    /// - Throws: ``AgentSessionFailure``; `CancellationError`.
    func logIn(_ agent: Int, tenant: TenantID, at place: AgentPlace) async throws
    /// Takes an agent out of his queues and logs him off.
    /// - Throws: ``AgentSessionFailure``; `CancellationError`.
    func logOff(_ agent: Int, tenant: TenantID) async throws
    /// Whether an agent is logged in.
    /// - Throws: ``AgentSessionFailure``, also when there is no such agent; `CancellationError`.
    func isLoggedIn(_ agent: Int, tenant: TenantID) async throws -> Bool
}
