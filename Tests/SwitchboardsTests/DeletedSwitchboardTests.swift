import CallControl
import Core
import Directory
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Switchboards

@Suite("Switchboard: deleted while callers wait", .timeLimit(.minutes(1)))
struct DeletedSwitchboardTests {
    private func delete(_ bench: SwitchboardBench) {
        bench.directory.change { $0.switchboards.removeAll { $0.id == SwitchboardBench.board } }
    }

    @Test("callers who are queued, held or rung for go on in the dialplan's fallback; the phone stops ringing")
    func sentOn() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1", timeout: "20")
            await bench.arrive("1.2")
            await bench.arrive("1.3")
            let held = try await bench.request(.put, "/switchboards/s1/calls/held/1.2")
            let answer = try await bench.request(.put, "/switchboards/s1/calls/queued/1.3/answer")
            #expect(held.status == 204 && answer.status == 200)
            let leg = try #require(answer.body["call_id"]?.string)
            delete(bench)
            bench.switchboards.directoryChanged(.switchboard("s1"))
            await bench.settle()
            let requests = bench.asterisk.requests
            for call in ["1.1", "1.2", "1.3"] {
                #expect(requests.contains("continue \(call) switchboard,noanswer,1"), "\(requests)")
            }
            #expect(requests.contains("hangUp \(leg)"))
            #expect(bench.store.rows.isEmpty)
            #expect(bench.events.contains("queued []") && bench.events.contains("held []"))
        }
    }

    @Test(
        "any change that may be a deletion is looked into: of the tenant, of everything, of switchboards",
        arguments: [DirectoryChange.tenant, .everything, .switchboard(nil)]
    )
    func changes(_ change: DirectoryChange) async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            bench.switchboards.directoryChanged(change)
            await bench.settle()
            #expect(bench.phase("1.1") == "waiting", "the switchboard is still there")
            delete(bench)
            bench.switchboards.directoryChanged(change)
            await bench.settle()
            #expect(bench.phase("1.1") == nil)
        }
    }

    @Test("a deletion without an event is found; a directory that does not answer deletes nothing")
    func untold() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            bench.directory.setOutage(DatabaseFailure.unreachable("away"))
            await bench.switchboards.sendOnFromDeletedOnes()
            bench.switchboards.directoryChanged(.everything)
            await bench.settle()
            #expect(bench.phase("1.1") == "waiting")
            bench.directory.setOutage(nil)
            delete(bench)
            await bench.switchboards.sendOnFromDeletedOnes()
            await bench.settle()
            #expect(bench.phase("1.1") == nil)
            #expect(bench.asterisk.requests.contains("continue 1.1 switchboard,noanswer,1"))
        }
    }
}
