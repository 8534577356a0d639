public import Core

/// A voicemail box (contract 31, contract 43 `voicemail`). Its password is never read.
public struct VoicemailRecord: Sendable, Hashable {
    /// Whose box it is (enum `voicemail_accesstype`).
    public enum Access: String, Sendable, Hashable {
        /// That of one or several users.
        case personal
        /// That of everybody in the tenant.
        case global
    }

    /// `voicemail.uniqueid`.
    public var id: Int
    /// Tenant of its context.
    public var tenant: TenantID
    /// `voicemail.fullname`.
    public var name: String
    /// Number of the box, `voicemail.mailbox`.
    public var number: String
    /// Its context.
    public var context: String
    /// Personal or global.
    public var access: Access
    /// Users who have this box, sorted: recipients of its events.
    public var users: [UserID]

    /// A record with all its parts.
    public init(
        id: Int,
        tenant: TenantID,
        name: String,
        number: String,
        context: String,
        access: Access,
        users: [UserID]
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.number = number
        self.context = context
        self.access = access
        self.users = users
    }
}

/// Voicemail boxes of the directory, disabled ones too: their messages are still on disk.
public protocol VoicemailDirectory: Sendable {
    /// A box by id, in the scope of a tenant (``UserDirectory``).
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func voicemail(_ id: Int, tenant: TenantID?) async throws -> VoicemailRecord?
    /// The personal box of a user, in the scope of a tenant; `nil` also when there is no such user.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func voicemail(of user: UserID, tenant: TenantID?) async throws -> VoicemailRecord?
    /// The box of a number in a context, of any tenant.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func voicemail(number: String, context: String) async throws -> VoicemailRecord?
    /// The boxes of exactly this tenant, ordered by id; only those of one kind when `access` is given.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func voicemails(tenant: TenantID, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord]
    /// The boxes of a tenant and of those below it, ordered by id; `nil`: all.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func voicemails(below tenant: TenantID?, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord]
}
