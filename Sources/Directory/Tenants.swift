public import Core

/// Tenants of the directory. confd knows none of its own: there the master tenant is that of the service token.
public protocol TenantDirectory: Sendable {
    /// All tenants. Their order says nothing of their rights.
    /// - Throws: `DatabaseFailure`.
    func tenants() async throws -> [TenantID]
}

/// What the platform's confd knows and its database too: either can stand behind it.
public typealias PlatformDirectory = UserDirectory & LineDirectory & TrunkDirectory & SwitchboardDirectory
    & VoicemailDirectory & ApplicationDirectory & MusicDirectory & ConferenceDirectory & MeetingDirectory
    & ParkingLotDirectory & GroupDirectory
