import Core
import Directory
import Events
import Foundation
import Persistence
import TandemTesting
import Testing

@testable import Faxes

@Suite("A received fax's journey", .timeLimit(.minutes(2)))
struct FaxJourneyTests {
    @Test("delivered at once: both files are gone, and the row; clients heard of it")
    func delivered() async throws {
        let site = try FaxSite(FaxSite.text(mail: true, printer: true))
        let fax = try site.arrival()
        let answer = try await site.running { try await $0.receive(fax) }
        #expect(answer == .delivered)
        #expect(site.runs(of: "mutt").count == 1 && site.runs(of: "lp").count == 1)
        #expect(site.folder.names("received") == [] && site.spooled == [])
        #expect(site.store.rows.isEmpty)
        #expect(site.events == ["fax_inbound_received"])
        let history = site.store.history.map { "\($0.from) \($0.to) \($0.cause)" }
        #expect(
            history == [
                " received arrived", "received delivering taken", "delivering delivering attempt_succeeded mail",
                "delivering delivered attempt_succeeded printer", "delivered removing keep_passed",
                "removing removing files_removed",
            ]
        )
    }

    @Test("events say who, what and how many pages, to the tenant and to the user whose call it was")
    func events() async throws {
        let site = try FaxSite()
        var fax = try site.arrival()
        fax.user = UserID("u-1")
        let arrival = fax
        _ = try await site.running { try await $0.receive(arrival) }
        let messages = site.store.messages
        #expect(messages.map(\.routingKey) == ["faxes.inbound.received", "faxes.inbound.users.u-1.received"])
        #expect(messages.first?.headers["required_acl"]?.string == "events.faxes.inbound.received")
        #expect(messages.first?.headers["user_uuid:*"]?.boolean == true)
        #expect(messages.last?.headers["user_uuid:u-1"]?.boolean == true)
        let data = try #require(messages.first.flatMap { try JSONValue(parsing: Data($0.body.utf8))["data"] })
        #expect(
            data == [
                "id": data["id"] ?? .null, "caller_id": "\"Ann\" <0123>", "destination": "5009", "pages": 1,
                "remote_station_id": "+33 1", "tenant_uuid": "t-1", "user_uuid": "u-1", "status": "received",
                "error": nil,
            ]
        )
    }

    @Test("an incomplete fax is told of with the pages that came, kept for its time without delivery, then gone")
    func incomplete() async throws {
        let site = try FaxSite()
        var arrival = try site.arrival()
        arrival.fault = "HANGUP"
        arrival.pages = 2
        let fax = arrival
        try await site.running { faxes in
            #expect(try await faxes.receive(fax) == .kept)
            #expect(site.folder.names("received") == [] && site.spooled.count == 1 && site.runs(of: "mutt") == [])
            let item = try #require(faxes.items(TenantID("t-1")).first)
            #expect(item["state"] == "failed" && item["pages"] == 2 && item["error"] == "INCOMPLETE: HANGUP")
            #expect(try await faxes.receive(fax) == .alreadyTaken)
            await site.clock.waitForSleepers()
            site.clock.advance(by: 31 * 86_400)
            try await eventually { site.store.rows.isEmpty && site.spooled == [] }
        }
        #expect(site.events == ["fax_inbound_failed"])
        let data = try #require(
            site.store.messages.first.flatMap { try JSONValue(parsing: Data($0.body.utf8))["data"] }
        )
        #expect(data["pages"] == 2 && data["status"] == "failed" && data["error"] == "INCOMPLETE: HANGUP")
    }

    @Test("where the configuration wants it an incomplete fax is delivered as far as it came")
    func incompleteDelivered() async throws {
        let text = FaxSite.text(mail: true).replacing("[general]\n", with: "[general]\ndeliver_incomplete = 1\n")
        let site = try FaxSite(text)
        var arrival = try site.arrival()
        arrival.fault = "HANGUP"
        let fax = arrival
        #expect(try await site.running { try await $0.receive(fax) } == .delivered)
        #expect(site.runs(of: "mutt").count == 1 && site.events == ["fax_inbound_received"])
        let data = try #require(
            site.store.messages.first.flatMap { try JSONValue(parsing: Data($0.body.utf8))["data"] }
        )
        #expect(data["status"] == "received" && data["error"] == "INCOMPLETE: HANGUP")
    }

    @Test("of a reception that broke off before the first page nothing stays")
    func incompleteEmpty() async throws {
        let site = try FaxSite()
        var arrival = try site.arrival()
        arrival.fault = "HANGUP"
        arrival.pages = 0
        let fax = arrival
        #expect(try await site.running { try await $0.receive(fax) } == .nothingReceived)
        #expect(site.folder.names("received") == [] && site.spooled == [])
        #expect(site.events == [] && site.store.rows.isEmpty)
    }

    @Test("a backend that fails is told, the others deliver, and it is tried again until it has the fax")
    func repeated() async throws {
        let site = try FaxSite(FaxSite.text(mail: true, printer: true))
        try site.setFailing("mutt", true)
        let fax = try site.arrival()
        try await site.running { faxes in
            let refusal = FaxRefusal.notDelivered(["mail": "mutt ended with status 1: mutt: cannot é"])
            await #expect(throws: refusal) { try await faxes.receive(fax) }
            #expect(site.runs(of: "lp").count == 1)
            #expect(site.spooled.count == 1 && site.folder.names("received") == [])
            let due = site.store.rows.values.first?.deadline
            #expect(due == site.clock.now.addingTimeInterval(60))
            await site.clock.waitForSleepers()
            site.clock.advance(by: 60)
            try await eventually {
                site.runs(of: "mutt").count == 2 && site.store.history.last?.cause == "attempt_failed mail"
            }
            try await eventually { site.store.rows.values.first?.deadline == site.clock.now.addingTimeInterval(300) }
            try site.setFailing("mutt", false)
            await site.clock.waitForSleepers()
            site.clock.advance(by: 300)
            try await eventually { site.store.rows.isEmpty }
        }
        #expect(site.runs(of: "mutt").count == 3 && site.runs(of: "lp").count == 1)
        #expect(site.spooled == [] && site.events == ["fax_inbound_received"])
    }

    @Test("all attempts in vain: clients hear of it; fax and file are kept for their time")
    func inVain() async throws {
        let site = try FaxSite()
        try site.setFailing("mutt", true)
        let fax = try site.arrival()
        var ports = site.ports()
        ports.retryPauses = [60, 60]
        try await site.running(ports) { faxes in
            await #expect(throws: FaxRefusal.self) { try await faxes.receive(fax) }
            for attempt in 2...3 {
                await site.clock.waitForSleepers()
                site.clock.advance(by: 60)
                try await eventually { site.runs(of: "mutt").count == attempt }
                try await eventually { site.store.history.count == attempt + 2 }
            }
            try await eventually { site.store.rows.values.first?.body["phase"] == "failed" }
        }
        #expect(site.events == ["fax_inbound_received", "fax_inbound_failed"])
        let body = try #require(site.store.messages.last.flatMap { try JSONValue(parsing: Data($0.body.utf8)) })
        #expect(body["data"]?["status"] == "failed")
        #expect(body["data"]?["error"] == "mail: mutt ended with status 1: mutt: cannot é")
        let id = try #require(body["data"]?["id"]?.string)
        #expect(site.spooled == [id])
        #expect(site.folder.names("spool/\(id)") == ["5009-0123-1700000000.tif"])
        try await site.running(ports) { _ in
            await site.clock.waitForSleepers()
            #expect(site.store.rows.values.first?.deadline == site.clock.now.addingTimeInterval(1_000))
            site.clock.advance(by: 1_000)
            try await eventually { site.store.rows.isEmpty }
        }
        #expect(site.spooled == [])
    }

    @Test("without an address mail fails for good, at once")
    func noAddress() async throws {
        let site = try FaxSite()
        let fax = try site.arrival(email: "")
        try await site.running { faxes in
            await #expect(throws: FaxRefusal.notDelivered(["mail": "no e-mail address"])) {
                try await faxes.receive(fax)
            }
        }
        #expect(site.events == ["fax_inbound_received", "fax_inbound_failed"])
        #expect(site.store.rows.values.map { $0.body["phase"] } == ["failed"])
    }

    @Test("told of twice: one fax; nothing received: no fax; both are no failure")
    func twice() async throws {
        let site = try FaxSite()
        let fax = try site.arrival()
        try site.setHanging("mutt", true)
        try await site.running { faxes in
            async let first = faxes.receive(fax)
            try await eventually { site.runs(of: "mutt").count == 1 }
            let second = try await faxes.receive(fax)
            #expect(second == .alreadyTaken)
            try site.setHanging("mutt", false)
            #expect(try await first == .delivered)
            let third = try await faxes.receive(fax)
            #expect(third == .nothingReceived)
        }
        #expect(site.runs(of: "mutt").count == 1)
        #expect(site.events == ["fax_inbound_received"])
    }

    @Test("a new fax under the name of one that waits is another fax")
    func sameName() async throws {
        let site = try FaxSite()
        try site.setFailing("mutt", true)
        let first = try site.arrival()
        try await site.running { faxes in
            await #expect(throws: FaxRefusal.self) { try await faxes.receive(first) }
            let second = try site.arrival()
            await #expect(throws: FaxRefusal.self) { try await faxes.receive(second) }
            #expect(site.spooled.count == 2 && site.store.rows.count == 2)
        }
    }

    @Test("refused without a trace: a foreign path, no destination, a spool that is not there, a database that is away")
    func refused() async throws {
        let site = try FaxSite(FaxSite.text())
        let good = try FaxSite()
        var foreign = try good.arrival()
        foreign.file = good.folder.path("received/../xivo_fax.conf")
        let outside = foreign
        let lost = try site.arrival()
        await #expect(throws: FaxRefusal.noDestination("5009")) {
            try await site.running { try await $0.receive(lost) }
        }
        #expect(site.folder.names("received").count == 1 && site.store.rows.isEmpty)
        let fax = try good.arrival()
        try await good.running { faxes in
            await #expect(throws: FaxRefusal.foreignPath(outside.file.debugDescription)) {
                try await faxes.receive(outside)
            }
            good.store.setOutage(.unreachable("away"))
            await #expect(throws: FaxRefusal.notTaken("unreachable(\"away\")")) { try await faxes.receive(fax) }
            good.store.setOutage(nil)
            try FileManager.default.removeItem(atPath: good.folder.path("spool"))
            try good.folder.write("in the way", "spool")
            await #expect(throws: FaxRefusal.self) { try await faxes.receive(fax) }
        }
        #expect(good.folder.names("received").count == 1, "the file stays where it was")
        #expect(good.store.rows.isEmpty && good.events.isEmpty && good.runs(of: "mutt").isEmpty)
        #expect(good.store.history.last?.to == "refused")
    }

    @Test(
        "the tenant is the channel's, else that of the context; without one nobody hears of the fax",
        arguments: [("from-extern", false, "tenant-of-context"), ("else", false, nil), ("from-extern", true, nil)]
            as [(String, Bool, String?)]
    )
    func tenants(context: String, isAway: Bool, tenant: String?) async throws {
        let site = try FaxSite()
        var fax = try site.arrival()
        fax.tenant = nil
        fax.context = context
        var ports = site.ports()
        ports.contexts = FixedContexts(isAway: isAway)
        let arrival = fax
        let answer = try await site.running(ports) { try await $0.receive(arrival) }
        #expect(answer == .delivered)
        #expect(site.store.messages.map { $0.headers["tenant_uuid"]?.string } == (tenant.map { [$0] } ?? []))
    }

    @Test("the database goes away between two steps: the fax waits for it and is delivered once")
    func outage() async throws {
        let site = try FaxSite()
        try site.setHanging("mutt", true)
        let fax = try site.arrival()
        try await site.running { faxes in
            async let answer = faxes.receive(fax)
            try await eventually { site.runs(of: "mutt").count == 1 }
            site.store.setOutage(.unreachable("away"))
            try site.setHanging("mutt", false)
            try await eventually { !site.folder.exists("spool/x.pdf") }
            site.store.setOutage(nil)
            #expect(try await answer == .delivered)
        }
        #expect(site.runs(of: "mutt").count == 1)
        #expect(site.store.rows.isEmpty && site.spooled == [])
    }

    @Test("many faxes at once: each is delivered, a few at a time")
    func many() async throws {
        let site = try FaxSite(FaxSite.text(printer: true))
        let faxes = try (0..<40).map { try site.arrival("5009-\($0).tif") }
        try await site.running { feature in
            try await withThrowingTaskGroup(of: FaxAnswer.self) { group in
                for fax in faxes { group.addTask { try await feature.receive(fax) } }
                for try await answer in group { #expect(answer == .delivered) }
            }
        }
        #expect(site.runs(of: "lp").count == 40 && site.spooled == [])
    }
}
