import Core
import Foundation
import TandemLab

/// Calls on the lab's Asterisk with `tandem serve`: lists beside Asterisk's own, and the way of an event to the bus.
enum CallFigures {
    /// Channels, and requests per second that we want.
    private static let lists: [(channels: Int, goal: Double)] = [(10, 3_000), (100, 500), (500, 150), (1_000, 50)]
    /// New channels per second, for ``seconds``. At 400 the lab's Asterisk died on two cores that others used too.
    private static let rates = [100, 200]
    private static let seconds = 10

    static func measure() async throws -> [Figure] {
        let scene = try await CallScene.start(in: try LabEnvironment())
        do {
            let figures = try await listFigures(scene) + eventFigures(scene)
            await scene.stop()
            return figures
        } catch {
            let log = scene.tandem.logTail(20)
            await scene.stop()
            throw BenchFailure("\(error)\n\(log)")
        }
    }

    // MARK: Lists

    private static func listFigures(_ scene: CallScene) async throws -> [Figure] {
        let ours = try Wrk(token: scene.token)
        let theirs = try Wrk(token: "", authorization: scene.ariAuthorization)
        defer {
            ours.remove()
            theirs.remove()
        }
        var figures: [Figure] = []
        for (count, goal) in lists {
            Bench.say("  lists of \(count) channels")
            try await scene.fill(upTo: count)
            var rates: [Double] = []
            var bare: [Double] = []
            for _ in 0..<Meter.rounds {
                rates.append(try await rate(ours, scene.restPort, "/1.0/calls"))
                // Who lists calls over ARI needs both.
                let channels = try await rate(theirs, scene.ariPort, "/ari/channels")
                let bridges = try await rate(theirs, scene.ariPort, "/ari/bridges")
                bare.append(1 / (1 / channels + 1 / bridges))
            }
            figures.append(
                Figure(
                    "GET /1.0/calls, \(count) channels",
                    Meter.middle(rates),
                    .perSecond,
                    bare: Meter.middle(bare),
                    goal: .atLeast(goal)
                )
            )
        }
        try await scene.empty()
        return figures + [try await scene.memory()]
    }

    private static func rate(_ wrk: Wrk, _ port: Int, _ path: String) async throws -> Double {
        Double(try await wrk.run(port: port, path: path, connections: 8)) / Double(Wrk.seconds)
    }

    // MARK: Events

    private static func eventFigures(_ scene: CallScene) async throws -> [Figure] {
        let witness = try await CallWitness.listen(scene.environment)
        var figures: [Figure] = []
        for rate in rates {
            Bench.say("  \(rate) new channels/s for \(seconds) s")
            let made = try await scene.make(rate * seconds, rate: rate)
            try await scene.empty()
            let outcome = try await witness.outcome(of: made.ids)
            figures += [
                Figure(
                    "creation in Asterisk to call_created on the bus, \(rate)/s",
                    outcome.middle,
                    .milliseconds,
                    goal: rate == rates[0] ? .atMost(3) : nil,
                    note: "\(Int(made.rate)) channels/s were made, \(outcome.events) events heard"
                ),
                Figure("  99 of 100", outcome.late, .milliseconds),
                Figure("  calls with an event that is missing", Double(outcome.lost), .count, goal: .atMost(0)),
                Figure("  calls with events out of order", Double(outcome.disordered), .count, goal: .atMost(0)),
            ]
        }
        witness.stop()
        return figures
    }
}
