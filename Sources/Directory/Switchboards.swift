public import Core

/// A switchboard as confd configures it (contract 20 §4, tables `switchboard`, `moh`, `dialaction`).
public struct SwitchboardRecord: Sendable, Hashable {
    /// The switchboard's uuid; any text.
    public var id: String
    /// Its tenant.
    public var tenant: TenantID
    /// Its name.
    public var name: String
    /// Music class of the queue (`moh.name`); `nil`: Asterisk's default class.
    public var queueMusic: String?
    /// Music class of the waiting room (`moh.name`); `nil`: Asterisk's default class.
    public var waitingRoomMusic: String?
    /// No-answer timeout in seconds; `nil`: none.
    public var timeout: Int?

    /// A record with all its parts.
    public init(
        id: String,
        tenant: TenantID,
        name: String,
        queueMusic: String?,
        waitingRoomMusic: String?,
        timeout: Int?
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.queueMusic = queueMusic
        self.waitingRoomMusic = waitingRoomMusic
        self.timeout = timeout
    }
}

/// Switchboards of the directory.
public protocol SwitchboardDirectory: Sendable {
    /// A switchboard by uuid, in the scope of a tenant (``UserDirectory``).
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func switchboard(_ id: String, tenant: TenantID?) async throws -> SwitchboardRecord?
    /// All switchboards of all tenants, ordered by uuid.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func switchboards() async throws -> [SwitchboardRecord]
}
