import Core
import TandemTesting
import Telephony
import Testing

@testable import CallRequests

@Suite("Where clients may call")
struct DestinationsTests {
    private static let own = TenantID("own")
    private static let other = TenantID("other")

    private func destinations(_ manager: FakeManager = FakeManager()) -> Destinations {
        var world = FakeDirectory.World()
        world.contexts = ["internal": Self.own, "foreign": Self.other]
        return Destinations(
            contexts: FakeDirectory(world),
            manager: manager,
            openContexts: ["site-announcements"]
        )
    }

    @Test(
        "only the tenant's own contexts and those that the site has opened",
        arguments: [
            ("internal", true), ("site-announcements", true), ("foreign", false), ("usersharedlines", false),
            ("forward", false), ("wazo-originate-mobile-leg1", false), ("nowhere", false), ("internal@x", false),
        ]
    )
    func contexts(_ context: String, isAllowed: Bool) async throws {
        let place = DialplanPlace(context: context, exten: "1001")
        #expect(try await destinations().allows(place, for: Self.own) == isAllowed)
    }

    @Test("an extension that cannot be dialled is nowhere, and Asterisk is not asked")
    func extensions() async throws {
        let manager = FakeManager()
        for exten in ["0123@secret/n", "1&2", "1,2", "", "a b", "1\r\nAction: Logoff"] {
            let place = DialplanPlace(context: "internal", exten: exten)
            #expect(try await !destinations(manager).allows(place, for: Self.own))
            #expect(try await !destinations(manager).has(place))
        }
        #expect(manager.lines.isEmpty)
    }

    @Test("a call begins neither behind an extension's first step nor where Asterisk goes by itself; nothing is asked")
    func entrances() async throws {
        let manager = FakeManager()
        let places =
            ["a", "e", "h", "i", "o", "t", "T"].map { DialplanPlace(context: "internal", exten: $0) }
            + [2, 3, 0, -1].map { DialplanPlace(context: "internal", exten: "1001", priority: $0) }
        for place in places {
            #expect(try await !destinations(manager).allows(place, for: Self.own), "\(place)")
            #expect(try await !destinations(manager).has(place), "\(place)")
        }
        #expect(manager.lines.isEmpty)
        for exten in ["s", "i1", "1001", "*98"] {
            let place = DialplanPlace(context: "internal", exten: exten)
            #expect(try await destinations(manager).allows(place, for: Self.own), "\(exten)")
        }
    }

    @Test("an extension that Asterisk does not have is nowhere; a manager that is away is an error")
    func dialplan() async throws {
        let manager = FakeManager()
        manager.setExtensions(["1001@internal"])
        let known = DialplanPlace(context: "internal", exten: "1001")
        #expect(try await destinations(manager).has(known))
        #expect(try await !destinations(manager).has(DialplanPlace(context: "internal", exten: "1002")))
        manager.fail("ShowDialplan", with: .timedOut)
        await #expect(throws: ManagerFailure.timedOut) {
            _ = try await destinations(manager).allows(known, for: Self.own)
        }
    }
}
