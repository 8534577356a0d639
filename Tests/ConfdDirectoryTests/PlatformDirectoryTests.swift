import ConfdDirectory
import Core
import Directory
import TandemTesting
import Testing

private let tenant = FakeConfd.tenant
private let internalContext = "ctx-lumen-internal-01"
private let odile = UserID("b0000000-0000-4000-8000-000000000010")
private let vadim = UserID("b0000000-0000-4000-8000-000000000011")
private let switchboard = "d0000000-0000-4000-8000-000000000001"
private let doorbell = "d0000000-0000-4000-8000-000000000002"
private let meeting = "d0000000-0000-4000-8000-000000000003"
private let piano = "d0000000-0000-4000-8000-000000000005"
private let nobody = "00000000-0000-4000-8000-0000000000ff"

/// Scopes that see tenant T, and those that do not.
private let seeing: [TenantID?] = [nil, tenant, FakeConfd.master]
private let blind: [TenantID?] = [FakeConfd.sibling]

/// One suite for both implementations: whichever a site has, the same records come out.
@Suite("The golden world, from PostgreSQL and from confd", .goldenDatabase, .timeLimit(.minutes(2)))
struct PlatformDirectoryTests {
    private let sip = LineRecord(id: 31, context: internalContext, endpoint: .sip(name: "k3f9q2"), tenant: tenant)
    private let sccp = LineRecord(id: 32, context: internalContext, endpoint: .sccp(name: "31702"), tenant: tenant)
    private let custom = LineRecord(
        id: 33,
        context: internalContext,
        endpoint: .custom(interface: "Local/door@intercom"),
        tenant: tenant
    )
    private let personal = VoicemailRecord(
        id: 44,
        tenant: tenant,
        name: "Odile",
        number: "101",
        context: internalContext,
        access: .personal,
        users: [odile]
    )
    private let global = VoicemailRecord(
        id: 45,
        tenant: tenant,
        name: "Orders",
        number: "199",
        context: internalContext,
        access: .global,
        users: []
    )

    @Test("a user has his lines and his mobile phone", arguments: Source.available)
    func users(source: Source) async throws {
        let first = UserRecord(
            id: odile,
            tenant: tenant,
            name: "Odile Marchetti",
            lines: [sip],
            mobileNumber: "+33600000010",
            isMobileFallbackEnabled: true
        )
        let second = UserRecord(id: vadim, tenant: tenant, name: "Vadim", lines: [sccp])
        try await withDirectory(source) { directory async throws in
            for scope in seeing {
                #expect(try await directory.user(odile, tenant: scope) == first)
                #expect(try await directory.user(vadim, tenant: scope) == second)
            }
            for scope in blind { #expect(try await directory.user(odile, tenant: scope) == nil) }
            #expect(try await directory.user(UserID(nobody), tenant: tenant) == nil)
        }
    }

    @Test("a user is not found by anything but his uuid", arguments: Source.available)
    func userTexts(source: Source) async throws {
        try await withDirectory(source) { directory async throws in
            for text in ["", ".", "..", "12", "%", "a/b", "x?y=z", "é\u{1F4DE}", "\(odile)/voicemails"] {
                #expect(try await directory.user(UserID(text), tenant: nil) == nil)
                #expect(try await directory.voicemail(of: UserID(text), tenant: nil)?.id != 45)
            }
        }
    }

    @Test("lines of every kind, one by one and all", arguments: Source.available)
    func lines(source: Source) async throws {
        try await withDirectory(source) { directory async throws in
            #expect(try await directory.lines() == [sip, sccp, custom])
            for line in [sip, sccp, custom] {
                for scope in seeing { #expect(try await directory.line(line.id, tenant: scope) == line) }
                for scope in blind { #expect(try await directory.line(line.id, tenant: scope) == nil) }
            }
            for id in [0, -1, 99, Int.max] { #expect(try await directory.line(id, tenant: nil) == nil) }
        }
    }

    @Test("trunks with the names that Asterisk knows them by", arguments: Source.available)
    func trunks(source: Source) async throws {
        let registration = "sip:acct77@carrier.example"
        try await withDirectory(source) { directory async throws in
            #expect(
                try await directory.trunks() == [
                    TrunkRecord(id: 7, tenant: tenant, endpoint: .sip(name: "carrier-a", registration: registration)),
                    TrunkRecord(id: 8, tenant: tenant, endpoint: .iax(name: "branch-iax")),
                    TrunkRecord(id: 9, tenant: tenant, endpoint: .custom(interface: "DAHDI/g1")),
                ]
            )
        }
    }

    @Test("voicemail boxes by id, by user, by number and of a tenant", arguments: Source.available)
    func voicemails(source: Source) async throws {
        try await withDirectory(source) { directory async throws in
            for scope in seeing {
                #expect(try await directory.voicemail(44, tenant: scope) == personal)
                #expect(try await directory.voicemail(45, tenant: scope) == global)
                #expect(try await directory.voicemail(of: odile, tenant: scope) == personal)
            }
            for scope in blind {
                #expect(try await directory.voicemail(44, tenant: scope) == nil)
                #expect(try await directory.voicemail(of: odile, tenant: scope) == nil)
            }
            #expect(try await directory.voicemail(46, tenant: nil) == nil)
            #expect(try await directory.voicemail(of: vadim, tenant: tenant) == nil)
            #expect(try await directory.voicemail(of: UserID(nobody), tenant: tenant) == nil)
            #expect(try await directory.voicemail(number: "199", context: internalContext) == global)
            #expect(try await directory.voicemail(number: "199", context: "elsewhere") == nil)
            #expect(try await directory.voicemail(number: "", context: "") == nil)
            #expect(try await directory.voicemails(tenant: tenant, access: nil) == [personal, global])
            #expect(try await directory.voicemails(tenant: tenant, access: .global) == [global])
            #expect(try await directory.voicemails(tenant: tenant, access: .personal) == [personal])
            for scope in [tenant, FakeConfd.master] {
                #expect(try await directory.voicemails(below: scope, access: nil) == [personal, global])
                #expect(try await directory.voicemails(below: scope, access: .global) == [global])
            }
            // Of exactly this tenant, also for the master tenant.
            #expect(try await directory.voicemails(tenant: FakeConfd.master, access: nil) == [])
        }
    }

    @Test("switchboards with their music", arguments: Source.available)
    func switchboards(source: Source) async throws {
        let record = SwitchboardRecord(
            id: switchboard,
            tenant: tenant,
            name: "Reception",
            queueMusic: "moh-lumen-\(piano)",
            waitingRoomMusic: nil,
            timeout: 25
        )
        try await withDirectory(source) { directory async throws in
            #expect(try await directory.switchboards() == [record])
            for scope in seeing { #expect(try await directory.switchboard(switchboard, tenant: scope) == record) }
            for scope in blind { #expect(try await directory.switchboard(switchboard, tenant: scope) == nil) }
            for text in [nobody, "", "..", "x"] { #expect(try await directory.switchboard(text, tenant: nil) == nil) }
        }
    }

    @Test("applications with and without a node, and music", arguments: Source.available)
    func applications(source: Source) async throws {
        let node = ApplicationRecord.Node(type: "holding", musicOnHold: "default", answers: true)
        let first = ApplicationRecord(id: doorbell, tenant: tenant, name: "Doorbell", node: node)
        let second = ApplicationRecord(
            id: "d0000000-0000-4000-8000-000000000012",
            tenant: tenant,
            name: nil,
            node: nil
        )
        let music = MusicRecord(id: piano, name: "moh-lumen-\(piano)", tenant: tenant)
        try await withDirectory(source) { directory async throws in
            #expect(try await directory.applications() == [first, second])
            #expect(try await directory.application(first.id) == first)
            #expect(try await directory.application(second.id) == second)
            #expect(try await directory.application(nobody) == nil)
            #expect(try await directory.allMusic() == [music])
            #expect(try await directory.music(piano) == music)
            #expect(try await directory.music("") == nil)
        }
    }

    @Test("conference rooms and meetings", arguments: Source.available)
    func rooms(source: Source) async throws {
        let room = ConferenceRecord(id: 15, tenant: tenant)
        try await withDirectory(source) { directory async throws in
            #expect(try await directory.conference(15) == room)
            #expect(try await directory.conference(16) == nil)
            #expect(try await directory.conferences(tenant: tenant) == [room])
            #expect(try await directory.conferences(tenant: FakeConfd.master) == [room])
            #expect(try await directory.conferences(tenant: FakeConfd.sibling) == [])
            #expect(
                try await directory.meeting(meeting) == MeetingRecord(id: meeting, tenant: tenant, owners: [odile])
            )
            for text in [nobody, "", "x", "'"] { #expect(try await directory.meeting(text) == nil) }
        }
    }

    @Test("parking lots and groups", arguments: Source.available)
    func lots(source: Source) async throws {
        let lot = ParkingLotRecord(
            id: 6,
            tenant: tenant,
            name: "Front",
            firstSlot: "701",
            lastSlot: "710",
            timeout: 45,
            number: .init(exten: "700", context: internalContext)
        )
        try await withDirectory(source) { directory async throws in
            #expect(try await directory.parkingLot(6) == lot)
            #expect(try await directory.parkingLot(5) == nil)
            for scope in seeing {
                #expect(
                    try await directory.groupName(5, tenant: scope) == "grp-lumen-d0000000-0000-4000-8000-000000000006"
                )
            }
            for scope in blind { #expect(try await directory.groupName(5, tenant: scope) == nil) }
            #expect(try await directory.groupName(6, tenant: nil) == nil)
        }
    }

    @Test("a disabled user is there: he may place calls by REST", arguments: [Source.confd])
    func disabled(source: Source) async throws {
        let confd = try FakeConfd()
        confd.change { world in
            world["users"] = world["users"]?.map { user in
                .object((user.object ?? [:]).merging(["enabled": false]) { $1 })
            }
        }
        try await withConfd({ confd.answer($0) }) { directory, _ async throws in
            #expect(try await directory.user(odile, tenant: tenant)?.lines.isEmpty == false)
        }
    }
}
