/// What a witness has seen, in order, and a way to wait for what it has not seen yet.
public actor WitnessLog<Entry: Sendable> {
    private struct Waiter {
        var predicate: @Sendable (Entry) -> Bool
        var continuation: CheckedContinuation<Entry?, Never>
    }

    /// All entries since the beginning.
    public private(set) var entries: [Entry] = []
    private var waiters: [Int: Waiter] = [:]
    private var lastWaiter = 0
    /// Whether nothing more will come.
    public private(set) var isFinished = false

    /// An empty log.
    public init() {}

    /// Adds an entry and wakes those who waited for it.
    public func append(_ entry: Entry) {
        entries.append(entry)
        for (id, waiter) in waiters where waiter.predicate(entry) {
            waiters[id] = nil
            waiter.continuation.resume(returning: entry)
        }
    }

    /// Nothing more will come: those who wait get `nil` at once.
    public func finish() {
        isFinished = true
        for waiter in waiters.values { waiter.continuation.resume(returning: nil) }
        waiters = [:]
    }

    /// The first entry from position `start` on that `predicate` accepts, also one that is there already.
    /// - Parameter limit: How long to wait for it.
    /// - Returns: `nil` when it did not come in time, or cannot come any more.
    public func first(
        from start: Int = 0,
        within limit: Duration,
        where predicate: @escaping @Sendable (Entry) -> Bool
    ) async -> Entry? {
        if let entry = entries.dropFirst(start).first(where: predicate) { return entry }
        if isFinished || Task.isCancelled { return nil }
        lastWaiter += 1
        let id = lastWaiter
        let deadline = Task {
            try? await Task.sleep(for: limit)
            self.giveUp(id)
        }
        defer { deadline.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters[id] = Waiter(predicate: predicate, continuation: continuation)
            }
        } onCancel: {
            deadline.cancel()
        }
    }

    /// The deadline has come; or the waiting task was cancelled, which ends the deadline's sleep early.
    private func giveUp(_ id: Int) {
        waiters.removeValue(forKey: id)?.continuation.resume(returning: nil)
    }
}
