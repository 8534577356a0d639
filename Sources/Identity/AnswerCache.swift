import Foundation
import Synchronization

/// Answers that are right for a few seconds. When it is full, what has expired goes, and if that is not
/// enough, everything: it only ever saves a request.
final class AnswerCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        var end: Date
    }
    private let life: Double
    private let limit: Int
    private let entries = Mutex<[Key: Entry]>([:])

    /// - Parameters:
    ///   - life: Seconds that an answer is right at most.
    ///   - limit: Answers that are kept at most.
    init(life: Double, limit: Int) {
        self.life = life
        self.limit = limit
    }

    func value(for key: Key, at now: Date) -> Value? {
        entries.withLock { entries in
            guard let entry = entries[key], now < entry.end else { return nil }
            return entry.value
        }
    }

    /// Keeps an answer that was asked for at `now`, until its own end if that comes first.
    func store(_ value: Value, for key: Key, at now: Date, until end: Date?) {
        let end = min(end ?? .distantFuture, now.addingTimeInterval(life))
        guard now < end else { return }
        entries.withLock { entries in
            if entries.count >= limit, entries[key] == nil {
                entries = entries.filter { now < $0.value.end }
                if entries.count >= limit { entries = [:] }
            }
            entries[key] = Entry(value: value, end: end)
        }
    }

    func removeAll() { entries.withLock { $0 = [:] } }

    /// Forgets the answers that `isMeant` picks.
    func remove(where isMeant: (Key, Value) -> Bool) {
        entries.withLock { entries in entries = entries.filter { !isMeant($0.key, $0.value.value) } }
    }
}
