public import Core

/// What Asterisk's queue lets the parties of a call do, and what it does with the phones that ring: options that
/// groups and queues have in common (contract 41 §2).
public struct QueueCallOptions: Sendable, Hashable {
    /// `transfer_user`: who answers may transfer (`t`).
    public var calleeMayTransfer = false
    /// `transfer_call`: who calls may transfer (`T`).
    public var callerMayTransfer = false
    /// `write_caller`: who answers may start a recording (`x`).
    public var calleeMayRecord = false
    /// `write_calling`: who calls may start a recording (`X`).
    public var callerMayRecord = false
    /// `ignore_forward`: forwards that phones ask for do not count (`i`).
    public var ignoresForwards = false
    /// `mark_answered_elsewhere`: phones that stop ringing show no missed call.
    public var marksAnsweredElsewhere = false

    /// Nothing.
    public init() {}
}

/// A ring group, enabled, as the dialplan asks for it: `groupfeatures` with its `queue` and its number.
public struct CallGroup: Sendable, Hashable {
    /// `groupfeatures.id`.
    public var id: Int
    /// Its tenant.
    public var tenant: TenantID
    /// Name of its Asterisk queue.
    public var name: String
    /// Name for people.
    public var label: String
    /// Its enabled number; of several, that of the lowest id.
    public var exten: String?
    /// Context of the number.
    public var context: String?
    /// Options of its calls.
    public var options = QueueCallOptions()
    /// Class of its music; `nil`: callers hear it ringing.
    public var music: String?
    /// `queue.strategy`; `linear` is the dialplan's own.
    public var strategy: String?
    /// `queue.maxlen`: calls at the same time; 0: no limit, `nil`: not told.
    public var maximumCalls: Int?
    /// Seconds for the whole group; `nil` or 0: no limit.
    public var timeout: Int?
    /// Seconds that each member rings; `nil` or 0: no limit.
    public var memberTimeout: Int?
    /// Seconds between two rounds.
    public var retryDelay: Int?
    /// Subroutine of the dialplan before its calls.
    public var preprocessSubroutine: String?
    /// Whether its members may start and stop recordings with a key.
    public var isRecordToggleEnabled = false
    /// Caller-id rule of type `group`, if any with a mode.
    public var callerID: CallerIDRule?

    /// A group with what identifies it; the rest is off or empty.
    public init(id: Int, tenant: TenantID, name: String, label: String) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.label = label
    }
}

/// Who rings in a linear group, and when.
public struct CallGroupMembers: Sendable, Hashable {
    /// A member.
    public enum Member: Sendable, Hashable {
        /// A user, with all his phones.
        case user(UserID, isDoNotDisturbEnabled: Bool)
        /// A number: what is behind `Local/`, for instance `101@internal`.
        case number(String)
    }

    /// Tenant of the group.
    public var tenant: TenantID
    /// `queue.ringinuse`: whether members ring that have a call already.
    public var ringsInUse: Bool
    /// Its enabled members by position, users and numbers as they are mixed.
    public var members: [Member]

    /// Members with all their parts.
    public init(tenant: TenantID, ringsInUse: Bool, members: [Member]) {
        self.tenant = tenant
        self.ringsInUse = ringsInUse
        self.members = members
    }
}

/// Ring groups as the dialplan asks for them. One round trip for each question; of any tenant: the caller compares it.
public protocol CallGroupDirectory: Sendable {
    /// An enabled group.
    /// - Throws: `DatabaseFailure`.
    func callGroup(_ id: Int) async throws -> CallGroup?
    /// The members of an enabled group.
    /// - Throws: `DatabaseFailure`.
    func callGroupMembers(_ id: Int) async throws -> CallGroupMembers?
}
