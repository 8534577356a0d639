import Testing

@testable import TandemLab

@Suite("Waiting for what a witness sees")
struct WitnessLogTests {
    @Test("what has been seen already is found")
    func past() async {
        let log = WitnessLog<Int>()
        await log.append(1)
        await log.append(2)
        #expect(await log.first(within: .seconds(5)) { $0 == 2 } == 2)
    }

    @Test("what comes later wakes the one who waits")
    func future() async {
        let log = WitnessLog<Int>()
        async let found = log.first(within: .seconds(20)) { $0 == 7 }
        await log.append(6)
        await log.append(7)
        #expect(await found == 7)
    }

    @Test("entries before the start do not count")
    func start() async {
        let log = WitnessLog<Int>()
        await log.append(1)
        #expect(await log.first(from: 1, within: .milliseconds(20)) { $0 == 1 } == nil)
    }

    @Test("the end of the log ends the waiting")
    func finish() async {
        let log = WitnessLog<Int>()
        async let found = log.first(within: .seconds(600)) { _ in true }
        await log.finish()
        #expect(await found == nil)
    }

    @Test("cancellation ends the waiting")
    func cancellation() async {
        let log = WitnessLog<Int>()
        let task = Task { await log.first(within: .seconds(600)) { _ in true } }
        task.cancel()
        #expect(await task.value == nil)
    }

    @Test("a state that no event announces is asked for until it is there")
    func polling() async throws {
        let log = WitnessLog<Int>()
        let count = try await eventually("three questions") {
            await log.append(0)
            let asked = await log.entries.count
            return asked >= 3 ? asked : nil
        }
        #expect(count == 3)
        await #expect(throws: LabFailure.tooLate("never: not within 0.1 seconds")) {
            try await eventually("never", within: .milliseconds(100)) { nil as Int? }
        }
    }
}
