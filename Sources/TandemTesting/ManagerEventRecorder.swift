import Synchronization
public import Telephony

/// Keeps what a way to Asterisk's manager interface delivers, in order.
public final class ManagerEventRecorder: ManagerEventReceiving {
    /// What it was told.
    public enum Entry: Sendable, Hashable {
        case connected
        case disconnected
        case event(ManagerEvent)

        /// The event, if it is one.
        public var event: ManagerEvent? {
            if case .event(let event) = self { event } else { nil }
        }
    }

    private struct Watcher {
        let accepts: @Sendable (Entry) -> Bool
        let id: Int
        let continuation: CheckedContinuation<Entry?, Never>
    }

    private struct State {
        var entries: [Entry] = []
        var watchers: [Watcher] = []
        var nextID = 0
    }

    private let state = Mutex(State())
    private let names: Set<String>?
    private let onEvent: @Sendable (ManagerEvent) async -> Void

    /// - Parameters:
    ///   - names: Events that it wants; `nil`: all.
    ///   - onEvent: Done with each event before it is kept.
    public init(
        names: Set<String>? = nil,
        onEvent: @escaping @Sendable (ManagerEvent) async -> Void = { _ in }
    ) {
        self.names = names
        self.onEvent = onEvent
    }

    /// All so far.
    public var entries: [Entry] { state.withLock { $0.entries } }
    /// All events so far.
    public var events: [ManagerEvent] { entries.compactMap(\.event) }
    /// How many entries there are.
    public var count: Int { state.withLock { $0.entries.count } }

    /// The first entry from that position on that is accepted; waits for it. `nil` when the task is cancelled.
    @discardableResult
    public func first(from start: Int = 0, where accepts: @escaping @Sendable (Entry) -> Bool) async -> Entry? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let decided: Entry?? = state.withLock { state in
                    if let entry = state.entries.dropFirst(start).first(where: accepts) { return entry }
                    if Task.isCancelled { return .some(nil) }
                    state.watchers.append(Watcher(accepts: accepts, id: id, continuation: continuation))
                    return nil
                }
                if let decided { continuation.resume(returning: decided) }
            }
        } onCancel: {
            let gone = state.withLock { state in
                let gone = state.watchers.first { $0.id == id }
                state.watchers.removeAll { $0.id == id }
                return gone
            }
            gone?.continuation.resume(returning: nil)
        }
    }

    /// Waits for an event of this name.
    @discardableResult
    public func event(
        _ name: String,
        from start: Int = 0,
        where accepts: @escaping @Sendable (ManagerEvent) -> Bool = { _ in true }
    ) async -> ManagerEvent? {
        await first(from: start) { $0.event.map { $0.name == name && accepts($0) } ?? false }?.event
    }

    private func note(_ entry: Entry) {
        let done = state.withLock { state in
            state.entries.append(entry)
            let done = state.watchers.filter { $0.accepts(entry) }
            if !done.isEmpty { state.watchers.removeAll { $0.accepts(entry) } }
            return done
        }
        for watcher in done { watcher.continuation.resume(returning: entry) }
    }

    /// Whether it was made for that name.
    public func wants(_ name: String) -> Bool { names?.contains(name) ?? true }
    /// Keeps the event.
    public func receive(_ event: ManagerEvent) async {
        await onEvent(event)
        note(.event(event))
    }
    /// Keeps it.
    public func managerConnected() async { note(.connected) }
    /// Keeps it.
    public func managerDisconnected() async { note(.disconnected) }
}
