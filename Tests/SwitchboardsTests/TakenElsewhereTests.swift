import Core
import TandemTesting
import Telephony
import Testing

@testable import Switchboards

@Suite("Switchboard: channels that another feature has", .timeLimit(.minutes(1)))
struct TakenElsewhereTests {
    /// Both stand in no bridge, and their arguments are still those of the switchboard.
    private func stage(_ bench: SwitchboardBench) {
        let tenant = SwitchboardBench.tenant.rawValue
        for (id, arguments) in [
            ("1.1", "switchboard,switchboard_queue,\(tenant),s1"),
            ("leg", "switchboard,switchboard_answer,\(tenant),s1,1.1"),
        ] {
            bench.asterisk.put(
                Channel(id: ChannelID(id), applicationName: "Stasis", applicationData: "callcontrol,\(arguments)")
            )
        }
    }

    @Test("recovery neither queues a held party of a transfer nor hangs its initiator up")
    func taken() async throws {
        let bench = SwitchboardBench(isTakenElsewhere: { _ in true })
        try await bench.run {
            stage(bench)
            try await bench.recover()
            #expect(bench.store.rows.isEmpty)
            let leg = try await bench.asterisk.channel(ChannelID("leg"))
            #expect(leg != nil)
        }
    }

    @Test("those whom nobody has are queued, and hung up")
    func free() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            stage(bench)
            try await bench.recover()
            #expect(bench.store.rows.count == 1)
            let leg = try await bench.asterisk.channel(ChannelID("leg"))
            #expect(leg == nil)
        }
    }
}
