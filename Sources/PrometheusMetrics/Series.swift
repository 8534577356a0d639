import Metrics
import Synchronization

/// A number that many threads add to without a lock. The order of updates to different numbers does not matter.
final class AtomicDouble: Sendable {
    private let bits: Atomic<UInt64>

    init(_ value: Double = 0) { bits = Atomic(value.bitPattern) }

    var value: Double {
        get { Double(bitPattern: bits.load(ordering: .relaxed)) }
        set { bits.store(newValue.bitPattern, ordering: .relaxed) }
    }

    /// - Parameter empty: A value that counts as zero.
    func add(_ amount: Double, to empty: Double = 0) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (old == empty.bitPattern ? amount : Double(bitPattern: old) + amount).bitPattern
            let (isDone, found) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if isDone { return }
            old = found
        }
    }
}

/// A counter. Whole amounts are kept apart from others, so that they stay exact beyond 2^53.
final class CounterSeries: CounterHandler, FloatingPointCounterHandler {
    private let whole = Atomic<Int64>(0)
    private let fraction = AtomicDouble()

    var value: Double { Double(whole.load(ordering: .relaxed)) + fraction.value }

    /// A counter never falls: negative amounts are left out.
    func increment(by amount: Int64) {
        if amount > 0 { whole.wrappingAdd(amount, ordering: .relaxed) }
    }

    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { fraction.add(amount) }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.value = 0
    }

    /// Takes over a value that is counted elsewhere.
    func set(_ value: Double) {
        whole.store(0, ordering: .relaxed)
        fraction.value = value
    }
}

/// A value that goes up and down. It is left out of the text until it has been set.
final class GaugeSeries: MeterHandler, RecorderHandler {
    /// A pattern of NaN that no computation makes.
    private static let unset = Double(nan: 0x7a_7a7a, signaling: false)
    private let current = AtomicDouble(GaugeSeries.unset)

    var value: Double? {
        let value = current.value
        return value.bitPattern == Self.unset.bitPattern ? nil : value
    }

    func clear() { current.value = Self.unset }
    func set(_ value: Int64) { current.value = Double(value) }
    func set(_ value: Double) { current.value = value }
    func record(_ value: Int64) { current.value = Double(value) }
    func record(_ value: Double) { current.value = value }
    func increment(by amount: Double) { current.add(amount, to: Self.unset) }
    func decrement(by amount: Double) { current.add(-amount, to: Self.unset) }
}

/// Counts observations by their size. Times are summed in nanoseconds, so that their sum is exact.
final class HistogramSeries: TimerHandler, RecorderHandler {
    /// One count, in an object of its own since atomics cannot be copied into an array.
    private final class Cell: Sendable {
        let count = Atomic<Int64>(0)
    }
    /// Upper bounds, inclusive, ascending.
    let bounds: [Double]
    private let cells: [Cell]
    private let nanoseconds = Atomic<Int64>(0)
    private let recorded = AtomicDouble()

    init(bounds: [Double]) {
        self.bounds = bounds
        cells = (0...bounds.count).map { _ in Cell() }
    }

    /// Observations in each bucket, not cumulated; the last has no bound.
    var counts: [Int64] { cells.map { $0.count.load(ordering: .relaxed) } }
    var sum: Double { Double(nanoseconds.load(ordering: .relaxed)) / 1e9 + recorded.value }

    func recordNanoseconds(_ duration: Int64) {
        let duration = max(duration, 0)
        count(Double(duration) / 1e9)
        nanoseconds.wrappingAdd(duration, ordering: .relaxed)
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        count(value)
        recorded.add(value)
    }

    private func count(_ value: Double) {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        cells[low].count.wrappingAdd(1, ordering: .relaxed)
    }
}

/// Where updates go that have no series: they are counted, nothing else.
final class Overflow: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    static let name = "metrics_overflow"
    let count = CounterSeries()

    func increment(by amount: Int64) { count.increment(by: 1 as Int64) }
    func increment(by amount: Double) { count.increment(by: 1 as Int64) }
    func decrement(by amount: Double) { count.increment(by: 1 as Int64) }
    func reset() {}
    func set(_ value: Int64) { count.increment(by: 1 as Int64) }
    func set(_ value: Double) { count.increment(by: 1 as Int64) }
    func record(_ value: Int64) { count.increment(by: 1 as Int64) }
    func record(_ value: Double) { count.increment(by: 1 as Int64) }
    func recordNanoseconds(_ duration: Int64) { count.increment(by: 1 as Int64) }
}
