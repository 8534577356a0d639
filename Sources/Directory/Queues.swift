public import Core

/// A queue, enabled, as the dialplan asks for it: `queuefeatures` with its `queue` (contract 43 §4 `queue`).
public struct CallQueue: Sendable, Hashable {
    /// `queuefeatures.id`.
    public var id: Int
    /// Its tenant.
    public var tenant: TenantID
    /// Name of its Asterisk queue.
    public var name: String
    /// Its number.
    public var number: String?
    /// Context of the number.
    public var context: String?
    /// Options of its calls that groups have too.
    public var options = QueueCallOptions()
    /// `data_quality`: the call is of data (`d`).
    public var isData = false
    /// `hitting_callee`: who answers may hang up with a key (`h`).
    public var calleeMayHangUp = false
    /// `hitting_caller`: who calls may hang up with a key (`H`).
    public var callerMayHangUp = false
    /// `retries`: no second round after the time limit (`n`).
    public var hasNoRetries = false
    /// `ring`: callers hear it ringing instead of music (`r`).
    public var ringsCaller = false
    /// Sent to the phone of who answers.
    public var url = ""
    /// Announced to who answers instead of the queue's own announcement.
    public var announceOverride = ""
    /// Class of its music; `nil`: the channel's.
    public var music: String?
    /// Seconds that a member has after a call.
    public var wrapUpSeconds = 0
    /// Whether its members may start and stop recordings with a key.
    public var isRecordToggleEnabled = false
    /// Subroutine of the dialplan before its calls.
    public var preprocessSubroutine: String?
    /// Seconds that a call waits; `nil` or 0: no limit.
    public var timeout: Int?
    /// Whether callers are told how long they are likely to wait.
    public var announcesHoldTime = false
    /// Seconds of likely waiting that a call is diverted from; `nil` or 0: never.
    public var divertingHoldTime: Int?
    /// Waiting calls for each agent that a call is diverted from; `nil` or 0: never.
    public var divertingRatio: Double?
    /// Ids of the enabled call pickups that it is a member of, ascending.
    public var pickups: [Int] = []
    /// Caller-id rule of type `queue`, if any with a mode.
    public var callerID: CallerIDRule?

    /// A queue with what identifies it; the rest is off or empty.
    public init(id: Int, tenant: TenantID, name: String) {
        self.id = id
        self.tenant = tenant
        self.name = name
    }
}

/// Queues as the dialplan asks for them. One round trip for each question; of any tenant: the caller compares it.
public protocol CallQueueDirectory: Sendable {
    /// An enabled queue.
    /// - Throws: `DatabaseFailure`.
    func callQueue(_ id: Int) async throws -> CallQueue?
    /// Tenant of a skill rule; `nil` when there is no such rule.
    /// - Throws: `DatabaseFailure`.
    func tenant(ofSkillRule id: Int) async throws -> TenantID?
}
