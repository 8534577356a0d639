import Core
public import Logging
public import Persistence
import Synchronization

/// Stores the changes of one loop, one after the other: what Asterisk did waits for the database as long as it takes,
/// what a client asks for is tried once.
public final class StateWriter: Sendable {
    private let store: any StateStoring
    private let logger: Logger
    private let isAway = Mutex(false)

    /// A writer into `store`; `logger` names the loop.
    public init(store: any StateStoring, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Whether a change waits for the database: then clients are best refused at once.
    public var isStoreAway: Bool { isAway.withLock { $0 } }

    /// Stores a change once.
    /// - Throws: `DatabaseFailure`; the change may have been stored all the same, as the connection can break behind
    ///   the commit.
    public func storeOnce(_ change: StateChange) async throws {
        if !change.isEmpty { try await store.commit(change) }
    }

    /// Stores a change, waiting for the database as long as it takes: what Asterisk did cannot be refused.
    /// - Returns: `false` when the server is stopping, another process wrote the row, or PostgreSQL refuses it for good.
    @discardableResult
    public func storeUntilDone(_ change: StateChange) async -> Bool {
        if change.isEmpty { return true }
        var tries = 0
        let outcome: Bool? = await untilDone {
            tries += 1
            do {
                try await self.store.commit(change)
                return true
            } catch DatabaseFailure.conflict where tries > 1 {
                // An earlier try had arrived, only its answer was lost.
                return true
            } catch DatabaseFailure.conflict(let text) {
                self.logger.critical("another process wrote this row", metadata: ["row": "\(text)"])
                return false
            } catch DatabaseFailure.refused(let state, let text) {
                // Trying again would not help, and would keep everything behind it waiting.
                self.logger.critical("change refused", metadata: ["sqlstate": "\(state)", "error": "\(text)"])
                return false
            }
        }
        return outcome ?? false
    }

    /// After a failed ``storeOnce(_:)``: whether the database holds the change all the same. Waits for the database.
    /// - Parameter revision: The revision that the change wrote; `nil`: it removed the row.
    /// - Returns: `false` also when the server is stopping.
    public func hasStored(kind: String, id: String, revision: Int?) async -> Bool {
        let rows = await untilDone { try await self.store.rows(ofKind: kind) }
        guard let rows else { return false }
        return rows.first { $0.id == id }?.revision == revision
    }

    /// Repeats until the database answers; `nil` when the server is stopping.
    private func untilDone<Value>(_ body: () async throws -> Value) async -> Value? {
        var pause: Duration = .milliseconds(100)
        defer { isAway.withLock { $0 = false } }
        while !Task.isCancelled {
            do {
                return try await body()
            } catch {
                let known = isAway.withLock { away in
                    defer { away = true }
                    return away
                }
                if !known { logger.error("waiting for the database", metadata: ["error": "\(error)"]) }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
        }
        return nil
    }
}
