import Synchronization

/// All series of one name.
struct Family: Sendable {
    let name: String
    let type: String
    var help: String
    /// By rendered labels, for instance `reason="busy"`.
    var series: [String: Series] = [:]
}

/// Which series there are. Known ones are found by the key that code gives, in one of a few dictionaries, each with
/// a lock that is held for one look-up; new ones are rare and share one lock.
final class SeriesTable: Sendable {
    private struct State {
        var families: [String: Family] = [:]
        /// Which family writes samples of this name: `x_count` is taken when a histogram `x` is there.
        var owners: [String: String] = [:]
        var help: [String: String] = [:]
        var count = 0
        var aliases = 0
    }
    private final class Shard: Sendable {
        let known = Mutex<[SeriesKey: Series]>([:])
    }
    private let limit: Int
    private let buckets: HistogramBuckets
    private let shards = (0..<16).map { _ in Shard() }
    private let state = Mutex(State())
    let overflow = Overflow()

    init(limit: Int, buckets: HistogramBuckets) {
        self.limit = limit
        self.buckets = buckets
    }

    /// All families, sorted by name.
    var families: [Family] { state.withLock { Array($0.families.values) }.sorted { $0.name < $1.name } }

    /// The series, made when it is new; `nil` when it would be one too many, or when its name has another type.
    func series(_ kind: MetricKind, _ label: String, _ dimensions: [(String, String)]) -> Series? {
        let key = SeriesKey(kind, label, dimensions)
        let shard = shards[key.hash & 15]
        if let known = shard.known.withLock({ $0[key] }) { return known }
        return state.withLock { state in
            let name = Names.metric(kind, label)
            let labels = Names.labels(dimensions)
            guard let series = make(kind, label, name, labels, &state) else { return nil }
            // Labels in another order are the same series under a further key; those are bounded too.
            if state.aliases < 2 * limit {
                shard.known.withLock { known in if known.updateValue(series, forKey: key) == nil { state.aliases += 1 }
                }
            }
            return series
        }
    }

    private func make(
        _ kind: MetricKind,
        _ label: String,
        _ name: String,
        _ labels: String,
        _ state: inout State
    ) -> Series? {
        let type = Names.type(kind)
        if let family = state.families[name] {
            guard family.type == type else { return nil }
            if let series = family.series[labels] { return series }
        }
        guard state.count < limit, claim(name, type, label, &state) else { return nil }
        let series = Series(kind, bounds: buckets.bounds(kind, label))
        state.families[name]?.series[labels] = series
        state.count += 1
        return series
    }

    /// Makes the family unless one of its sample names belongs to another.
    private func claim(_ name: String, _ type: String, _ label: String, _ state: inout State) -> Bool {
        if state.families[name] != nil { return true }
        let samples = type == "histogram" ? [name, name + "_bucket", name + "_count", name + "_sum"] : [name]
        guard samples.allSatisfy({ state.owners[$0] == nil }) else { return false }
        for sample in samples { state.owners[sample] = name }
        let help = state.help[label] ?? "\(type.prefix(1).uppercased() + type.dropFirst()) \(label)"
        state.families[name] = Family(name: name, type: type, help: help)
        return true
    }

    /// Writes this counter under a name from now on, beyond the limit; `false` when the name is taken.
    func adopt(_ counter: CounterSeries, name label: String) -> Bool {
        state.withLock { state in
            let name = Names.metric(.counter, label)
            guard claim(name, "counter", label, &state) else { return false }
            state.families[name]?.series[""] = .counter(counter)
            return true
        }
    }

    func describe(_ label: String, _ help: String) {
        state.withLock { state in
            state.help[label] = help
            for kind in [MetricKind.counter, .gauge, .timer] {
                let name = Names.metric(kind, label)
                // Another label may end in the same name by itself.
                if state.families[name]?.type == Names.type(kind) || kind == .gauge {
                    state.families[name]?.help = help
                }
            }
        }
    }

    /// Forgets a series; handlers of it may still be updated, unseen.
    func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value.object === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                state.count -= 1
            }
            for shard in shards {
                shard.known.withLock { known in
                    let before = known.count
                    known = known.filter { $0.value.object !== handler }
                    state.aliases -= before - known.count
                }
            }
        }
    }
}
