import Core
import Foundation
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Transfers

/// Asterisk does what it was asked to, and nobody hears that it did.
@Suite("Transfer: answers of Asterisk that are lost", .timeLimit(.minutes(1)))
struct LostAnswerTests {
    @Test("of the recipient's call: 503, and the phone that rings is found, not rung twice")
    func origination() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            bench.asterisk.loseAnswer("originate")
            let reply = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(reply.status == 503)
            let id = try #require(bench.store.rows.values.first?.id)
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 2)
            try await eventually { bench.phase(id) == "ringback" }
            #expect(bench.asterisk.requests.count { $0.hasPrefix("originate") } == 1)
            await bench.answer(bench.recipient(id), of: id)
            #expect(bench.phase(id) == "answered")
        }
    }

    @Test("of an entry into the bridge: both talk, and it is seen", arguments: ["I", "recipient"])
    func entry(who: String) async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            bench.asterisk.loseAnswer("add \(who == "I" ? "I" : recipient)")
            await bench.answer(recipient, of: id)
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 2)
            try await eventually { bench.phase(id) == "answered" }
            #expect(bench.members(id) == ["I", recipient])
            #expect(bench.events.count { $0 == "answered answered" } == 1)
        }
    }
}
