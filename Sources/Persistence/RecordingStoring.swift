public import Core
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
    /// Writes a recording, new or changed.
    /// - Throws: `DatabaseFailure`.
    func save(_ recording: RecordingRow) async throws
    /// Those that have not ended, oldest first.
    /// - Throws: `DatabaseFailure`.
    func openRecordings() async throws -> [RecordingRow]
    /// Forgets those that ended before `date`; their files stay.
    /// - Throws: `DatabaseFailure`.
    func discardRecordings(endedBefore date: Date) async throws
}
