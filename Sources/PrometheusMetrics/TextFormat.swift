/// Prometheus' text exposition format, version 0.0.4.
enum TextFormat {
    /// The lines of all families; one without a value is left out whole.
    static func text(of families: [Family]) -> String {
        var out = ""
        for family in families { write(family, to: &out) }
        return out
    }

    private static func write(_ family: Family, to out: inout String) {
        var samples = ""
        for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
            switch series {
            case .counter(let counter): sample(family.name, labels, number(counter.value), to: &samples)
            case .gauge(let gauge):
                if let value = gauge.value { sample(family.name, labels, number(value), to: &samples) }
            case .histogram(let histogram): write(histogram, family.name, labels, to: &samples)
            }
        }
        if samples.isEmpty { return }
        out += "# HELP \(family.name) \(Names.escaped(family.help, quotes: false))\n"
        out += "# TYPE \(family.name) \(family.type)\n"
        out += samples
    }

    private static func write(_ histogram: HistogramSeries, _ name: String, _ labels: String, to out: inout String) {
        let prefix = labels.isEmpty ? "" : labels + ","
        let sum = histogram.sum
        var count: Int64 = 0
        for (index, amount) in histogram.counts.enumerated() {
            count += amount
            let bound = index < histogram.bounds.count ? number(histogram.bounds[index]) : "+Inf"
            sample(name + "_bucket", "\(prefix)le=\"\(bound)\"", String(count), to: &out)
        }
        sample(name + "_sum", labels, number(sum), to: &out)
        sample(name + "_count", labels, String(count), to: &out)
    }

    private static func sample(_ name: String, _ labels: String, _ value: String, to out: inout String) {
        out += name
        if !labels.isEmpty {
            out += "{"
            out += labels
            out += "}"
        }
        out += " "
        out += value
        out += "\n"
    }

    /// A number as Go reads it; whole ones without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }
}
