public import Core
public import Directory
import Synchronization

/// A directory in memory. Each tenant's scope is that tenant alone.
public final class FakeDirectory: PlatformDirectory, ContextDirectory {
    /// Everything that is in it; public, so that a test puts in what it needs.
    public struct World: Sendable {
        /// Switchboards.
        public var switchboards: [SwitchboardRecord] = []
        /// Users; their lines are found as lines too.
        public var users: [UserRecord] = []
        /// Lines without a user.
        public var lines: [LineRecord] = []
        /// Trunks.
        public var trunks: [TrunkRecord] = []
        /// Voicemail boxes.
        public var voicemails: [VoicemailRecord] = []
        /// Applications.
        public var applications: [ApplicationRecord] = []
        /// Music classes.
        public var music: [MusicRecord] = []
        /// Conference rooms.
        public var conferences: [ConferenceRecord] = []
        /// Meetings.
        public var meetings: [MeetingRecord] = []
        /// Parking lots.
        public var parkingLots: [ParkingLotRecord] = []
        /// Contexts and their tenants; those of users' lines are there too, and belong to the users' tenants.
        public var contexts: [String: TenantID] = [:]
        /// Queue names of groups.
        public var groups: [Int: String] = [:]

        /// An empty world.
        public init() {}
    }

    private struct State {
        var world: World
        var outage: (any Error)?
        var lookUps = 0
    }
    private let state: Mutex<State>

    /// A directory of this world.
    public init(_ world: World) { state = Mutex(State(world: world)) }

    /// A directory of these switchboards and users.
    public convenience init(switchboards: [SwitchboardRecord] = [], users: [UserRecord] = []) {
        var world = World()
        world.switchboards = switchboards
        world.users = users
        self.init(world)
    }

    /// Changes what is in it.
    public func change(_ body: (inout World) -> Void) { state.withLock { body(&$0.world) } }

    /// Every look-up fails with this until it is set to `nil`.
    public func setOutage(_ failure: DatabaseFailure?) { state.withLock { $0.outage = failure } }

    /// Every look-up fails with this until ``setOutage(_:)-(DatabaseFailure?)`` ends it.
    public func setOutage(_ failure: ConfdFailure) { state.withLock { $0.outage = failure } }

    /// Look-ups so far, failed ones too.
    public var lookUps: Int { state.withLock { $0.lookUps } }

    private func look<Value>(_ body: (World) -> Value) throws -> Value {
        try state.withLock { state in
            state.lookUps += 1
            if let outage = state.outage { throw outage }
            return body(state.world)
        }
    }
}

extension FakeDirectory {
    /// A switchboard by uuid.
    public func switchboard(_ id: String, tenant: TenantID?) async throws -> SwitchboardRecord? {
        try look { $0.switchboards.first { $0.id == id && (tenant == nil || $0.tenant == tenant) } }
    }

    /// All switchboards.
    public func switchboards() async throws -> [SwitchboardRecord] { try look { $0.switchboards } }

    /// A user by uuid.
    public func user(_ id: UserID, tenant: TenantID?) async throws -> UserRecord? {
        try look { $0.users.first { $0.id == id && (tenant == nil || $0.tenant == tenant) } }
    }

    /// The tenant of a context.
    public func tenant(ofContext name: String) async throws -> TenantID? {
        try look { world in
            world.contexts[name]
                ?? world.users.first { $0.lines.contains { $0.context == name } }?.tenant
        }
    }

    /// A line by id.
    public func line(_ id: Int, tenant: TenantID?) async throws -> LineRecord? {
        try await lines().first { $0.id == id && (tenant == nil || $0.tenant == tenant) }
    }

    /// All lines, those of users too.
    public func lines() async throws -> [LineRecord] {
        try look { world in
            let ofUsers = world.users.flatMap { user in
                user.lines.map { line in
                    var line = line
                    line.tenant = line.tenant ?? user.tenant
                    return line
                }
            }
            return (world.lines + ofUsers).sorted { $0.id < $1.id }
        }
    }

    /// All trunks.
    public func trunks() async throws -> [TrunkRecord] { try look { $0.trunks } }

    /// A box by id.
    public func voicemail(_ id: Int, tenant: TenantID?) async throws -> VoicemailRecord? {
        try look { $0.voicemails.first { $0.id == id && (tenant == nil || $0.tenant == tenant) } }
    }

    /// The first box of a user.
    public func voicemail(of user: UserID, tenant: TenantID?) async throws -> VoicemailRecord? {
        try look { $0.voicemails.first { $0.users.contains(user) && (tenant == nil || $0.tenant == tenant) } }
    }

    /// The box of a number.
    public func voicemail(number: String, context: String) async throws -> VoicemailRecord? {
        try look { $0.voicemails.first { $0.number == number && $0.context == context } }
    }

    /// The boxes of a tenant.
    public func voicemails(tenant: TenantID, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord] {
        try look { $0.voicemails.filter { $0.tenant == tenant && (access == nil || $0.access == access) } }
    }

    /// The boxes of all tenants, for any tenant.
    public func voicemails(below tenant: TenantID?, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord] {
        try look { $0.voicemails.filter { access == nil || $0.access == access } }
    }

    /// An application by uuid.
    public func application(_ id: String) async throws -> ApplicationRecord? {
        try look { $0.applications.first { $0.id == id } }
    }

    /// All applications.
    public func applications() async throws -> [ApplicationRecord] { try look { $0.applications } }

    /// A music class by uuid.
    public func music(_ id: String) async throws -> MusicRecord? { try look { $0.music.first { $0.id == id } } }

    /// All music classes.
    public func allMusic() async throws -> [MusicRecord] { try look { $0.music } }

    /// A conference room by id.
    public func conference(_ id: Int) async throws -> ConferenceRecord? {
        try look { $0.conferences.first { $0.id == id } }
    }

    /// The conference rooms of a tenant.
    public func conferences(tenant: TenantID) async throws -> [ConferenceRecord] {
        try look { $0.conferences.filter { $0.tenant == tenant } }
    }

    /// A meeting by uuid.
    public func meeting(_ id: String) async throws -> MeetingRecord? {
        try look { $0.meetings.first { $0.id == id.lowercased() } }
    }

    /// A parking lot by id.
    public func parkingLot(_ id: Int) async throws -> ParkingLotRecord? {
        try look { $0.parkingLots.first { $0.id == id } }
    }

    /// The queue of a group.
    public func groupName(_ id: Int, tenant: TenantID?) async throws -> String? { try look { $0.groups[id] } }
}
