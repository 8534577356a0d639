public import Core
public import Directory
import Synchronization

/// A directory in memory.
public final class FakeDirectory: SwitchboardDirectory, UserDirectory {
    private struct State {
        var switchboards: [SwitchboardRecord] = []
        var users: [UserRecord] = []
        var outage: (any Error)?
    }
    private let state: Mutex<State>

    /// A directory of these switchboards and users.
    public init(switchboards: [SwitchboardRecord] = [], users: [UserRecord] = []) {
        state = Mutex(State(switchboards: switchboards, users: users))
    }

    /// Every look-up fails with this until it is set to `nil`.
    public func setOutage(_ failure: (any Error)?) { state.withLock { $0.outage = failure } }

    /// A switchboard by uuid.
    public func switchboard(_ id: String, tenant: TenantID?) async throws -> SwitchboardRecord? {
        try state.withLock { state in
            if let outage = state.outage { throw outage }
            return state.switchboards.first { $0.id == id && (tenant == nil || $0.tenant == tenant) }
        }
    }

    /// All switchboards.
    public func switchboards() async throws -> [SwitchboardRecord] {
        try state.withLock { state in
            if let outage = state.outage { throw outage }
            return state.switchboards
        }
    }

    /// A user by uuid.
    public func user(_ id: UserID, tenant: TenantID?) async throws -> UserRecord? {
        try state.withLock { state in
            if let outage = state.outage { throw outage }
            return state.users.first { $0.id == id && (tenant == nil || $0.tenant == tenant) }
        }
    }
}
