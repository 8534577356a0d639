/// What is asked of the registry.
enum MetricKind: Hashable, Sendable {
    case counter, gauge, histogram, timer
}

/// The series behind a handler.
enum Series: Sendable {
    case counter(CounterSeries)
    case gauge(GaugeSeries)
    case histogram(HistogramSeries)

    init(_ kind: MetricKind, bounds: [Double]) {
        switch kind {
        case .counter: self = .counter(CounterSeries())
        case .gauge: self = .gauge(GaugeSeries())
        case .histogram, .timer: self = .histogram(HistogramSeries(bounds: bounds))
        }
    }

    var object: AnyObject {
        switch self {
        case .counter(let series): series
        case .gauge(let series): series
        case .histogram(let series): series
        }
    }
}

/// A label and its dimensions as code gives them; the hash is computed once.
struct SeriesKey: Hashable, Sendable {
    private let kind: MetricKind
    private let label: String
    private let dimensions: [(String, String)]
    let hash: Int

    init(_ kind: MetricKind, _ label: String, _ dimensions: [(String, String)]) {
        self.kind = kind
        self.label = label
        self.dimensions = dimensions
        var hasher = Hasher()
        hasher.combine(kind)
        hasher.combine(label)
        for (name, value) in dimensions {
            hasher.combine(name)
            hasher.combine(value)
        }
        hash = hasher.finalize()
    }

    static func == (left: SeriesKey, right: SeriesKey) -> Bool {
        left.hash == right.hash && left.kind == right.kind && left.label == right.label
            && left.dimensions.elementsEqual(right.dimensions) { $0 == $1 }
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
