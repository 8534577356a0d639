import CallControl
import Core
import Foundation
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import AdhocConferences

/// Thousands of conferences in a small Asterisk, with hang-ups, refusals, lost answers, gaps and restarts in any order.
/// Environment variable `TANDEM_SOAK=1`: a hundred thousand.
@Suite("Ad hoc conference: any order of events")
struct AdhocConferenceSoakTests {
    @Test("nobody is left in limbo, and every conference ends, once")
    func anyOrder() throws {
        let rounds = ProcessInfo.processInfo.environment["TANDEM_SOAK"] == nil ? 3_000 : 100_000
        for seed in 0..<rounds {
            var stage = ConferenceStage(seed: UInt64(seed))
            stage.play()
            try #require(stage.faults.isEmpty, "seed \(seed): \(stage.faults)\n\(stage.log.joined(separator: "\n"))")
        }
    }

    @Test("the stage would notice: a conference that forgets to let calls go is found out")
    func wouldNotice() {
        let found = (0..<200).contains { seed in
            var stage = ConferenceStage(seed: UInt64(seed))
            stage.ignoresLetGo = true
            stage.play()
            return !stage.faults.isEmpty
        }
        #expect(found)
    }
}
