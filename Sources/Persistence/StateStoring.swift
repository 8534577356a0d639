public import Core
public import Events
public import Foundation

/// The row of an aggregate (a queued call, a transfer, …) in schema `gateway`.
public struct AggregateRow: Sendable, Hashable {
    /// Which feature and which kind of thing, for instance `switchboard_queued_call`.
    public var kind: String
    /// The aggregate's id within its kind, for instance the caller's channel id.
    public var id: String
    /// The tenant it belongs to.
    public var tenant: TenantID
    /// Rises by one with each stored change; the first is 1. A write whose predecessor is not the
    /// stored one is refused, so two writers can never undo each other.
    public var revision: Int
    /// When the aggregate's timer fires, if it has one.
    public var deadline: Date?
    /// The feature's own state.
    public var body: JSONValue

    /// A row with all its parts.
    public init(
        kind: String,
        id: String,
        tenant: TenantID,
        revision: Int,
        deadline: Date?,
        body: JSONValue
    ) {
        self.kind = kind
        self.id = id
        self.tenant = tenant
        self.revision = revision
        self.deadline = deadline
        self.body = body
    }
}

/// One line of an aggregate's history: a transition of its state machine.
public struct HistoryEntry: Sendable, Hashable {
    /// The aggregate's kind.
    public var kind: String
    /// The aggregate's id.
    public var id: String
    /// The aggregate's tenant.
    public var tenant: TenantID
    /// The phase before.
    public var from: String
    /// The phase after.
    public var to: String
    /// The event that caused it.
    public var cause: String
    /// The user who caused it; `nil`: Asterisk, a timer or ourselves.
    public var user: UserID?
    /// When it happened.
    public var at: Date

    /// An entry with all its parts.
    public init(
        kind: String,
        id: String,
        tenant: TenantID,
        from: String,
        to: String,
        cause: String,
        user: UserID? = nil,
        at: Date
    ) {
        self.kind = kind
        self.id = id
        self.tenant = tenant
        self.from = from
        self.to = to
        self.cause = cause
        self.user = user
        self.at = at
    }

    /// The id of a resource's history in one place, where access to the history goes by the place.
    public static func id(_ id: String, within owner: String) -> String { "\(owner)/\(id)" }
}

/// Everything one transition writes: it is stored whole or not at all.
public struct StateChange: Sendable, Hashable {
    /// What happens to the aggregate's row.
    public enum Write: Sendable, Hashable {
        /// Insert (revision 1) or replace the row of the preceding revision.
        case save(AggregateRow)
        /// Delete the row; deleting an absent one is no error.
        case remove(kind: String, id: String)
    }

    /// Row writes; at most one for a row, as they are all one statement.
    public var writes: [Write]
    /// History lines.
    public var history: [HistoryEntry]
    /// Bus messages for the outbox, in order.
    public var messages: [BusMessage]

    /// A change with all its parts.
    public init(writes: [Write] = [], history: [HistoryEntry] = [], messages: [BusMessage] = []) {
        self.writes = writes
        self.history = history
        self.messages = messages
    }

    /// Whether there is nothing to store.
    public var isEmpty: Bool { writes.isEmpty && history.isEmpty && messages.isEmpty }
}

/// Our state in schema `gateway`.
public protocol StateStoring: Sendable {
    /// All rows of a kind, ordered by creation.
    /// - Throws: `DatabaseFailure`.
    func rows(ofKind kind: String) async throws -> [AggregateRow]
    /// Stores a change in one transaction (and one round trip).
    /// - Throws: `DatabaseFailure`; `.conflict` when a revision is not the expected one.
    func commit(_ change: StateChange) async throws
    /// The history of an aggregate, oldest line first; also of one that has ended.
    /// - Throws: `DatabaseFailure`.
    func history(ofKind kind: String, id: String) async throws -> [HistoryEntry]
    /// Deletes history lines that are older than `date`.
    /// - Throws: `DatabaseFailure`.
    func discardHistory(before date: Date) async throws
}
