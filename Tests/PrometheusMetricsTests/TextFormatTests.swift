import Metrics
import Testing

@testable import PrometheusMetrics

@Suite("Prometheus' text format")
struct TextFormatTests {
    private let registry = PrometheusRegistry(
        buckets: HistogramBuckets(timers: [0.001, 0.1], recorders: [10], byLabel: ["rows": [1, 2.5]]),
        includesProcess: false
    )

    @Test("the golden text: sorted families and series, suffixes, cumulated buckets in seconds")
    func golden() async {
        Counter(label: "tandem_calls", dimensions: [("kind", "out"), ("end", "busy")], factory: registry).increment()
        Counter(label: "tandem_calls", dimensions: [("kind", "in")], factory: registry).increment(by: 41)
        Meter(label: "sessions", factory: registry).set(2.5)
        Gauge(label: "bus.connected", factory: registry).record(1)
        let timer = Timer(label: "lag", factory: registry)
        timer.recordNanoseconds(1_000_000)
        timer.recordNanoseconds(1_000_001)
        timer.recordNanoseconds(2_000_000_000)
        Recorder(label: "rows", dimensions: [("pool", "read")], aggregate: true, factory: registry).record(2)
        registry.describe("lag", help: "Time from \\ to\nus.")
        let text = await registry.text()
        #expect(
            text == """
                # HELP bus_connected Gauge bus.connected
                # TYPE bus_connected gauge
                bus_connected 1
                # HELP lag_seconds Time from \\\\ to\\nus.
                # TYPE lag_seconds histogram
                lag_seconds_bucket{le="0.001"} 1
                lag_seconds_bucket{le="0.1"} 2
                lag_seconds_bucket{le="+Inf"} 3
                lag_seconds_sum 2.002000001
                lag_seconds_count 3
                # HELP metrics_overflow_total Updates of series beyond the limit, or of a name that has another type.
                # TYPE metrics_overflow_total counter
                metrics_overflow_total 0
                # HELP rows Histogram rows
                # TYPE rows histogram
                rows_bucket{pool="read",le="1"} 0
                rows_bucket{pool="read",le="2.5"} 1
                rows_bucket{pool="read",le="+Inf"} 1
                rows_sum{pool="read"} 2
                rows_count{pool="read"} 1
                # HELP sessions Gauge sessions
                # TYPE sessions gauge
                sessions 2.5
                # HELP tandem_calls_total Counter tandem_calls
                # TYPE tandem_calls_total counter
                tandem_calls_total{end="busy",kind="out"} 1
                tandem_calls_total{kind="in"} 41

                """
        )
    }

    @Test(
        "a label's value comes back as it was",
        arguments: ["plain", "a\"b", "back\\slash", "two\nlines", "ends in \\", "\\n", "été {x=\"y\"} 1", ""]
    )
    func escaping(value: String) async throws {
        Counter(label: "x", dimensions: [("v", value)], factory: registry).increment()
        let read = try Exposition(await registry.text())
        #expect(read.value("x_total", ["v": value]) == 1)
    }

    @Test("names that Prometheus does not know are respelled and never collide with its own")
    func names() async throws {
        let dimensions = [("le", "mine"), ("__name__", "y"), ("9 lives", "z"), ("Ä", "u")]
        Timer(label: "9.lives-of cat", dimensions: dimensions, factory: registry).recordNanoseconds(5)
        let read = try Exposition(await registry.text())
        let labels = ["exported_le": "mine", "exported_name__": "y", "_9_lives": "z", "_": "u"]
        #expect(read.value("_9_lives_of_cat_seconds_count", labels) == 1)
    }

    @Test("a suffix that is there already is not written twice")
    func suffixes() async throws {
        Counter(label: "a_total", factory: registry).increment()
        Timer(label: "b_seconds", factory: registry).recordNanoseconds(1)
        let read = try Exposition(await registry.text())
        #expect(read.value("a_total") == 1)
        #expect(read.value("b_seconds_count") == 1)
    }

    @Test(
        "numbers as Go reads them",
        arguments: [
            (0.0, "0"), (-3, "-3"), (0.0001, "0.0001"), (1e-7, "1e-07"), (2.5, "2.5"), (1e16, "1e+16"),
            (123_456_789_012, "123456789012"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ]
    )
    func numbers(value: Double, text: String) {
        #expect(TextFormat.number(value) == text)
    }

    @Test("every bucket of the defaults holds what is on its bound and not what is above")
    func bounds() async throws {
        for (index, bound) in HistogramBuckets.seconds.enumerated() {
            let series = HistogramSeries(bounds: HistogramBuckets.seconds)
            let nanoseconds = Int64((bound * 1e9).rounded())
            series.recordNanoseconds(nanoseconds)
            series.recordNanoseconds(nanoseconds + 1)
            #expect(series.counts[index] == 1)
            #expect(series.counts[index + 1] == 1)
        }
        #expect(HistogramBuckets.seconds.first == 0.0001)
        #expect(HistogramBuckets.seconds.last == 30)
    }
}
