public import Core

/// A conference room as its callers need it (contract 43 `conference`), with its PINs: never to be logged.
public struct DialplanConference: Sendable, Hashable {
    /// `conference.id`.
    public var id: Int
    /// Tenant of the room.
    public var tenant: TenantID
    /// Its name; `nil`: none.
    public var name: String?
    /// What users dial to come in; empty: nobody is asked.
    public var pin: String
    /// What the room's administrators dial; empty: there are none.
    public var administratorPIN: String
    /// Subroutine of the dialplan before a caller comes in.
    public var preprocessSubroutine: String?

    /// A room with all its parts.
    public init(
        id: Int,
        tenant: TenantID,
        name: String?,
        pin: String = "",
        administratorPIN: String = "",
        preprocessSubroutine: String? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.pin = pin
        self.administratorPIN = administratorPIN
        self.preprocessSubroutine = preprocessSubroutine
    }
}

/// A meeting as its callers need it (contract 43 `meeting`).
public struct DialplanMeeting: Sendable, Hashable {
    /// Its uuid.
    public var id: String
    /// Its name; `nil`: none.
    public var name: String?

    /// A meeting with both parts.
    public init(id: String, name: String?) {
        self.id = id
        self.name = name
    }
}

/// Conference rooms and meetings for the dialplan. One round trip for each question.
public protocol DialplanRoomDirectory: Sendable {
    /// A conference room.
    /// - Parameter tenant: Tenant that it must be of; `nil`: any.
    /// - Throws: `DatabaseFailure`.
    func dialplanConference(_ id: Int, tenant: TenantID?) async throws -> DialplanConference?
    /// A tenant's meeting by its number.
    /// - Throws: `DatabaseFailure`.
    func dialplanMeeting(number: String, tenant: TenantID) async throws -> DialplanMeeting?
    /// A tenant's meeting by its uuid.
    /// - Throws: `DatabaseFailure`.
    func dialplanMeeting(uuid: String, tenant: TenantID) async throws -> DialplanMeeting?
}
