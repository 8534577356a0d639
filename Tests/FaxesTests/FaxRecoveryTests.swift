import Core
import Foundation
import Persistence
import TandemTesting
import Testing

@testable import Faxes

@Suite("Received faxes after a crash", .timeLimit(.minutes(2)))
struct FaxRecoveryTests {
    @Test("cut off while a backend works: it is tried again after the start, the others are not")
    func inAttempt() async throws {
        let site = try FaxSite(FaxSite.text(mail: true, printer: true))
        try site.setHanging("lp", true)
        let fax = try site.arrival()
        try await site.running { faxes in
            let call = Task { try await faxes.receive(fax) }
            try await eventually { site.runs(of: "lp").count == 1 }
            call.cancel()
        }
        try site.setHanging("lp", false)
        #expect(site.store.rows.count == 1 && site.spooled.count == 1)
        try await site.running { _ in try await eventually { site.store.rows.isEmpty } }
        #expect(site.runs(of: "mutt").count == 1 && site.runs(of: "lp").count == 2)
        #expect(site.spooled == [] && site.events == ["fax_inbound_received"])
    }

    @Test("cut off at each step of the store: the next start brings it to its end, with one delivery", arguments: 1...6)
    func atStep(commits: Int) async throws {
        let store = CuttingStore(after: commits)
        let site = try FaxSite(FaxSite.text(mail: true), store: store.inner)
        let fax = try site.arrival()
        var ports = site.ports()
        ports.store = store
        try await site.running(ports) { faxes in
            let call = Task { try await faxes.receive(fax) }
            if commits < 5 { try await eventually { store.isCut } } else { _ = await call.result }
            call.cancel()
        }
        let wasDelivered = site.runs(of: "mutt").count
        try await site.running { _ in try await eventually { site.store.rows.isEmpty } }
        #expect(site.spooled == [] && site.folder.names("received") == [])
        #expect(site.events == ["fax_inbound_received"])
        // Only an attempt whose outcome could not be stored is made again.
        #expect(site.runs(of: "mutt").count == (commits == 2 ? wasDelivered + 1 : 1))
    }

    @Test("a stored fax whose file is nowhere ends")
    func gone() async throws {
        let site = try FaxSite()
        let fax = ReceivedFax(
            id: "f-1",
            arrival: FaxArrival(file: site.folder.path("received/1.tif"), destination: "5009"),
            receivedAt: site.clock.now,
            backends: ["mail"]
        )
        var row = fax.row
        row.revision = 1
        try await site.store.commit(StateChange(writes: [.save(row)]))
        try await site.running { _ in try await eventually { site.store.rows.isEmpty } }
        #expect(site.store.history.map(\.to) == ["refused"] && site.events.isEmpty)
    }

    @Test("before the database was read no fax is taken")
    func notYet() async throws {
        let site = try FaxSite()
        site.store.setOutage(.unreachable("away"))
        let fax = try site.arrival()
        let faxes = ReceivedFaxes(ports: site.ports())
        let service = Task { try await faxes.run() }
        await #expect(throws: FaxRefusal.notTaken("the database cannot be read yet")) {
            try await faxes.receive(fax)
        }
        site.store.setOutage(nil)
        try await eventually { faxes.jobs.isRestored }
        #expect(try await faxes.receive(fax) == .delivered)
        service.cancel()
        _ = await service.result
        await #expect(throws: FaxRefusal.busy) { try await faxes.receive(fax) }
    }
}
