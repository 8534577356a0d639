public import Foundation

/// A snapshot of a recording under way, as ARI shows it.
public struct LiveRecording: Sendable, Hashable {
    /// Name: the path below Asterisk's recording directory, without the format.
    public var name: String
    /// For instance `wav`.
    public var format: String
    /// What is recorded; `nil` for a target that we do not know.
    public var target: MediaTarget?
    /// `queued`, `recording`, `paused`, `done`, `failed`, `canceled`.
    public var state: String
    /// Seconds, once it has ended.
    public var duration: Int?
    /// Seconds of talk, once it has ended.
    public var talkingDuration: Int?
    /// Seconds of silence, once it has ended.
    public var silenceDuration: Int?
    /// Why it failed.
    public var cause: String?

    /// A snapshot with all its parts.
    public init(
        name: String,
        format: String,
        target: MediaTarget?,
        state: String,
        duration: Int? = nil,
        talkingDuration: Int? = nil,
        silenceDuration: Int? = nil,
        cause: String? = nil
    ) {
        self.name = name
        self.format = format
        self.target = target
        self.state = state
        self.duration = duration
        self.talkingDuration = talkingDuration
        self.silenceDuration = silenceDuration
        self.cause = cause
    }
}

/// A recording that has ended and was kept.
public struct StoredRecording: Sendable, Hashable {
    /// Name: the path below Asterisk's recording directory, without the format.
    public var name: String
    /// For instance `wav`.
    public var format: String

    /// A recording with its parts.
    public init(name: String, format: String) {
        self.name = name
        self.format = format
    }
}

/// A recording to be made.
public struct RecordingRequest: Sendable, Hashable {
    /// What happens when a recording of this name exists.
    public enum Existing: String, Sendable, Hashable {
        /// The request fails.
        case fail
        /// It is replaced.
        case overwrite
        /// It is continued.
        case append
    }

    /// Name: the path below Asterisk's recording directory, without the format.
    public var name: String
    /// For instance `wav`.
    public var format: String
    /// Seconds after which it ends; 0: no limit.
    public var longest: Int
    /// Seconds of silence after which it ends; 0: no limit.
    public var longestSilence: Int
    /// What happens when a recording of this name exists.
    public var existing: Existing
    /// Whether a beep is heard at the beginning.
    public var beeps: Bool
    /// DTMF that ends it: `none`, `any`, `*` or `#`.
    public var terminator: String

    /// A request with all its parts.
    public init(
        name: String,
        format: String = "wav",
        longest: Int = 0,
        longestSilence: Int = 0,
        existing: Existing = .fail,
        beeps: Bool = false,
        terminator: String = "none"
    ) {
        self.name = name
        self.format = format
        self.longest = longest
        self.longestSilence = longestSilence
        self.existing = existing
        self.beeps = beeps
        self.terminator = terminator
    }
}

/// Records channels and bridges. All but ``liveRecording(_:)`` fail with `.notFound` when the recording has ended.
public protocol RecordingControlling: Sendable {
    /// Begins to record.
    /// - Throws: `TelephonyFailure`: `.notFound` when the target is gone, `.conflict` when it is not in Stasis or the
    ///   name is taken, `.unprocessable` for an unknown format.
    @discardableResult
    func record(_ request: RecordingRequest, of target: MediaTarget) async throws -> LiveRecording
    /// A recording under way; `nil` when there is none of this name.
    /// - Throws: `TelephonyFailure`.
    func liveRecording(_ name: String) async throws -> LiveRecording?
    /// Ends and keeps it.
    /// - Throws: `TelephonyFailure`.
    func stopRecording(_ name: String) async throws
    /// Ends and throws it away.
    /// - Throws: `TelephonyFailure`.
    func discardRecording(_ name: String) async throws
    /// Leaves out what comes (true), or goes on (false).
    /// - Throws: `TelephonyFailure`.
    func setRecording(_ name: String, paused: Bool) async throws
    /// Records silence instead (true), or goes on (false).
    /// - Throws: `TelephonyFailure`.
    func setRecording(_ name: String, muted: Bool) async throws
}

/// Recordings that have ended and were kept.
public protocol StoredRecordingAccess: Sendable {
    /// All of them.
    /// - Throws: `TelephonyFailure`.
    func storedRecordings() async throws -> [StoredRecording]
    /// One of them; `nil` when there is none of this name.
    /// - Throws: `TelephonyFailure`.
    func storedRecording(_ name: String) async throws -> StoredRecording?
    /// Its bytes, 64 MiB at most.
    /// - Throws: `TelephonyFailure`, `.notFound` when there is none of this name.
    func file(ofStoredRecording name: String) async throws -> Data
    /// Copies it.
    /// - Throws: `TelephonyFailure`, `.conflict` when the new name is taken.
    @discardableResult
    func copyStoredRecording(_ name: String, to copy: String) async throws -> StoredRecording
    /// Deletes it.
    /// - Throws: `TelephonyFailure`, `.notFound` when there is none of this name.
    func deleteStoredRecording(_ name: String) async throws
}
