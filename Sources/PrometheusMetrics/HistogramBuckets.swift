/// Upper bounds of the buckets of histograms; the one without a bound is always there.
public struct HistogramBuckets: Sendable {
    /// 100 µs to 30 s: from a query in memory to a request that ran into its limit.
    public static let seconds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]
    /// 1 to 100,000 of whatever is recorded.
    public static let values: [Double] = [
        1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 100_000,
    ]

    /// Bounds of timers, in seconds.
    public var timers: [Double]
    /// Bounds of aggregating recorders, in their own unit.
    public var recorders: [Double]
    /// Bounds of single metrics, by their label in swift-metrics.
    public var byLabel: [String: [Double]]

    /// Buckets with all their parts.
    public init(
        timers: [Double] = HistogramBuckets.seconds,
        recorders: [Double] = HistogramBuckets.values,
        byLabel: [String: [Double]] = [:]
    ) {
        self.timers = timers
        self.recorders = recorders
        self.byLabel = byLabel
    }

    /// Sorted, finite and each only once.
    func bounds(_ kind: MetricKind, _ label: String) -> [Double] {
        let bounds = byLabel[label] ?? (kind == .timer ? timers : recorders)
        return Set(bounds.filter(\.isFinite)).sorted()
    }
}
