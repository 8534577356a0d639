public import Core
public import Events
public import Foundation
public import Persistence
import Synchronization

/// Our state in memory, with the rules of the real one: revisions, whole or nothing, and outages on demand.
public final class InMemoryStateStore: StateStoring {
    private struct State {
        var rows: [String: AggregateRow] = [:]
        var history: [HistoryEntry] = []
        var messages: [BusMessage] = []
        var outage: DatabaseFailure?
        var refusal: DatabaseFailure?
        var isAnswerLost = false
        var removals: [String] = []
    }
    private let state = Mutex(State())

    /// An empty store that is reachable.
    public init() {}

    /// Rows by `kind/id`.
    public var rows: [String: AggregateRow] { state.withLock { $0.rows } }
    /// Rows that were removed, as `kind/id`, also those that were not there.
    public var removals: [String] { state.withLock { $0.removals } }
    /// History lines in order.
    public var history: [HistoryEntry] { state.withLock { $0.history } }
    /// Messages of the outbox in order.
    public var messages: [BusMessage] { state.withLock { $0.messages } }

    /// Every request fails with this until it is set to `nil`.
    public func setOutage(_ failure: DatabaseFailure?) { state.withLock { $0.outage = failure } }

    /// Every commit fails with this until it is set to `nil`; rows can be read.
    public func refuseCommits(_ failure: DatabaseFailure?) { state.withLock { $0.refusal = failure } }

    /// The next commit is stored, but its caller is told that the database is unreachable.
    public func loseNextAnswer() { state.withLock { $0.isAnswerLost = true } }

    /// Rows of a kind, by id.
    public func rows(ofKind kind: String) async throws -> [AggregateRow] {
        try state.withLock { state in
            if let outage = state.outage { throw outage }
            return state.rows.values.filter { $0.kind == kind }.sorted { $0.id < $1.id }
        }
    }

    /// History of an aggregate.
    public func history(ofKind kind: String, id: String) async throws -> [HistoryEntry] {
        try state.withLock { state in
            if let outage = state.outage { throw outage }
            return state.history.filter { $0.kind == kind && $0.id == id }
        }
    }

    /// Deletes old history lines.
    public func discardHistory(before date: Date) async throws {
        try state.withLock { state in
            if let outage = state.outage { throw outage }
            state.history.removeAll { $0.at < date }
        }
    }

    /// Stores the change whole, or throws and stores nothing.
    public func commit(_ change: StateChange) async throws {
        try state.withLock { state in
            if let failure = state.outage ?? state.refusal { throw failure }
            var rows = state.rows
            for write in change.writes {
                switch write {
                case .save(let row):
                    let key = "\(row.kind)/\(row.id)"
                    guard (rows[key]?.revision ?? 0) == row.revision - 1 else { throw DatabaseFailure.conflict(key) }
                    rows[key] = row
                case .remove(let kind, let id):
                    rows["\(kind)/\(id)"] = nil
                    state.removals.append("\(kind)/\(id)")
                }
            }
            state.rows = rows
            state.history += change.history
            state.messages += change.messages
            if state.isAnswerLost {
                state.isAnswerLost = false
                throw DatabaseFailure.unreachable("answer lost")
            }
        }
    }
}
