import Core
import Directory
import Synchronization
import TandemTesting
import Testing

private let tenant = TenantID("T")
private let user = UserID("U")

@Suite("A directory that keeps what it read")
struct CachedDirectoryTests {
    private let source: FakeDirectory
    private let cached: CachedDirectory

    init() {
        var world = FakeDirectory.World()
        world.users = [
            UserRecord(
                id: user,
                tenant: tenant,
                name: "Odile",
                lines: [LineRecord(id: 31, context: "c", endpoint: .sip(name: "k3f9q2"), tenant: tenant)]
            )
        ]
        world.switchboards = [
            SwitchboardRecord(id: "S", tenant: tenant, name: "R", queueMusic: "m", waitingRoomMusic: nil, timeout: nil)
        ]
        world.applications = [ApplicationRecord(id: "A", tenant: tenant, name: nil, node: nil)]
        world.music = [MusicRecord(id: "M", name: "m", tenant: tenant)]
        world.parkingLots = [
            ParkingLotRecord(
                id: 6,
                tenant: tenant,
                name: nil,
                firstSlot: "701",
                lastSlot: "710",
                timeout: nil,
                number: nil
            )
        ]
        world.voicemails = [
            VoicemailRecord(
                id: 44,
                tenant: tenant,
                name: "",
                number: "1",
                context: "c",
                access: .personal,
                users: [user]
            )
        ]
        source = FakeDirectory(world)
        cached = CachedDirectory(source)
        cached.feedStarted()
    }

    /// Asks for every kind that is kept.
    private func askAll() async throws {
        #expect(try await cached.user(user, tenant: tenant) != nil)
        #expect(try await cached.line(31, tenant: nil) != nil)
        #expect(try await cached.switchboard("S", tenant: tenant) != nil)
        #expect(try await cached.application("A") != nil)
        #expect(try await cached.music("M") != nil)
        #expect(try await cached.parkingLot(6) != nil)
        #expect(try await cached.voicemail(44, tenant: tenant) != nil)
    }

    @Test("what a deleted tenant had is not served any more, though the source still has it; other tenants' is")
    func deletedTenant() async throws {
        let other = ApplicationRecord(id: "B", tenant: TenantID("other"), name: nil, node: nil)
        source.change { $0.applications.append(other) }
        try await askAll()
        cached.invalidate(.tenantDeleted(tenant))
        #expect(try await cached.application("A") == nil)
        #expect(try await cached.switchboard("S", tenant: tenant) == nil)
        #expect(try await cached.switchboards().isEmpty)
        #expect(try await cached.applications() == [other])
        #expect(try await cached.application("B") == other)
        cached.feedLost()
        cached.feedStarted()
        #expect(try await cached.application("A") == nil, "also after the bus was away")
    }

    @Test("the second question of each kind reaches nobody, also while the source is away")
    func warm() async throws {
        try await askAll()
        #expect(source.lookUps == 7)
        source.setOutage(.unreachable("down"))
        try await askAll()
        #expect(source.lookUps == 7)
    }

    @Test(
        "a change is asked for again, and nothing else is",
        arguments: [
            (DirectoryChange.user(user), 2), (.user(UserID("other")), 0), (.user(nil), 2), (.line(31), 2),
            (.line(32), 0), (.line(nil), 2), (.switchboard("S"), 1), (.application("A"), 1), (.music("M"), 2),
            (.parkingLot(6), 1), (.parkingLot(7), 0), (.voicemail(44), 1), (.voicemail(nil), 1), (.trunk(7), 0),
            (.conference(15), 0), (.meeting("x"), 0), (.group(5), 0), (.tenant, 7), (.everything, 7),
        ]
    )
    func invalidation(change: DirectoryChange, askedAgain: Int) async throws {
        try await askAll()
        cached.invalidate(change)
        try await askAll()
        #expect(source.lookUps == 7 + askedAgain)
    }

    @Test("what is not there, and what failed, is asked again")
    func negative() async throws {
        for _ in 0..<2 { #expect(try await cached.user(UserID("nobody"), tenant: tenant) == nil) }
        #expect(source.lookUps == 2)
        source.setOutage(.unreachable("down"))
        await #expect(throws: DatabaseFailure.self) { try await cached.user(user, tenant: tenant) }
        source.setOutage(nil)
        #expect(try await cached.user(user, tenant: tenant) != nil)
        #expect(source.lookUps == 4)
    }

    @Test("after a loss of the feed nothing is kept until it is back")
    func feed() async throws {
        try await askAll()
        cached.feedLost()
        try await askAll()
        try await askAll()
        #expect(source.lookUps == 21)
        cached.feedStarted()
        try await askAll()
        try await askAll()
        #expect(source.lookUps == 28)
    }

    @Test("lists and other look-ups are asked each time")
    func lists() async throws {
        for _ in 0..<2 {
            #expect(try await cached.lines().count == 1)
            #expect(try await cached.trunks().isEmpty)
            #expect(try await cached.switchboards().count == 1)
            #expect(try await cached.applications().count == 1)
            #expect(try await cached.allMusic().count == 1)
            #expect(try await cached.voicemail(of: user, tenant: tenant)?.id == 44)
            #expect(try await cached.voicemail(number: "1", context: "c")?.id == 44)
            #expect(try await cached.voicemails(tenant: tenant, access: .global).isEmpty)
            #expect(try await cached.conference(1) == nil)
            #expect(try await cached.conferences(tenant: tenant).isEmpty)
            #expect(try await cached.meeting("x") == nil)
            #expect(try await cached.groupName(5, tenant: tenant) == nil)
        }
        #expect(source.lookUps == 24)
    }

    @Test("a read that was under way when the change came answers its caller and is not kept")
    func changeWhileReading() async throws {
        let slow = SlowUsers(FakeDirectory(users: [UserRecord(id: user, tenant: tenant, name: "old", lines: [])]))
        let cached = CachedDirectory(slow)
        cached.feedStarted()
        async let first = cached.user(user, tenant: tenant)
        await slow.waitUntilAsked()
        slow.source.change { $0.users[0].name = "new" }
        cached.invalidate(.user(user))
        slow.letGo()
        #expect(try await first?.name == "old")
        #expect(try await cached.user(user, tenant: tenant)?.name == "new")
        #expect(try await cached.user(user, tenant: tenant)?.name == "new")
        #expect(slow.source.lookUps == 2)
    }
}

/// Answers the first question about a user only when it is let go, with what was there when it was asked.
private final class SlowUsers {
    let source: FakeDirectory
    private let asked = AsyncStream.makeStream(of: Void.self)
    private let gate = AsyncStream.makeStream(of: Void.self)
    private let isFirst = Mutex(true)

    init(_ source: FakeDirectory) { self.source = source }

    func waitUntilAsked() async {
        for await _ in asked.stream { return }
    }

    func letGo() { gate.continuation.finish() }

    func user(_ id: UserID, tenant: TenantID?) async throws -> UserRecord? {
        let found = try await source.user(id, tenant: tenant)
        let waits = isFirst.withLock { isFirst in
            defer { isFirst = false }
            return isFirst
        }
        if waits {
            asked.continuation.yield()
            for await _ in gate.stream {}
        }
        return found
    }
}

extension SlowUsers: PlatformDirectory {
    func line(_ id: Int, tenant: TenantID?) async throws -> LineRecord? { try await source.line(id, tenant: tenant) }
    func lines() async throws -> [LineRecord] { try await source.lines() }
    func trunks() async throws -> [TrunkRecord] { try await source.trunks() }
    func switchboard(_ id: String, tenant: TenantID?) async throws -> SwitchboardRecord? {
        try await source.switchboard(id, tenant: tenant)
    }
    func switchboards() async throws -> [SwitchboardRecord] { try await source.switchboards() }
    func voicemail(_ id: Int, tenant: TenantID?) async throws -> VoicemailRecord? {
        try await source.voicemail(id, tenant: tenant)
    }
    func voicemail(of user: UserID, tenant: TenantID?) async throws -> VoicemailRecord? {
        try await source.voicemail(of: user, tenant: tenant)
    }
    func voicemail(number: String, context: String) async throws -> VoicemailRecord? {
        try await source.voicemail(number: number, context: context)
    }
    func voicemails(tenant: TenantID, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord] {
        try await source.voicemails(tenant: tenant, access: access)
    }
    func voicemails(below tenant: TenantID?, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord] {
        try await source.voicemails(below: tenant, access: access)
    }
    func application(_ id: String) async throws -> ApplicationRecord? { try await source.application(id) }
    func applications() async throws -> [ApplicationRecord] { try await source.applications() }
    func music(_ id: String) async throws -> MusicRecord? { try await source.music(id) }
    func allMusic() async throws -> [MusicRecord] { try await source.allMusic() }
    func conference(_ id: Int) async throws -> ConferenceRecord? { try await source.conference(id) }
    func conferences(tenant: TenantID) async throws -> [ConferenceRecord] {
        try await source.conferences(tenant: tenant)
    }
    func meeting(_ id: String) async throws -> MeetingRecord? { try await source.meeting(id) }
    func parkingLot(_ id: Int) async throws -> ParkingLotRecord? { try await source.parkingLot(id) }
    func groupName(_ id: Int, tenant: TenantID?) async throws -> String? {
        try await source.groupName(id, tenant: tenant)
    }
}
