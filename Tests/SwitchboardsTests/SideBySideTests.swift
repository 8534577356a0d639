import Core
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Switchboards

@Suite("Switchboard: calls side by side", .timeLimit(.minutes(1)))
struct SideBySideTests {
    @Test("inputs of a lane keep their order; a lane opens with its first input and closes when it is empty")
    func lanes() {
        var lanes = Lanes<String, Int>()
        let opened = [lanes.put(1, into: "a"), lanes.put(2, into: "a"), lanes.put(3, into: "b")]
        #expect(opened == [true, false, true])
        #expect(lanes.count == 3)
        let first = lanes.next(in: "a")
        #expect(first == 1)
        #expect(lanes.count == 3, "taken is not done")
        lanes.finish()
        let isOpenedAgain = lanes.put(4, into: "a")
        #expect(!isOpenedAgain, "its first input may still be in hand")
        let others = [lanes.next(in: "a"), lanes.next(in: "a"), lanes.next(in: "a"), lanes.next(in: "b")]
        #expect(others == [2, 4, nil, 3])
        let isOpenedAfterItsEnd = lanes.put(5, into: "a")
        #expect(isOpenedAfterItsEnd)
    }

    @Test("while Asterisk dials a phone slowly, others come, hang up and are answered; each list is whole")
    func slowPhone() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            for id in ["1.1", "1.2", "1.3"] {
                await bench.arrive(id)
                bench.clock.advance(by: 1)
            }
            bench.asterisk.stall("originate PJSIP/alice")
            async let answered = bench.request(.put, "/switchboards/s1/calls/queued/1.1/answer")
            try await eventually { bench.asterisk.stalledCount == 1 }
            await bench.arrive("1.4", settles: false)
            try await eventually { bench.phase("1.4") == "waiting" }
            await bench.hangUp(ChannelID("1.2"), settles: false)
            try await eventually { bench.phase("1.2") == nil }
            #expect(bench.phase("1.1") == "calling")
            #expect(bench.queueEvents.suffix(2) == ["queued [1.1,1.2,1.3,1.4]", "queued [1.1,1.3,1.4]"])
            let music = bench.asterisk.requests.filter { $0.hasPrefix("startMusic") }
            #expect(music.count == 1, "the room was never empty")
            bench.asterisk.answerAgain()
            let answer = try await answered
            #expect(answer.status == 200)
            await bench.settle()
            #expect(bench.queueEvents.last == "queued [1.3,1.4]")
        }
    }

    @Test("what happens to one call waits for what is done with it: who hangs up while his operator is dialled")
    func sameCall() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            await bench.arrive("1.1")
            bench.asterisk.stall("originate PJSIP/alice")
            async let answered = bench.request(.put, "/switchboards/s1/calls/queued/1.1/answer")
            try await eventually { bench.asterisk.stalledCount == 1 }
            await bench.hangUp(ChannelID("1.1"), settles: false)
            // Somebody else is through by then, so the hang-up has been looked at.
            await bench.arrive("1.2", settles: false)
            try await eventually { bench.phase("1.2") == "waiting" }
            #expect(bench.phase("1.1") == "calling")
            bench.asterisk.answerAgain()
            let leg = ChannelID(try #require(try await answered.body["call_id"]?.string))
            await bench.settle()
            #expect(bench.phase("1.1") == nil)
            #expect(bench.asterisk.requests.contains("hangUp \(leg)"))
            #expect(bench.queueEvents.last == "queued [1.2]")
        }
    }

    @Test("many who come at once into an empty queue: one bridge, its music once, all are listed in their order")
    func crowd() async throws {
        let bench = SwitchboardBench()
        try await bench.run {
            let ids = (100..<300).map { "1.\($0)" }
            for id in ids {
                await bench.arrive(id, settles: false)
                bench.clock.advance(by: 0.001)
            }
            await bench.settle()
            #expect(bench.asterisk.requests.count { $0.hasPrefix("startMusic") } == 1)
            #expect(Set(bench.asterisk.members(of: SwitchboardBench.queue)) == Set(ids.map { ChannelID($0) }))
            #expect(bench.store.rows.values.count { $0.body["phase"] == "waiting" } == ids.count)
            let list = try await bench.request(.get, "/switchboards/s1/calls/queued")
            #expect(list.body["items"]?.array?.count == ids.count)
            // Each list tells of one caller more than the one before: none was made from an older state.
            #expect(bench.queueEvents.map { $0.split(separator: ",").count } == Array(1...ids.count))
        }
    }
}
