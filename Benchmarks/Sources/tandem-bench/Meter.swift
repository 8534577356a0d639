import Foundation

/// What a piece of work has cost.
struct Cost: Sendable {
    /// How many times it was done.
    var count: Int
    /// Seconds by the clock on the wall.
    var seconds: Double
    /// Seconds of processor time of this whole process, user and system.
    var processorSeconds: Double

    var perSecond: Double { Double(count) / seconds }
    var microseconds: Double { seconds * 1e6 / Double(count) }
    var processorMicroseconds: Double { processorSeconds * 1e6 / Double(count) }
}

/// Measuring on a machine that others use too: several rounds, two programs in turn, the median of each.
enum Meter {
    /// Rounds of everything that is repeated (`BENCH_ROUNDS`, 5).
    static let rounds = ProcessInfo.processInfo.environment["BENCH_ROUNDS"].flatMap { Int($0) } ?? 5

    /// Processor time of this process so far, in seconds.
    static var processorSeconds: Double {
        // Not clock_gettime: which module declares its type depends on what else was imported. POSIX wants microseconds.
        Double(clock()) / 1e6
    }

    /// - Parameter body: Does the work; returns how many times.
    static func cost(_ body: () async throws -> Int) async rethrows -> Cost {
        let clock = ContinuousClock.now
        let processor = processorSeconds
        let count = try await body()
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        return Cost(count: count, seconds: seconds, processorSeconds: processorSeconds - processor)
    }

    /// The cost of the round in the middle.
    static func median(of body: () async throws -> Int) async rethrows -> Cost {
        var costs: [Cost] = []
        for _ in 0..<rounds { costs.append(try await cost(body)) }
        return middle(costs)
    }

    /// The round with the median rate.
    static func middle(_ costs: [Cost]) -> Cost {
        costs.sorted { $0.perSecond < $1.perSecond }[costs.count / 2]
    }

    static func middle(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// Resident memory of this process in MiB.
    static var residentMebibytes: Double {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ").dropFirst().first.flatMap { Double($0) }
        return (pages ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }
}
