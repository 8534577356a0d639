public import Core

/// A conference room (contract 32, contract 43 `conference`). Its PINs are never read.
public struct ConferenceRecord: Sendable, Hashable {
    /// `conference.id`; the ConfBridge is `wazo-conference-<id>`.
    public var id: Int
    /// Its tenant.
    public var tenant: TenantID

    /// A record with all its parts.
    public init(id: Int, tenant: TenantID) {
        self.id = id
        self.tenant = tenant
    }
}

/// Conference rooms of the directory.
public protocol ConferenceDirectory: Sendable {
    /// A room by id, of any tenant.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func conference(_ id: Int) async throws -> ConferenceRecord?
    /// The rooms in the scope of a tenant (``UserDirectory``), ordered by id.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func conferences(tenant: TenantID) async throws -> [ConferenceRecord]
}

/// A meeting (contract 33, contract 43 `meeting`).
public struct MeetingRecord: Sendable, Hashable {
    /// Its uuid in lower case.
    public var id: String
    /// Its tenant.
    public var tenant: TenantID
    /// Users who may rule it, uuids in lower case, sorted.
    public var owners: [UserID]

    /// A record with all its parts.
    public init(id: String, tenant: TenantID, owners: [UserID]) {
        self.id = id
        self.tenant = tenant
        self.owners = owners
    }
}

/// Meetings of the directory.
public protocol MeetingDirectory: Sendable {
    /// A meeting by uuid, of any tenant: guests have none.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func meeting(_ id: String) async throws -> MeetingRecord?
}

/// A parking lot (contract 34, contract 43 `parking_lot`).
public struct ParkingLotRecord: Sendable, Hashable {
    /// A number in a context.
    public struct Extension: Sendable, Hashable {
        /// The number.
        public var exten: String
        /// Its context.
        public var context: String

        /// A number with its context.
        public init(exten: String, context: String) {
            self.exten = exten
            self.context = context
        }
    }

    /// `parking_lot.id`; Asterisk's name is `parkinglot-<id>`.
    public var id: Int
    /// Its tenant.
    public var tenant: TenantID
    /// Its name, if it has one.
    public var name: String?
    /// First slot, as configured: a text of digits.
    public var firstSlot: String
    /// Last slot, as configured: a text of digits.
    public var lastSlot: String
    /// Seconds until a parked call comes back; `nil`: never.
    public var timeout: Int?
    /// The number that parks; `nil`: Asterisk does not have the lot.
    public var number: Extension?

    /// A record with all its parts.
    public init(
        id: Int,
        tenant: TenantID,
        name: String?,
        firstSlot: String,
        lastSlot: String,
        timeout: Int?,
        number: Extension?
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.firstSlot = firstSlot
        self.lastSlot = lastSlot
        self.timeout = timeout
        self.number = number
    }
}

/// Parking lots of the directory.
public protocol ParkingLotDirectory: Sendable {
    /// A lot by id, of any tenant: the caller compares the tenant.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func parkingLot(_ id: Int) async throws -> ParkingLotRecord?
}

/// Groups of the directory, for the dialplan.
public protocol GroupDirectory: Sendable {
    /// Name of a group's Asterisk queue, in the scope of a tenant (``UserDirectory``).
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func groupName(_ id: Int, tenant: TenantID?) async throws -> String?
}
