import Synchronization

/// The gauges whose values are asked for at scrape time. A reader that hangs costs one waiting time, and holds one
/// task: it is asked again only after it has ended.
final class ReadGauges: Sendable {
    private final class Reader: Sendable {
        let series: GaugeSeries
        let read: @Sendable () async -> Double?
        let isRunning = Atomic<Bool>(false)
        init(_ series: GaugeSeries, _ read: @escaping @Sendable () async -> Double?) {
            self.series = series
            self.read = read
        }
    }
    private let readers = Mutex<[Reader]>([])
    private let limit: Duration

    init(limit: Duration) { self.limit = limit }

    func add(_ series: GaugeSeries, _ read: @escaping @Sendable () async -> Double?) {
        readers.withLock { readers in
            readers.removeAll { $0.series === series }
            readers.append(Reader(series, read))
        }
    }

    /// Asks all of them at once and takes over what they say within the limit; the others have no value then.
    func update() async {
        let readers = readers.withLock { $0 }
        let (ended, end) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(readers.count))
        // One that runs still belongs to another scrape.
        let started = readers.filter { !$0.isRunning.exchange(true, ordering: .acquiringAndReleasing) }
        if started.isEmpty { return }
        let tasks = started.map { reader in Task.detached { await Self.run(reader, end) } }
        let alarm = Task.detached { [limit] in
            try? await Task.sleep(for: limit)
            end.finish()
        }
        var left = tasks.count
        for await _ in ended {
            left -= 1
            if left == 0 { break }
        }
        alarm.cancel()
        for task in tasks { task.cancel() }
        for reader in started where reader.isRunning.load(ordering: .acquiring) { reader.series.clear() }
    }

    @concurrent private static func run(_ reader: Reader, _ end: AsyncStream<Void>.Continuation) async {
        let value = await reader.read()
        // One that was too late says nothing: what it read is old by the next scrape.
        if let value, !Task.isCancelled { reader.series.set(value) } else { reader.series.clear() }
        reader.isRunning.store(false, ordering: .releasing)
        end.yield()
    }
}
