import Core
import Foundation
import TandemLab

/// An application on the lab's Asterisk, with `tandem serve` and SIP calls: how soon a program hears of a caller, and what
/// 500 calls in nodes hold in memory.
enum ApplicationFigures {
    private static let rate = 20
    private static let calls = 400
    private static let held = 500
    private static let secondsHeld = 60

    static func measure() async throws -> [Figure] {
        let scene = try await ApplicationBenchScene.start(in: try LabEnvironment())
        do {
            let figures = try await arrivals(scene) + (try await nodes(scene)) + [try await scene.leftBehind()]
            await scene.stop()
            return figures
        } catch {
            let log = scene.tandem.logTail(20)
            await scene.stop()
            throw BenchFailure("\(error)\n\(log)")
        }
    }

    /// From the channel that Asterisk makes for an INVITE to the event's arrival from RabbitMQ.
    private static func arrivals(_ scene: ApplicationBenchScene) async throws -> [Figure] {
        Bench.say("  \(calls) callers, \(rate)/s")
        let times = try await scene.arrivals(calls, rate: rate).sorted()
        func figure(_ name: String, _ part: Double) -> Figure {
            let index = min(times.count - 1, Int((Double(times.count) * part).rounded(.down)))
            return Figure(name, times[index], .milliseconds)
        }
        guard !times.isEmpty else { throw BenchFailure("nobody was heard of") }
        return [
            figure("INVITE to application_call_entered on the bus, \(rate) calls/s", 0.5),
            figure("  99 of 100", 0.99),
            Figure("  heard of", Double(times.count), .count, goal: .atLeast(Double(calls))),
        ]
    }

    private static func nodes(_ scene: ApplicationBenchScene) async throws -> [Figure] {
        Bench.say("  \(held) calls in nodes of two, held for \(secondsHeld) s")
        let before = await scene.residentMebibytes()
        let crowd = try await scene.join(held, rate: rate)
        let joined = await scene.residentMebibytes()
        try await Task.sleep(for: .seconds(secondsHeld))
        let after = await scene.residentMebibytes()
        let calls = try await scene.callsInNodes()
        try await scene.ends(crowd)
        return [
            Figure("calls in nodes after \(secondsHeld) s", Double(calls), .count, goal: .atLeast(Double(held))),
            Figure("resident memory, grown by them", joined - before, .mebibytes),
            Figure("  and while they were held", after - joined, .mebibytes, goal: .atMost(5)),
        ]
    }
}
