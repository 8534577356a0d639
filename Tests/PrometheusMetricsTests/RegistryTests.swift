import Metrics
import Synchronization
import Testing

@testable import PrometheusMetrics

/// One after the other: some keep every processor busy, others have limits.
@Suite("Keeping metrics", .serialized, .timeLimit(.minutes(1)))
struct RegistryTests {
    private func registry(limit: Int = 10_000, readLimit: Duration = .seconds(5)) -> PrometheusRegistry {
        PrometheusRegistry(limit: limit, readLimit: readLimit, includesProcess: false)
    }

    private func scrape(_ registry: PrometheusRegistry) async throws -> Exposition {
        try Exposition(await registry.text())
    }

    @Test("many tasks at once: every sum is exact")
    func concurrency() async throws {
        let registry = registry()
        let meter = Meter(label: "level", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask { @concurrent in
                    for turn in 0..<700 {
                        Counter(label: "c", dimensions: [("n", "\(turn % 7)")], factory: registry).increment(by: 3)
                        FloatingPointCounter(label: "f", factory: registry).increment(by: 0.5)
                        Timer(label: "t", factory: registry).recordNanoseconds(Int64(task) * 1_000)
                        Recorder(label: "r", aggregate: true, factory: registry).record(2)
                        meter.increment(by: 2)
                        meter.decrement(by: 1)
                    }
                }
            }
        }
        let read = try await scrape(registry)
        let counted = (0..<7).compactMap { read.value("c_total", ["n": "\($0)"]) }
        #expect(counted.reduce(0, +) == 33_600)
        #expect(read.value("f_total") == 5_600)
        #expect(read.value("t_seconds_count") == 11_200)
        #expect(read.value("t_seconds_sum") == 0.084)
        #expect(read.value("r_sum") == 22_400)
        #expect(read.value("level") == 11_200)
    }

    @Test("scrapes during updates and new series are well-formed and never go back")
    func scrapesDuringUpdates() async throws {
        let registry = registry()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask { @concurrent in
                    for turn in 0..<500 {
                        Timer(label: "t", dimensions: [("n", "\(task).\(turn / 50)")], factory: registry)
                            .recordNanoseconds(1)
                        Counter(label: "c", factory: registry).increment()
                    }
                }
            }
            var last = 0.0
            while last < 2_000 {
                let read = try await scrape(registry)
                let now = read.value("c_total") ?? 0
                #expect(now >= last)
                last = now
            }
            try await group.waitForAll()
        }
    }

    @Test("beyond the limit updates are counted as overflow; known series go on")
    func overflow() async throws {
        let registry = registry(limit: 3)
        for number in 0..<10 {
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        Timer(label: "t", factory: registry).recordNanoseconds(1)
        Counter(label: "c", dimensions: [("n", "1")], factory: registry).increment(by: 9)
        let read = try await scrape(registry)
        #expect(read.families["c_total"]?.samples.count == 3)
        #expect(read.value("c_total", ["n": "1"]) == 10)
        #expect(read.families["t_seconds"] == nil)
        #expect(read.value("metrics_overflow_total") == 8)
    }

    @Test("a name keeps its type: another one under it is overflow, and so is a histogram's sample name")
    func conflicts() async throws {
        let registry = registry()
        Meter(label: "x_total", factory: registry).set(1)
        Counter(label: "x", factory: registry).increment()
        Timer(label: "y", factory: registry).recordNanoseconds(1)
        Meter(label: "y_seconds_count", factory: registry).set(1)
        Meter(label: "z_seconds_sum", factory: registry).set(1)
        Timer(label: "z", factory: registry).recordNanoseconds(1)
        let read = try await scrape(registry)
        #expect(read.value("x_total") == 1)
        #expect(read.families["x_total"]?.type == "gauge")
        #expect(read.families["y_seconds_count"] == nil)
        #expect(read.families["z_seconds"] == nil)
        #expect(read.value("metrics_overflow_total") == 3)
    }

    @Test("dimensions in another order are the same series")
    func order() async throws {
        let registry = registry()
        Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        let read = try await scrape(registry)
        #expect(read.value("c_total", ["a": "1", "b": "2"]) == 2)
    }

    @Test("a destroyed series is gone, makes room, and begins anew")
    func destroy() async throws {
        let registry = registry(limit: 1)
        let first = Counter(label: "c", factory: registry)
        first.increment(by: 5)
        first.destroy()
        let gone = try await scrape(registry)
        #expect(gone.families["c_total"] == nil)
        Counter(label: "c", factory: registry).increment()
        let again = try await scrape(registry)
        #expect(again.value("c_total") == 1)
    }

    @Test("a counter takes no negative amount, a histogram no NaN; reset is zero")
    func amounts() async throws {
        let registry = registry()
        let counter = Counter(label: "c", factory: registry)
        counter.increment(by: 2)
        counter.increment(by: -5)
        let recorder = Recorder(label: "r", aggregate: true, factory: registry)
        recorder.record(Double.nan)
        recorder.record(3)
        let fraction = FloatingPointCounter(label: "f", factory: registry)
        fraction.increment(by: 1)
        fraction.reset()
        let read = try await scrape(registry)
        #expect(read.value("c_total") == 2)
        #expect(read.value("r_sum") == 3)
        #expect(read.value("r_count") == 1)
        #expect(read.value("f_total") == 0)
    }

    @Test("gauges are read at each scrape, side by side with a meter's own series; nil is left out")
    func readGauges() async throws {
        let registry = registry()
        let backlog = Atomic<Int>(7)
        registry.register(gauge: "outbox_pending", help: "Events that wait.") {
            let value = backlog.load(ordering: .relaxed)
            return value < 0 ? nil : Double(value)
        }
        registry.register(gauge: "pool_size", help: "Connections.", dimensions: [("pool", "read")]) { 4 }
        registry.register(gauge: "pool_size", help: "Connections.", dimensions: [("pool", "state")]) { 2 }
        let first = try await scrape(registry)
        #expect(first.value("outbox_pending") == 7)
        #expect(first.families["outbox_pending"]?.help == "Events that wait.")
        #expect(first.value("pool_size", ["pool": "read"]) == 4)
        #expect(first.value("pool_size", ["pool": "state"]) == 2)
        backlog.store(-1, ordering: .relaxed)
        let second = try await scrape(registry)
        #expect(second.families["outbox_pending"] == nil)
        registry.register(gauge: "outbox_pending", help: "Events that wait.") { 1 }
        let third = try await scrape(registry)
        #expect(third.value("outbox_pending") == 1)
    }

    @Test("a gauge that hangs costs a scrape its limit only, and is not asked again before it has ended")
    func hangingGauge() async throws {
        let registry = registry(readLimit: .milliseconds(400))
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let asked = Atomic<Int>(0)
        registry.register(gauge: "stuck", help: "Never ends.") {
            asked.wrappingAdd(1, ordering: .relaxed)
            // Deaf to cancellation.
            await Task.detached { for await _ in gate { break } }.value
            return 1
        }
        registry.register(gauge: "fine", help: "Ends.") { 2 }
        for _ in 0..<2 {
            let start = ContinuousClock.now
            let read = try await scrape(registry)
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(read.value("stuck") == nil)
            #expect(read.value("fine") == 2)
        }
        #expect(asked.load(ordering: .relaxed) == 1)
        open.finish()
        var value: Double?
        let deadline = ContinuousClock.now + .seconds(10)
        while value == nil, ContinuousClock.now < deadline { value = try await scrape(registry).value("stuck") }
        #expect(value == 1)
    }

    @Test("updates and look-ups are cheap")
    func cost() {
        let registry = registry()
        let counter = Counter(label: "c", factory: registry)
        let rounds = 20_000
        let clock = ContinuousClock()
        let update = clock.measure { for _ in 0..<rounds { counter.increment() } } / rounds
        let dimensions = [("handler", "switchboard_set_features"), ("outcome", "completed")]
        let inline =
            clock.measure {
                for _ in 0..<rounds { Counter(label: "inline", dimensions: dimensions, factory: registry).increment() }
            } / rounds
        let timer = Timer(label: "t", factory: registry)
        let record = clock.measure { for turn in 0..<rounds { timer.recordNanoseconds(Int64(turn)) } } / rounds
        print("increment \(update), made inline \(inline), timer \(record)")
        // Wide, since this is a debug build on busy processors; it notices a lock that is fought for, or a copy.
        #expect(update < .microseconds(2))
        #expect(inline < .microseconds(20))
    }
}
