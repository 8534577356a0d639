public import Core
public import Foundation
import Synchronization

/// A clock that a test moves by hand.
public final class ManualClock: WallClock {
    private struct Sleeper {
        var wakesAt: Date
        var continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var now: Date
        var sleepers: [UInt64: Sleeper] = [:]
        var nextID: UInt64 = 0
        typealias Watcher = (count: Int, continuation: CheckedContinuation<Void, Never>)
        var watchers: [Watcher] = []
    }
    private let state: Mutex<State>

    /// A clock that stands at `now`.
    public init(now: Date = Date(timeIntervalSince1970: 1_700_000_000)) {
        state = Mutex(State(now: now))
    }

    /// The time it was moved to.
    public var now: Date { state.withLock { $0.now } }

    /// Returns once the clock has been moved to `date`.
    public func sleep(until date: Date) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (isDue, watchers) = state.withLock { state in
                    if state.now >= date || Task.isCancelled { return (true, [State.Watcher]()) }
                    state.sleepers[id] = Sleeper(wakesAt: date, continuation: continuation)
                    let count = state.sleepers.count
                    defer { state.watchers.removeAll { count >= $0.count } }
                    return (false, state.watchers.filter { count >= $0.count })
                }
                for watcher in watchers { watcher.continuation.resume() }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
        }
        try Task.checkCancellation()
    }

    /// Returns once at least `count` tasks sleep.
    public func waitForSleepers(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Moves the clock and wakes whoever is due.
    public func advance(by seconds: TimeInterval) {
        let due = state.withLock { state -> [Sleeper] in
            state.now = state.now.addingTimeInterval(seconds)
            let due = state.sleepers.filter { $0.value.wakesAt <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.sorted { $0.wakesAt < $1.wakesAt }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }
}
