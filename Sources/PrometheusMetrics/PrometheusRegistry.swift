public import Metrics

/// A back end of swift-metrics that keeps everything in memory and writes it in Prometheus' text format 0.0.4.
///
/// Updates are atomic additions without a lock. Making the same `Counter(label:dimensions:)` again is a look-up in
/// one of a few dictionaries, so that code may make its metrics where it uses them. The number of series is bounded:
/// what would go beyond it is only counted, in `metrics_overflow_total`.
///
/// Names: characters that Prometheus does not know become `_`, counters end in `_total`, timers in `_seconds`.
public final class PrometheusRegistry: MetricsFactory {
    /// The `Content-Type` of ``text()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let table: SeriesTable
    private let read: ReadGauges
    private let process: ProcessReader?

    /// - Parameters:
    ///   - limit: Series at most; a histogram is one. Further ones are counted as overflow.
    ///   - buckets: Which buckets histograms have.
    ///   - readLimit: How long a scrape waits for the gauges of ``register(gauge:help:dimensions:read:)``.
    ///   - includesProcess: Whether `process_…` metrics are written.
    public init(
        limit: Int = 10_000,
        buckets: HistogramBuckets = HistogramBuckets(),
        readLimit: Duration = .seconds(1),
        includesProcess: Bool = true
    ) {
        table = SeriesTable(limit: limit, buckets: buckets)
        read = ReadGauges(limit: readLimit)
        process = includesProcess ? ProcessReader() : nil
        table.describe(Overflow.name, "Updates of series beyond the limit, or of a name that has another type.")
        _ = table.adopt(table.overflow.count, name: Overflow.name)
        // Now, before others can fill the table.
        process?.update(table)
    }

    /// Everything now, in Prometheus' text format 0.0.4, sorted by name and labels.
    public func text() async -> String {
        await read.update()
        process?.update(table)
        return TextFormat.text(of: table.families)
    }

    /// Says what a metric is about: its `# HELP` line.
    /// - Parameter label: Its label in swift-metrics.
    public func describe(_ label: String, help: String) { table.describe(label, help) }

    /// A gauge whose value is asked for when somebody scrapes. Registering the same name and dimensions again
    /// replaces the reader.
    /// - Parameters:
    ///   - name: Its name.
    ///   - help: Its `# HELP` line.
    ///   - dimensions: Its labels.
    ///   - read: The value; `nil`: it is left out of this scrape. One that takes too long is cancelled, left out,
    ///     and not asked again before it has ended.
    public func register(
        gauge name: String,
        help: String,
        dimensions: [(String, String)] = [],
        read: @escaping @Sendable () async -> Double?
    ) {
        table.describe(name, help)
        guard case .gauge(let series) = table.series(.gauge, name, dimensions) else { return }
        self.read.add(series, read)
    }

    // MARK: MetricsFactory

    /// The counter of this label and these dimensions.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        guard case .counter(let series) = table.series(.counter, label, dimensions) else { return table.overflow }
        return series
    }

    /// The counter of this label and these dimensions; shared with ``makeCounter(label:dimensions:)``.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        guard case .counter(let series) = table.series(.counter, label, dimensions) else { return table.overflow }
        return series
    }

    /// The gauge of this label and these dimensions.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        guard case .gauge(let series) = table.series(.gauge, label, dimensions) else { return table.overflow }
        return series
    }

    /// A histogram when it aggregates, else the gauge of this label and these dimensions.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        switch table.series(aggregate ? .histogram : .gauge, label, dimensions) {
        case .gauge(let series): series
        case .histogram(let series): series
        default: table.overflow
        }
    }

    /// The histogram in seconds of this label and these dimensions.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        guard case .histogram(let series) = table.series(.timer, label, dimensions) else { return table.overflow }
        return series
    }

    /// Forgets the series.
    public func destroyCounter(_ handler: any CounterHandler) { table.remove(handler) }
    /// Forgets the series.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { table.remove(handler) }
    /// Forgets the series.
    public func destroyMeter(_ handler: any MeterHandler) { table.remove(handler) }
    /// Forgets the series.
    public func destroyRecorder(_ handler: any RecorderHandler) { table.remove(handler) }
    /// Forgets the series.
    public func destroyTimer(_ handler: any TimerHandler) { table.remove(handler) }
}
