import CallControl
import Core
import Foundation
import Logging
import ServiceLifecycle
import TandemTesting
import Telephony
import Testing

@Suite("Calls that are placed later", .timeLimit(.minutes(1)))
struct DelayedOriginationsTests {
    private let asterisk = FakeAsterisk()
    private let clock = ManualClock()
    private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func call(_ name: String) -> Origination {
        Origination(
            channel: ChannelID(name),
            endpoint: DialString(stored: "Local/\(name)@inside"),
            destination: .dialplan(DialplanPlace(context: "wazo-callbackdisa", exten: "s"))
        )
    }

    @Test("each is placed when it is due, also when the server stops meanwhile; a failure stops none")
    func due() async throws {
        let calls = DelayedOriginations(channels: asterisk, clock: clock, logger: silent)
        let group = ServiceGroup(services: [calls], logger: silent)
        let running = Task { try await group.run() }
        let start = clock.now
        try calls.place(call("late"), at: start.addingTimeInterval(9))
        try calls.place(call("soon"), at: start.addingTimeInterval(5))
        await clock.waitForSleepers(2)
        #expect(asterisk.requests.isEmpty)
        clock.advance(by: 5)
        await asterisk.waitForRequest("originate Local/soon@inside")
        #expect(try await asterisk.channel(ChannelID("late")) == nil)

        await group.triggerGracefulShutdown()
        try await refused(calls)
        clock.advance(by: 4)
        try await running.value
        #expect(try await asterisk.channel(ChannelID("late")) != nil)
    }

    @Test("no more than the capacity wait")
    func bounded() throws {
        let calls = DelayedOriginations(channels: asterisk, clock: clock, logger: silent)
        for number in 0..<DelayedOriginations.capacity { try calls.place(call("\(number)"), at: clock.now) }
        #expect(throws: DelayedOriginations.Refused.self) { try calls.place(call("one more"), at: clock.now) }
    }

    /// A shutdown is told to services a moment after it was asked for.
    private func refused(_ calls: DelayedOriginations) async throws {
        for number in 0..<500 {
            do {
                try calls.place(call("probe \(number)"), at: clock.now)
            } catch is DelayedOriginations.Refused {
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("calls are taken on for ever")
    }
}
