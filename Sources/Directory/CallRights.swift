/// A rule that concerns a call, with one of its patterns (contract 41 `user_set_call_rights`).
public struct CallRightRule: Sendable, Hashable {
    /// Through what the rule concerns the call; the first level that has a matching rule decides.
    public enum Level: Int, Sendable, Hashable, Comparable, CaseIterable {
        case user = 1
        case group = 2
        case outcall = 3

        /// Order of decision.
        public static func < (one: Level, other: Level) -> Bool { one.rawValue < other.rawValue }
    }

    /// Through what.
    public var level: Level
    /// Whether it allows the call.
    public var authorizes: Bool
    /// What the caller may dial to be let through; `nil`: nothing helps. At the user's level his own code.
    public var password: String?
    /// Pattern of the numbers that it is about.
    public var pattern: String

    /// A rule with all its parts.
    public init(level: Level, authorizes: Bool, password: String?, pattern: String) {
        self.level = level
        self.authorizes = authorizes
        self.password = password
        self.pattern = pattern
    }
}

/// Permissions of calls.
public protocol CallRightDirectory: Sendable {
    /// The enabled rules of a user, of his groups and of a route, by level and rule, in one round trip; only rules
    /// of the user's (or the route's) tenant. An unknown user has none.
    /// - Throws: `DatabaseFailure`.
    func callRightRules(user: Int?, outcall: Int?) async throws -> [CallRightRule]
}
