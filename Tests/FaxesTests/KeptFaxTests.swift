import Core
import Events
import Foundation
import Persistence
import TandemTesting
import Testing

@testable import Faxes

@Suite("Received faxes that clients see and remove", .timeLimit(.minutes(2)))
struct KeptFaxTests {
    private static let tenant = TenantID("t-1")
    private static let keep: TimeInterval = 100

    /// The only fax of the tenant.
    private func only(_ faxes: ReceivedFaxes) throws -> ReceivedFax {
        let item = try #require(faxes.items(Self.tenant).first)
        return try #require(faxes.fax(item["id"]?.string ?? "", Self.tenant))
    }

    @Test("delivered: listed with its document for its time, also over a restart; then both go")
    func kept() async throws {
        let site = try FaxSite()
        let arrival = try site.arrival()
        let content = try Data(contentsOf: URL(fileURLWithPath: arrival.file))
        let ports = site.ports(keep: Self.keep)
        let id = try await site.running(ports) { faxes in
            #expect(try await faxes.receive(arrival) == .delivered)
            let item = try #require(faxes.items(Self.tenant).first)
            #expect(item["state"] == "delivered" && item["direction"] == "inbound" && item["error"] == .null)
            #expect(item["ended_at"]?.string == site.clock.now.ISO8601Format() && item["pages"] == 1)
            #expect(faxes.items(TenantID("t-2")) == [])
            return try only(faxes).id
        }
        try await site.running(ports) { faxes in
            let fax = try only(faxes)
            #expect(fax.id == id && faxes.fax(id, TenantID("t-2")) == nil)
            #expect(try await faxes.spool.document(of: fax) != nil)
            #expect(try Data(contentsOf: URL(fileURLWithPath: faxes.spool.file(of: fax))) == content)
            site.clock.advance(by: Self.keep - 1)
            #expect(site.store.rows.count == 1 && site.spooled == [id])
            site.clock.advance(by: 1)
            try await eventually { site.store.rows.isEmpty }
            #expect(faxes.items(Self.tenant) == [] && site.spooled == [])
        }
        #expect(site.events == ["fax_inbound_received"])
        #expect(site.runs(of: "mutt").count == 1)
    }

    @Test("a delivered fax is removed by its tenant at once, and by no other")
    func removed() async throws {
        let site = try FaxSite()
        let arrival = try site.arrival()
        try await site.running(site.ports(keep: Self.keep)) { faxes in
            #expect(try await faxes.receive(arrival) == .delivered)
            let id = try only(faxes).id
            await #expect(throws: Failure.noSuchFax(id)) { try await faxes.discard(id, TenantID("t-2"), by: nil) }
            await #expect(throws: Failure.noSuchFax("../x")) {
                try await faxes.discard("../x", Self.tenant, by: nil)
            }
            try await faxes.discard(id, Self.tenant, by: UserID("u"))
            #expect(site.store.rows.isEmpty && site.spooled == [] && faxes.items(Self.tenant) == [])
            await #expect(throws: Failure.noSuchFax(id)) { try await faxes.discard(id, Self.tenant, by: nil) }
        }
        #expect(site.store.history.suffix(2).map(\.cause) == ["discarded", "files_removed"])
        #expect(site.store.history.suffix(2).map(\.user) == [UserID("u"), nil])
        #expect(site.events == ["fax_inbound_received"])
    }

    @Test("one that waits for an attempt is not delivered any more, and clients hear that it was given up")
    func cancelled() async throws {
        let site = try FaxSite(FaxSite.text(mail: true, printer: true))
        try site.setFailing("mutt", true)
        let arrival = try site.arrival()
        try await site.running(site.ports(keep: Self.keep)) { faxes in
            await #expect(throws: FaxRefusal.self) { try await faxes.receive(arrival) }
            let fax = try only(faxes)
            #expect(fax.phase == .delivering && fax.error == "mail: mutt ended with status 1: mutt: cannot é")
            try await faxes.discard(fax.id, Self.tenant, by: nil)
            #expect(site.store.rows.isEmpty && site.spooled == [])
            site.clock.advance(by: 3_600)
        }
        #expect(site.runs(of: "mutt").count == 1 && site.runs(of: "lp").count == 1)
        #expect(site.events == ["fax_inbound_received", "fax_inbound_failed"])
        let body = try #require(site.store.messages.last.flatMap { try JSONValue(parsing: Data($0.body.utf8)) })
        #expect(body["data"]?["error"] == "mail: CANCELLED" && body["data"]?["status"] == "failed")
    }

    @Test("while an attempt is under way it cannot be removed; afterwards it can")
    func underWay() async throws {
        let site = try FaxSite()
        let arrival = try site.arrival()
        try site.setHanging("mutt", true)
        try await site.running(site.ports(keep: Self.keep)) { faxes in
            async let answer = faxes.receive(arrival)
            try await eventually { site.runs(of: "mutt").count == 1 }
            let id = try only(faxes).id
            await #expect(throws: Failure.faxNotCancellable(id)) {
                try await faxes.discard(id, Self.tenant, by: nil)
            }
            try site.setHanging("mutt", false)
            #expect(try await answer == .delivered)
            try await faxes.discard(id, Self.tenant, by: nil)
        }
        #expect(site.store.rows.isEmpty && site.spooled == [])
    }

    @Test("the database is away: the client is told, and the fax goes when it is back")
    func outage() async throws {
        let site = try FaxSite()
        let arrival = try site.arrival()
        try await site.running(site.ports(keep: Self.keep)) { faxes in
            #expect(try await faxes.receive(arrival) == .delivered)
            let id = try only(faxes).id
            site.store.setOutage(.unreachable("away"))
            await #expect(throws: Failure.databaseUnreachable) {
                try await faxes.discard(id, Self.tenant, by: nil, within: .milliseconds(20))
            }
            #expect(site.spooled == [id], "row first, then files")
            site.store.setOutage(nil)
            try await eventually { site.store.rows.isEmpty }
        }
        #expect(site.spooled == [])
    }

    @Test("killed at each step of a removal: the fax is whole, or goes after the start", arguments: 3...5)
    func killed(commits: Int) async throws {
        let store = CuttingStore(after: commits)
        let site = try FaxSite(FaxSite.text(mail: true), store: store.inner)
        let arrival = try site.arrival()
        var ports = site.ports(keep: Self.keep)
        ports.store = store
        try await site.running(ports) { faxes in
            #expect(try await faxes.receive(arrival) == .delivered)
            let id = try only(faxes).id
            let call = Task { try await faxes.discard(id, Self.tenant, by: nil) }
            if commits < 5 { try await eventually { store.isCut } } else { try await call.value }
        }
        try await site.running(site.ports(keep: Self.keep)) { faxes in
            if commits == 3 {
                #expect(try await faxes.spool.document(of: try only(faxes)) != nil)
            } else {
                #expect(faxes.items(Self.tenant) == [])
                try await eventually { site.store.rows.isEmpty }
                #expect(site.spooled == [])
            }
        }
        #expect(site.events == ["fax_inbound_received"])
    }

    @Test(
        "a file that cannot be removed is tried again, and its row stays until then",
        .enabled(if: TinyDisk.isPossible, "needs the right to mount")
    )
    func stuck() async throws {
        let site = try FaxSite()
        let arrival = try site.arrival()
        try await site.running(site.ports(keep: Self.keep)) { faxes in
            #expect(try await faxes.receive(arrival) == .delivered)
            let id = try only(faxes).id
            var disk = TinyDisk(at: site.folder.url.appendingPathComponent("spool/\(id)"))
            #expect(disk != nil)
            try await faxes.discard(id, Self.tenant, by: nil)
            #expect(site.store.rows.count == 1 && site.spooled == [id] && faxes.items(Self.tenant) == [])
            disk = nil
            site.clock.advance(by: 60)
            try await eventually { site.store.rows.isEmpty }
            #expect(site.spooled == [])
        }
    }

    @Test(
        "a spool that is full, or read-only, takes no fax: the file stays where it was, and nothing of a copy",
        .enabled(if: TinyDisk.isPossible, "needs the right to mount"),
        arguments: [false, true]
    )
    func spool(isReadOnly: Bool) async throws {
        let disk = try #require(TinyDisk(kibibytes: 128))
        if isReadOnly { #expect(disk.becomeReadOnly()) }
        let site = try FaxSite()
        // 233 kB
        let arrival = try site.arrival()
        var ports = site.ports()
        ports.spoolFolder = disk.folder.path
        try await site.running(ports) { faxes in
            do {
                let answer = try await faxes.receive(arrival)
                Issue.record("\(answer)")
            } catch FaxRefusal.notTaken(let text) {
                #expect(isReadOnly || text.contains("No space left on device"), "\(text)")
            }
        }
        #expect(site.folder.names("received").count == 1 && site.store.rows.isEmpty && site.events == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.folder.path) == [])
        #expect(site.store.history.last?.to == "refused")
    }
}
