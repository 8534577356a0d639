public import Events
public import Foundation

/// A message that waits in the outbox.
public struct OutboxEntry: Sendable, Hashable {
    /// Rises with each message; the order of publishing.
    public var id: Int64
    /// The message.
    public var message: BusMessage

    /// An entry with its parts.
    public init(id: Int64, message: BusMessage) {
        self.id = id
        self.message = message
    }
}

/// How far publishing is behind.
public struct OutboxBacklog: Sendable, Hashable {
    /// Messages that wait.
    public var pending: Int
    /// Age of the oldest of them in seconds; 0 when none waits.
    public var oldestSeconds: Double

    /// A backlog with its parts.
    public init(pending: Int, oldestSeconds: Double) {
        self.pending = pending
        self.oldestSeconds = oldestSeconds
    }
}

/// The outbox table of schema `gateway`: messages are written there in the transaction of the change
/// that they tell of, and published from there, at least once and in order per resource.
public protocol OutboxStoring: Sendable {
    /// The oldest unpublished messages, in order.
    /// - Throws: `DatabaseFailure`.
    func pendingMessages(limit: Int) async throws -> [OutboxEntry]
    /// Marks messages as published.
    /// - Throws: `DatabaseFailure`.
    func markPublished(_ ids: [Int64]) async throws
    /// Deletes published messages that are older than `date`.
    /// - Throws: `DatabaseFailure`.
    func discardPublished(before date: Date) async throws
    /// What waits now.
    /// - Throws: `DatabaseFailure`.
    func backlog() async throws -> OutboxBacklog
}
