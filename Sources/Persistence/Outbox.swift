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

/// A message that the outbox has, published or not.
public struct StoredEvent: Sendable, Hashable {
    /// Rises with each message.
    public var id: Int64
    /// When it was stored.
    public var createdAt: Date
    /// The message.
    public var message: BusMessage

    /// An event with its parts.
    public init(id: Int64, createdAt: Date, message: BusMessage) {
        self.id = id
        self.createdAt = createdAt
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
    /// Deletes messages that were not published and are older than `date`.
    /// - Returns: How many.
    /// - Throws: `DatabaseFailure`.
    func discardUnpublished(before date: Date) async throws -> Int
    /// What waits now.
    /// - Throws: `DatabaseFailure`.
    func backlog() async throws -> OutboxBacklog
}

/// The outbox as the memory of what was told: for those who listen without a broker, and come again.
public protocol EventKeeping: Sendable {
    /// What was stored in `interval`, published or not, in the order of the ids.
    /// - Parameters:
    ///   - id: Only messages with a greater one.
    ///   - limit: Messages at most.
    /// - Throws: `DatabaseFailure`.
    func storedEvents(in interval: DateInterval, after id: Int64, limit: Int) async throws -> [StoredEvent]
    /// Keeps messages that were published without the outbox, for ``storedEvents(in:after:limit:)``.
    /// - Throws: `DatabaseFailure`.
    func keepPublished(_ messages: [BusMessage]) async throws
}
