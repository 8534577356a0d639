import Core
import Foundation
import TandemLab

/// A busy switchboard on the lab's Asterisk, with `tandem serve` and SIP calls: how long a request takes to ring, an
/// answer to bring the two together, how many answers each second are sustained, and what the list costs.
///
/// Times are taken between the request and Asterisk's own time stamps (milliseconds), on one clock.
enum SwitchboardFigures {
    /// Callers who wait while the second half is measured.
    private static let waiting = 200
    private static let answersMeasured = 60
    /// How many answers each second are asked for, for how many seconds.
    private static let rates = [20, 50]
    private static let seconds = 10

    static func measure() async throws -> [Figure] {
        let environment = try LabEnvironment()
        let scene = try await SwitchboardScene.start(in: environment)
        var figures: [Figure] = []
        do {
            try await measure(scene) { some in
                for figure in some {
                    Bench.say("    \(figure.name): \(figure.ours) \(figure.unit.rawValue) \(figure.note)")
                }
                figures += some
            }
        } catch {
            // What was measured before is worth to be seen.
            Bench.say("  \(error)\n\(scene.tandem.logTail(20))")
            figures.append(Figure("sections that failed", 1, .count, goal: .atMost(0)))
        }
        await scene.stop()
        return figures
    }

    private static func measure(_ scene: SwitchboardScene, _ add: ([Figure]) -> Void) async throws {
        add(try await answers(scene, queued: 1))
        add(try await answers(scene, queued: waiting))
        add(try await list(scene))
        scene.stopWatching()
        let share = try await scene.asteriskWhileWaiting() * 100
        add([Figure("Asterisk's processor time, \(waiting) waiting, in % of one", share, .count)])
        for rate in rates { add(try await sustained(scene, rate)) }
        try await scene.drained()
        add([try await scene.leftBehind()])
    }

    // MARK: One answer at a time

    private static func answers(_ scene: SwitchboardScene, queued: Int) async throws -> [Figure] {
        Bench.say("  \(answersMeasured) answers with \(queued) queued")
        let crowd = try await scene.call(answersMeasured + queued - 1, rate: 20)
        try await scene.waits(for: answersMeasured + queued - 1)
        var times: [AnswerTimes] = []
        for _ in 0..<answersMeasured {
            times.append(try await scene.answerFirst())
        }
        if queued > 1 { scene.keep(crowd) } else { try await scene.ends(crowd) }
        let with = "with \(queued) queued"
        return [
            percentile("request to ring, \(with)", times.map(\.toRing), 0.5, goal: 5),
            percentile("  99 of 100", times.map(\.toRing), 0.99),
            percentile("operator's answer to bridged, \(with)", times.map(\.toBridged), 0.5, goal: 8),
            percentile("  99 of 100", times.map(\.toBridged), 0.99),
        ]
    }

    private static func percentile(_ name: String, _ values: [Double], _ part: Double, goal: Double? = nil) -> Figure {
        let sorted = values.isEmpty ? [.infinity] : values.sorted()
        let index = min(sorted.count - 1, Int((Double(sorted.count) * part).rounded(.down)))
        return Figure(name, sorted[index], .milliseconds, goal: goal.map { .atMost($0) })
    }

    // MARK: The list

    private static func list(_ scene: SwitchboardScene) async throws -> [Figure] {
        let count = try await scene.queued().count
        let wrk = try Wrk(token: scene.token)
        defer { wrk.remove() }
        var rates: [Double] = []
        for _ in 0..<Meter.rounds {
            rates.append(
                Double(try await wrk.run(port: scene.restPort, path: "/1.0\(scene.queuePath)")) / Double(Wrk.seconds)
            )
        }
        return [Figure("GET …/queued, \(count) queued", Meter.middle(rates), .perSecond, goal: .atLeast(2_000))]
    }

    // MARK: Many answers

    /// As many callers come each second as are answered, so that the queue keeps its length.
    private static func sustained(_ scene: SwitchboardScene, _ rate: Int) async throws -> [Figure] {
        let before = try await scene.queued().count
        Bench.say("  \(rate) answers/s for \(seconds) s with \(before) queued")
        let memory = await scene.residentMebibytes()
        let crowd = try await scene.call(rate * seconds, rate: rate)
        let start = ContinuousClock.now
        let outcome = try await scene.answer(rate * seconds, rate: rate)
        let duration = (ContinuousClock.now - start) / .seconds(1)
        scene.keep(crowd)
        // The queue should have its length again.
        let refilled = try? await eventually("those who came are queued", within: .seconds(30)) { () -> Int? in
            let count = try await scene.queued().count
            return count >= before ? count : nil
        }
        let after: Int
        if let refilled { after = refilled } else { after = try await scene.queued().count }
        if let failure = outcome.failure { Bench.say("  \(failure)") }
        return [
            Figure(
                "answers sustained of \(rate)/s asked for",
                Double(outcome.bridged) / duration,
                .perSecond,
                goal: .atLeast(Double(rate) * 0.95),
                note: "queued \(before) -> \(after), failed \(outcome.failed)"
            ),
            percentile("  request to bridged", outcome.times, 0.5),
            percentile("  99 of 100", outcome.times, 0.99),
            Figure("  resident memory, grown by", await scene.residentMebibytes() - memory, .mebibytes),
        ]
    }
}
