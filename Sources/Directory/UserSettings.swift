/// The three forwards of a user.
public enum ForwardKind: String, Sendable, Hashable, CaseIterable {
    case busy
    case noAnswer = "noanswer"
    case unconditional
}

/// Services that a user switches on and off.
public enum UserService: String, Sendable, Hashable {
    case doNotDisturb = "dnd"
    /// Callers are asked for their name.
    case callScreening = "incallfilter"
}

/// A forward as it is stored.
public struct ForwardSetting: Sendable, Hashable {
    /// Whether it is on.
    public var isEnabled: Bool
    /// Number to call; `nil` or empty: none.
    public var destination: String?

    /// A setting with both parts.
    public init(isEnabled: Bool, destination: String? = nil) {
        self.isEnabled = isEnabled
        self.destination = destination
    }
}

/// Forwards and services of users, which confd keeps and tells others about: `/users/{id}/forwards` and
/// `/users/{id}/services`; the tables where there is no confd (contract 43 §0).
public protocol UserSettingStoring: Sendable {
    /// The forwards of a user; one that is missing is off.
    /// - Throws: What the store throws, also when there is no such user.
    func forwards(of user: Int) async throws -> [ForwardKind: ForwardSetting]
    /// Changes a forward; without a destination the stored one stays.
    /// - Throws: As ``forwards(of:)``.
    func setForward(_ kind: ForwardKind, to setting: ForwardSetting, of user: Int) async throws
    /// Switches all forwards off.
    /// - Throws: As ``forwards(of:)``.
    func disableForwards(of user: Int) async throws
    /// Whether a service is on.
    /// - Throws: As ``forwards(of:)``.
    func isEnabled(_ service: UserService, of user: Int) async throws -> Bool
    /// Switches a service.
    /// - Throws: As ``forwards(of:)``.
    func setService(_ service: UserService, isEnabled: Bool, of user: Int) async throws
}

/// The switches that the server itself keeps in the tables (contract 43 §0). Each is one statement.
public protocol UserSwitchStoring: Sendable {
    /// Records all of a user's calls, or none when all were recorded.
    /// - Returns: Whether they are recorded now; `nil` when there is no such user.
    /// - Throws: `DatabaseFailure`.
    func toggleRecording(of user: Int) async throws -> Bool?
    /// The password of a user's box, even a disabled one; empty: none. `nil` when he has no box.
    /// - Throws: `DatabaseFailure`.
    func voicemailPassword(of user: Int) async throws -> String?
    /// Switches the use of a user's box.
    /// - Returns: Whether it is in use now; `nil` when there is no such user.
    /// - Throws: `DatabaseFailure`.
    func toggleVoicemail(of user: Int) async throws -> Bool?
    /// Switches a member of a call filter that the user is a member of too.
    /// - Returns: Whether the member is active now; `nil` when there is no such member.
    /// - Throws: `DatabaseFailure`.
    func toggleCallFilter(member: Int, by user: Int) async throws -> Bool?
}
