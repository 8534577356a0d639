import Core
import Directory
import Postgres
import PostgresDirectory
import TandemLab
import Testing

private let demo = TenantID("10000000-0000-4000-8000-000000000001")
private let other = TenantID("10000000-0000-4000-8000-000000000002")
private let switchboardA = "30000000-0000-4000-8000-000000000001"
private let switchboardB = "30000000-0000-4000-8000-000000000002"
private let otherSwitchboard = "30000000-0000-4000-8000-000000000003"

@Suite("The demo's rows", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct DemoDirectoryTests {
    @Test("The system has its uuid", arguments: Role.allCases)
    func system(role: Role) async throws {
        try await withDirectory(as: role) { directory async throws in
            #expect(try await directory.systemUUID() == "40000000-0000-4000-8000-000000000001")
        }
    }

    @Test("A switchboard is found in its tenant, and without naming one", arguments: Role.allCases)
    func switchboard(role: Role) async throws {
        let expected = SwitchboardRecord(
            id: switchboardB,
            tenant: demo,
            name: "Switchboard B",
            queueMusic: nil,
            waitingRoomMusic: nil,
            timeout: 4
        )
        try await withDirectory(as: role) { directory async throws in
            #expect(try await directory.switchboard(switchboardB, tenant: demo) == expected)
            #expect(try await directory.switchboard(switchboardB, tenant: nil) == expected)
            #expect(try await directory.switchboard(switchboardA, tenant: demo)?.timeout == nil)
        }
    }

    @Test("A switchboard of another tenant is not there", arguments: Role.allCases)
    func foreignSwitchboard(role: Role) async throws {
        try await withDirectory(as: role) { directory async throws in
            #expect(try await directory.switchboard(switchboardA, tenant: other) == nil)
            #expect(try await directory.switchboard(otherSwitchboard, tenant: demo) == nil)
            #expect(try await directory.switchboard(otherSwitchboard, tenant: other)?.tenant == other)
            #expect(try await directory.switchboard(switchboardA, tenant: TenantID("no tenant")) == nil)
        }
    }

    @Test("A context has its tenant", arguments: Role.allCases)
    func contexts(role: Role) async throws {
        try await withDirectory(as: role) { directory async throws in
            #expect(try await directory.tenant(ofContext: "from-extern") == demo)
            #expect(try await directory.tenant(ofContext: "FROM-EXTERN' OR ''='") == nil)
            #expect(try await directory.tenant(ofContext: "") == nil)
        }
    }

    @Test("All switchboards come ordered by uuid, of all tenants", arguments: Role.allCases)
    func switchboards(role: Role) async throws {
        try await withDirectory(as: role) { directory async throws in
            let ids = try await directory.switchboards().map(\.id)
            #expect(ids == ids.sorted())
            #expect(ids.filter { $0.hasPrefix("30000000-") } == [switchboardA, switchboardB, otherSwitchboard])
        }
    }

    @Test("A switchboard's features are its timeout and its no-answer destination", arguments: Role.allCases)
    func features(role: Role) async throws {
        try await withDirectory(as: role) { directory async throws in
            let announcement = DialAction(action: "sound", argument1: "vm-nobodyavail")
            #expect(
                try await directory.switchboardFeatures(switchboardB)
                    == SwitchboardFeatures(timeout: 4, noAnswer: announcement, tenant: demo)
            )
            #expect(
                try await directory.switchboardFeatures(switchboardA)
                    == SwitchboardFeatures(timeout: nil, noAnswer: nil, tenant: demo)
            )
        }
    }

    @Test("A user has his name and his SIP line", arguments: Role.allCases)
    func user(role: Role) async throws {
        let alice = UserID("20000000-0000-4000-8000-000000000001")
        let line = LineRecord(id: 1, context: "default", endpoint: .sip(name: "alice"), tenant: demo)
        try await withDirectory(as: role) { directory async throws in
            #expect(
                try await directory.user(alice, tenant: demo)
                    == UserRecord(id: alice, tenant: demo, name: "Alice Archer", lines: [line])
            )
            #expect(try await directory.user(alice, tenant: other) == nil)
        }
    }

    @Test("A user without a line is found and has none", arguments: Role.allCases)
    func userWithoutLine(role: Role) async throws {
        let dave = UserID("20000000-0000-4000-8000-000000000004")
        try await withDirectory(as: role) { directory async throws in
            let user = try #require(try await directory.user(dave, tenant: demo))
            #expect(user.name == "Dave Dyer")
            #expect(user.lines == [])
        }
    }

    @Test("An incall has its number and its destination", arguments: Role.allCases)
    func incall(role: Role) async throws {
        let expected = IncallRecord(
            id: 1,
            tenant: demo,
            exten: "5000",
            context: "from-extern",
            preprocessSubroutine: nil,
            greetingSound: nil,
            answer: DialAction(action: "switchboard", argument1: switchboardA),
            callerID: nil
        )
        try await withDirectory(as: role) { directory async throws in
            #expect(try await directory.incall(1) == expected)
            #expect(try await directory.incall(2)?.exten == "5001")
            #expect(try await directory.incall(3)?.answer == DialAction(action: "endcall:hangup"))
        }
    }

    @Test(
        "A text that is no uuid finds nothing, and neither does a NUL behind one",
        arguments: ["", "x", "1; DROP TABLE tenant", "'", "%", "é\u{1F4DE}", String(repeating: "9", count: 10_000)]
            + [switchboardA + "\0", "\0"]
    )
    func oddTexts(text: String) async throws {
        try await withDirectory(as: .tandem) { directory async throws in
            #expect(try await directory.switchboard(text, tenant: nil) == nil)
            #expect(try await directory.switchboard(switchboardA, tenant: TenantID(text)) == nil)
            #expect(try await directory.switchboardFeatures(text) == nil)
            #expect(try await directory.user(UserID(text), tenant: demo) == nil)
            #expect(
                try await directory.user(UserID("20000000-0000-4000-8000-000000000001"), tenant: TenantID(text)) == nil
            )
            #expect(try await directory.schedule(path: text, id: 1) == nil)
        }
    }

    @Test("A number that is no id finds nothing", arguments: [0, -1, 2_147_483_648, Int.max, Int.min])
    func oddNumbers(number: Int) async throws {
        try await withDirectory(as: .tandem) { directory async throws in
            #expect(try await directory.incall(number) == nil)
            #expect(try await directory.schedule(path: "incall", id: number) == nil)
        }
    }
}
