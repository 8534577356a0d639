public import Core

/// A paging group, as one of its users calls it (contract 43 `paging`).
public struct PagingRecord: Sendable, Hashable {
    /// How the page sounds.
    public struct Options: Sendable, Hashable {
        /// The called phones may talk too.
        public var isDuplex = false
        /// No beep to the caller.
        public var isQuiet = false
        /// The page is recorded.
        public var isRecorded = false
        /// Forwards of the called phones do not count.
        public var ignoresForwards = false
        /// `announcement_caller`: the announcement is not played to the caller (option `n` of `Page`).
        public var isCallerSparedAnnouncement = false
        /// File that is played to the called phones; `nil`: none.
        public var announcement: String?

        /// A plain page.
        public init() {}
    }

    /// Tenant of the group.
    public var tenant: TenantID
    /// Seconds that the phones may take to answer.
    public var timeout: Int
    /// How it sounds.
    public var options: Options
    /// Whether the asking user may page this group.
    public var isCallerAllowed: Bool
    /// Enabled lines of the group's enabled users, ordered by the line's id; a line may come twice.
    public var endpoints: [LineRecord.Endpoint]

    /// A record with all its parts.
    public init(
        tenant: TenantID,
        timeout: Int,
        options: Options,
        isCallerAllowed: Bool,
        endpoints: [LineRecord.Endpoint]
    ) {
        self.tenant = tenant
        self.timeout = timeout
        self.options = options
        self.isCallerAllowed = isCallerAllowed
        self.endpoints = endpoints
    }
}

/// Paging groups of the directory.
public protocol PagingDirectory: Sendable {
    /// An enabled group, in one round trip.
    /// - Parameters:
    ///   - number: Its number.
    ///   - caller: The user who wants to page.
    ///   - tenant: Tenant that it must be of; `nil`: any.
    /// - Throws: `DatabaseFailure`.
    func paging(number: String, caller: Int, tenant: TenantID?) async throws -> PagingRecord?
}
