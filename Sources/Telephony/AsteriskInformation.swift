public import Foundation

/// What Asterisk tells of itself.
public struct AsteriskInformation: Sendable, Hashable {
    /// For instance `22.10.1`.
    public var version: String
    /// Its entity id.
    public var entityID: String
    /// When it was started.
    public var startedAt: Date?
    /// When it was reloaded last.
    public var reloadedAt: Date?

    /// Information with all its parts.
    public init(version: String, entityID: String, startedAt: Date?, reloadedAt: Date?) {
        self.version = version
        self.entityID = entityID
        self.startedAt = startedAt
        self.reloadedAt = reloadedAt
    }
}

/// Asks Asterisk about itself.
public protocol AsteriskInspecting: Sendable {
    /// Version and times.
    /// - Throws: `TelephonyFailure`.
    func information() async throws -> AsteriskInformation
}
