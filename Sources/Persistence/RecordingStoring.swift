public import Core
public import Events
public import Foundation

/// A recorded call in schema `gateway`.
public struct RecordingRow: Sendable, Hashable {
    /// A time in which nothing was recorded.
    public struct Pause: Sendable, Hashable {
        /// When it began.
        public var from: Date
        /// When it ended; `nil`: it has not.
        public var to: Date?

        /// A pause with its parts.
        public init(from: Date, to: Date?) {
            self.from = from
            self.to = to
        }
    }

    /// Uuid of the recording.
    public var id: String
    /// Unique id of the recorded channel.
    public var call: String
    /// Name of the recorded channel.
    public var channel: String
    /// Whose call it is.
    public var tenant: TenantID
    /// Whose call it is, when known.
    public var user: UserID?
    /// The file that Asterisk writes.
    public var file: String
    /// Where it stands, as the feature names it.
    public var phase: String
    /// When it was asked for.
    public var startedAt: Date
    /// Times in which nothing was recorded, in order.
    public var pauses: [Pause]
    /// When it ended; `nil`: it has not.
    public var endedAt: Date?

    /// A row with its parts.
    public init(
        id: String,
        call: String,
        channel: String,
        tenant: TenantID,
        user: UserID?,
        file: String,
        phase: String,
        startedAt: Date,
        pauses: [Pause] = [],
        endedAt: Date? = nil
    ) {
        self.id = id
        self.call = call
        self.channel = channel
        self.tenant = tenant
        self.user = user
        self.file = file
        self.phase = phase
        self.startedAt = startedAt
        self.pauses = pauses
        self.endedAt = endedAt
    }
}

/// Where recordings are remembered: schema `gateway`.
public protocol RecordingStoring: Sendable {
    /// Writes a recording, new or changed, and messages that tell of it, in one commit.
    /// - Throws: `DatabaseFailure`.
    func save(_ recording: RecordingRow, messages: [BusMessage]) async throws
    /// Those that have not ended, oldest first.
    /// - Throws: `DatabaseFailure`.
    func openRecordings() async throws -> [RecordingRow]
    /// Forgets those that ended before `date`; their files stay.
    /// - Throws: `DatabaseFailure`.
    func discardRecordings(endedBefore date: Date) async throws
}

/// Recordings with an alarm clock: a stored change that carries messages wakes the relay.
public struct RelayedRecordingStore: RecordingStoring {
    private let store: any RecordingStoring
    private let relay: OutboxRelay
    private let whenStored: @Sendable ([BusMessage]) -> Void

    /// A store whose commits wake `relay`.
    /// - Parameter whenStored: Takes the messages of a change that was committed; must not wait.
    public init(
        store: any RecordingStoring,
        relay: OutboxRelay,
        whenStored: @escaping @Sendable ([BusMessage]) -> Void
    ) {
        self.store = store
        self.relay = relay
        self.whenStored = whenStored
    }

    /// Writes to the wrapped store, then wakes the relay.
    public func save(_ recording: RecordingRow, messages: [BusMessage]) async throws {
        try await store.save(recording, messages: messages)
        guard !messages.isEmpty else { return }
        relay.wake()
        whenStored(messages)
    }

    /// Those of the wrapped store.
    public func openRecordings() async throws -> [RecordingRow] { try await store.openRecordings() }

    /// Forgets in the wrapped store.
    public func discardRecordings(endedBefore date: Date) async throws {
        try await store.discardRecordings(endedBefore: date)
    }
}
