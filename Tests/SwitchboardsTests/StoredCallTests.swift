import CallControl
import Core
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Switchboards

@Suite("Switchboard: stored calls after a start", .timeLimit(.minutes(1)))
struct StoredCallTests {
    @Test("queued and held callers are listed, in their order, before Asterisk is there")
    func listed() async throws {
        let before = SwitchboardBench()
        try await before.run {
            await before.arrive("1.1")
            await before.arrive("1.2")
            await before.arrive("1.3")
            let reply = try await before.request(.put, "/switchboards/s1/calls/held/1.2")
            #expect(reply.status == 204)
        }
        before.asterisk.setOutage(.unreachable("away"))
        let after = SwitchboardBench(store: before.store, asterisk: before.asterisk)
        try await after.run {
            try await after.switchboards.restore()
            let queued = try await after.request(.get, "/switchboards/s1/calls/queued")
            #expect(queued.body["items"]?.array?.compactMap { $0["id"]?.string } == ["1.1", "1.3"])
            let held = try await after.request(.get, "/switchboards/s1/calls/held")
            #expect(held.body["items"]?.array?.compactMap { $0["id"]?.string } == ["1.2"])
            // An operator cannot be rung, and nothing is lost by trying.
            let reply = try await after.request(.put, "/switchboards/s1/calls/queued/1.1/answer")
            #expect(reply.status == 503 && reply.body["error_id"]?.string == "asterisk-ari-unreachable")
            #expect(after.phase("1.1") == "waiting")
        }
    }

    @Test("a caller who hangs up between the start and the first look at Asterisk is no ghost")
    func goneBeforeTheLook() async throws {
        let before = SwitchboardBench()
        try await before.run {
            await before.arrive("1.1")
            await before.arrive("1.2")
        }
        let after = SwitchboardBench(store: before.store, asterisk: before.asterisk)
        try await after.run {
            try await after.switchboards.restore()
            let snapshot = AsteriskSnapshot(
                channels: try await after.asterisk.channels(),
                bridges: try await after.asterisk.bridges()
            )
            #expect(await after.hangUp(ChannelID("1.1")), "the switchboard wants to hear of its stored caller")
            try await after.switchboards.recover(from: snapshot)
            await after.settle()
            let queued = try await after.request(.get, "/switchboards/s1/calls/queued")
            #expect(queued.body["items"]?.array?.compactMap { $0["id"]?.string } == ["1.2"])
        }
    }
}
