import Core
import Foundation
import Persistence
import Synchronization
import TandemTesting

/// A store that takes so many changes and then never answers: as if we were killed behind one of them.
final class CuttingStore: StateStoring {
    let inner = InMemoryStateStore()
    private let left: Mutex<Int>

    init(after commits: Int) { left = Mutex(commits) }

    /// Whether a change was held up.
    var isCut: Bool { left.withLock { $0 < 0 } }

    func rows(ofKind kind: String) async throws -> [AggregateRow] { try await inner.rows(ofKind: kind) }

    func commit(_ change: StateChange) async throws {
        let isHeld = left.withLock { left in
            left -= 1
            return left < 0
        }
        if isHeld { try await Task.sleep(for: .seconds(3_600)) }
        try await inner.commit(change)
    }

    func history(ofKind kind: String, id: String) async throws -> [HistoryEntry] {
        try await inner.history(ofKind: kind, id: id)
    }

    func discardHistory(before date: Date) async throws { try await inner.discardHistory(before: date) }
}
