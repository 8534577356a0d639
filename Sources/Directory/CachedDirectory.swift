public import Core
import Synchronization

/// Keeps what another directory answered, until it is told of a change: users, lines, switchboards,
/// applications, music classes, parking lots and voicemail boxes by id (contract 38 §10, 20 §9). Lists and all
/// other look-ups are asked each time, and what is not there is asked again.
///
/// It begins to keep something with ``feedStarted()``, when the events or notifications that tell changes arrive.
public final class CachedDirectory: Sendable {
    /// Objects of each kind that are kept at most.
    public static let defaultCapacity = 10_000

    private let source: any PlatformDirectory
    private let users: SharedCache<UserID, UserRecord>
    private let linesByID: SharedCache<Int, LineRecord>
    private let switchboardsByID: SharedCache<String, SwitchboardRecord>
    private let applicationsByID: SharedCache<String, ApplicationRecord>
    private let musicByID: SharedCache<String, MusicRecord>
    private let parkingLots: SharedCache<Int, ParkingLotRecord>
    private let voicemailsByID: SharedCache<Int, VoicemailRecord>
    /// Tenants that were deleted: the source may go on with their objects for a while, and nobody tells when they are gone.
    private let deleted = Mutex<Set<TenantID>>([])
    /// Deleted tenants that are remembered at most.
    private static let mostDeleted = 10_000

    /// - Parameters:
    ///   - source: Where everything comes from.
    ///   - capacity: Objects of each kind that are kept at most.
    public init(_ source: any PlatformDirectory, capacity: Int = CachedDirectory.defaultCapacity) {
        self.source = source
        users = SharedCache(capacity)
        linesByID = SharedCache(capacity)
        switchboardsByID = SharedCache(capacity)
        applicationsByID = SharedCache(capacity)
        musicByID = SharedCache(capacity)
        parkingLots = SharedCache(capacity)
        voicemailsByID = SharedCache(capacity)
    }

    // MARK: Changes

    /// Changes are told from now on: the bus queue is bound, or the database listened to, for the first time or
    /// again. What is kept is dropped, since changes may have been missed.
    public func feedStarted() { setFed(true) }

    /// Changes are no longer told. Nothing is kept until ``feedStarted()``.
    public func feedLost() { setFed(false) }

    /// Anything may have changed.
    public func invalidateAll() { invalidate(.everything) }

    /// Drops what a change may concern; an id that is not kept is no fault.
    public func invalidate(_ change: DirectoryChange) {
        switch change {
        case .user(let id):
            users.drop(id)
            voicemailsByID.drop { box in id.map { box.users.contains($0) } ?? true }
        case .line(let id):
            linesByID.drop(id)
            users.drop { user in id.map { id in user.lines.contains { $0.id == id } } ?? true }
        case .switchboard(let id): switchboardsByID.drop(id)
        case .voicemail(let id): voicemailsByID.drop(id)
        case .application(let id): applicationsByID.drop(id)
        case .parkingLot(let id): parkingLots.drop(id)
        case .music(let id):
            musicByID.drop(id)
            // They hold names of classes, which go with the class.
            switchboardsByID.drop(nil)
        case .tenantDeleted(let tenant):
            deleted.withLock { deleted in
                if deleted.count >= Self.mostDeleted { deleted.removeAll() }
                deleted.insert(tenant)
            }
            invalidate(.everything)
        case .trunk, .conference, .meeting, .group: break
        case .tenant, .everything:
            users.drop(nil)
            linesByID.drop(nil)
            switchboardsByID.drop(nil)
            applicationsByID.drop(nil)
            musicByID.drop(nil)
            parkingLots.drop(nil)
            voicemailsByID.drop(nil)
        }
    }

    /// Whether an object is still to be served.
    private func isThere(_ tenant: TenantID) -> Bool { deleted.withLock { !$0.contains(tenant) } }

    private func setFed(_ isFed: Bool) {
        users.setFed(isFed)
        linesByID.setFed(isFed)
        switchboardsByID.setFed(isFed)
        applicationsByID.setFed(isFed)
        musicByID.setFed(isFed)
        parkingLots.setFed(isFed)
        voicemailsByID.setFed(isFed)
    }
}

// MARK: Kept

extension CachedDirectory: PlatformDirectory {
    /// A user, kept.
    public func user(_ id: UserID, tenant: TenantID?) async throws -> UserRecord? {
        try await users.value(id, tenant) { try await source.user(id, tenant: tenant) }
    }

    /// A line, kept.
    public func line(_ id: Int, tenant: TenantID?) async throws -> LineRecord? {
        try await linesByID.value(id, tenant) { try await source.line(id, tenant: tenant) }
    }

    /// A switchboard, kept.
    public func switchboard(_ id: String, tenant: TenantID?) async throws -> SwitchboardRecord? {
        let found = try await switchboardsByID.value(id, tenant) {
            try await source.switchboard(id, tenant: tenant)
        }
        return found.flatMap { isThere($0.tenant) ? $0 : nil }
    }

    /// An application, kept.
    public func application(_ id: String) async throws -> ApplicationRecord? {
        let found = try await applicationsByID.value(id, nil) { try await source.application(id) }
        return found.flatMap { isThere($0.tenant) ? $0 : nil }
    }

    /// A music class, kept.
    public func music(_ id: String) async throws -> MusicRecord? {
        try await musicByID.value(id, nil) { try await source.music(id) }
    }

    /// A parking lot, kept.
    public func parkingLot(_ id: Int) async throws -> ParkingLotRecord? {
        try await parkingLots.value(id, nil) { try await source.parkingLot(id) }
    }

    /// A voicemail box, kept.
    public func voicemail(_ id: Int, tenant: TenantID?) async throws -> VoicemailRecord? {
        try await voicemailsByID.value(id, tenant) { try await source.voicemail(id, tenant: tenant) }
    }

    // MARK: Asked each time

    /// All lines, asked each time.
    public func lines() async throws -> [LineRecord] { try await source.lines() }

    /// All trunks, asked each time.
    public func trunks() async throws -> [TrunkRecord] { try await source.trunks() }

    /// All switchboards, asked each time.
    public func switchboards() async throws -> [SwitchboardRecord] {
        try await source.switchboards().filter { isThere($0.tenant) }
    }

    /// The box of a user, asked each time.
    public func voicemail(of user: UserID, tenant: TenantID?) async throws -> VoicemailRecord? {
        try await source.voicemail(of: user, tenant: tenant)
    }

    /// The box of a number, asked each time.
    public func voicemail(number: String, context: String) async throws -> VoicemailRecord? {
        try await source.voicemail(number: number, context: context)
    }

    /// The boxes of a tenant, asked each time.
    public func voicemails(tenant: TenantID, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord] {
        try await source.voicemails(tenant: tenant, access: access)
    }

    /// The boxes of a tenant and of those below it.
    public func voicemails(below tenant: TenantID?, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord] {
        try await source.voicemails(below: tenant, access: access)
    }

    /// All applications, asked each time.
    public func applications() async throws -> [ApplicationRecord] {
        try await source.applications().filter { isThere($0.tenant) }
    }

    /// All music classes, asked each time.
    public func allMusic() async throws -> [MusicRecord] { try await source.allMusic() }

    /// A conference room, asked each time.
    public func conference(_ id: Int) async throws -> ConferenceRecord? { try await source.conference(id) }

    /// The conference rooms of a tenant, asked each time.
    public func conferences(tenant: TenantID) async throws -> [ConferenceRecord] {
        try await source.conferences(tenant: tenant)
    }

    /// A meeting, asked each time.
    public func meeting(_ id: String) async throws -> MeetingRecord? { try await source.meeting(id) }

    /// The queue of a group, asked each time.
    public func groupName(_ id: Int, tenant: TenantID?) async throws -> String? {
        try await source.groupName(id, tenant: tenant)
    }
}

/// A ``LookupCache`` that many tasks ask.
private final class SharedCache<Object: Hashable & Sendable, Value: Sendable>: Sendable {
    private let cache: Mutex<LookupCache<Object, Value>>

    init(_ capacity: Int) { cache = Mutex(LookupCache(capacity: capacity)) }

    func value(
        _ object: Object,
        _ scope: TenantID?,
        read: () async throws -> Value?
    ) async throws -> Value? {
        if let kept = cache.withLock({ $0.value(of: object, in: scope) }) { return kept }
        let ticket = cache.withLock { $0.begin(object) }
        do {
            let value = try await read()
            cache.withLock { $0.end(ticket, value, of: object, in: scope) }
            return value
        } catch {
            cache.withLock { $0.end(ticket, nil, of: object, in: scope) }
            throw error
        }
    }

    /// `nil`: all objects.
    func drop(_ object: Object?) {
        cache.withLock { cache in
            if let object { cache.remove(object) } else { cache.removeAll() }
        }
    }

    func drop(where holds: (Value) -> Bool) { cache.withLock { $0.removeAll(where: holds) } }

    func setFed(_ isFed: Bool) { cache.withLock { $0.setFed(isFed) } }
}
