import Core
import Events
import Foundation
import Persistence
import Synchronization

/// An outbox in memory.
final class MemoryOutbox: OutboxStoring, StateStoring {
    private struct State {
        var entries: [OutboxEntry] = []
        var published: Set<Int64> = []
        var failsToMark = false
        var discards: [Date] = []
        var givenUp: [Date] = []
        var isRefusing = false
        var watchers: [(Int, CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())

    func add(_ count: Int, resource: String = "r") {
        state.withLock { state in
            for _ in 0..<count {
                let id = Int64(state.entries.count + 1)
                let message = BusMessage(resource: resource, routingKey: "k", headers: [:], body: "\(id)")
                state.entries.append(OutboxEntry(id: id, message: message))
            }
        }
    }
    /// The next marking fails.
    func failNextMarking() { state.withLock { $0.failsToMark = true } }

    func pendingMessages(limit: Int) async throws -> [OutboxEntry] {
        state.withLock { state in Array(state.entries.filter { !state.published.contains($0.id) }.prefix(limit)) }
    }
    func markPublished(_ ids: [Int64]) async throws {
        try state.withLock { state in
            if state.failsToMark {
                state.failsToMark = false
                throw DatabaseFailure.unreachable("down")
            }
            state.published.formUnion(ids)
        }
    }
    func discardPublished(before date: Date) async throws { state.withLock { $0.discards.append(date) } }
    /// Moments before which what was not published was given up, and all of it is.
    var givenUp: [Date] { state.withLock { $0.givenUp } }
    func discardUnpublished(before date: Date) async throws -> Int {
        state.withLock { state in
            state.givenUp.append(date)
            let pending = state.entries.filter { !state.published.contains($0.id) }
            state.published.formUnion(pending.map(\.id))
            return pending.count
        }
    }
    func backlog() async throws -> OutboxBacklog {
        state.withLock { OutboxBacklog(pending: $0.entries.count - $0.published.count, oldestSeconds: 0) }
    }

    func rows(ofKind kind: String) async throws -> [AggregateRow] { [] }
    func history(ofKind kind: String, id: String) async throws -> [HistoryEntry] { [] }
    func discardHistory(before date: Date) async throws {}
    /// Takes the messages of a change.
    func commit(_ change: StateChange) async throws {
        try state.withLock { state in
            if state.isRefusing { throw DatabaseFailure.unreachable("down") }
            for message in change.messages {
                state.entries.append(OutboxEntry(id: Int64(state.entries.count + 1), message: message))
            }
            let count = state.entries.count
            state.watchers.removeAll { watcher in
                guard count >= watcher.0 else { return false }
                watcher.1.resume()
                return true
            }
        }
    }
    /// The database goes away, or comes back.
    func setRefusing(_ isRefusing: Bool) { state.withLock { $0.isRefusing = isRefusing } }
    func waitForEntries(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.entries.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

/// A broker that can go away.
final class MemoryBroker: EventPublishing {
    private struct State {
        var isConnected: Bool
        var bodies: [String] = []
        var failsAfter: Int?
        var states: [AsyncStream<Bool>.Continuation] = []
        var watchers: [(Int, CheckedContinuation<Void, Never>)] = []
    }
    private let state: Mutex<State>

    init(isConnected: Bool = true) { state = Mutex(State(isConnected: isConnected)) }

    var bodies: [String] { state.withLock { $0.bodies } }
    var isConnected: Bool { state.withLock { $0.isConnected } }

    func setConnected(_ isConnected: Bool) {
        state.withLock { state in
            state.isConnected = isConnected
            for continuation in state.states { continuation.yield(isConnected) }
        }
    }
    /// The next publish takes that many messages and then fails.
    func failNext(after count: Int) { state.withLock { $0.failsAfter = count } }

    func connectionStates() -> AsyncStream<Bool> {
        let (stream, continuation) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { state in
            state.states.append(continuation)
            continuation.yield(state.isConnected)
        }
        return stream
    }

    func publish(_ messages: [BusMessage]) async throws {
        try state.withLock { state in
            guard state.isConnected else { throw BusFailure.unreachable("away") }
            let accepted = state.failsAfter ?? messages.count
            state.bodies += messages.prefix(accepted).map(\.body)
            let bodies = state.bodies.count
            state.watchers.removeAll { watcher in
                guard bodies >= watcher.0 else { return false }
                watcher.1.resume()
                return true
            }
            if state.failsAfter != nil {
                state.failsAfter = nil
                throw BusFailure.refused("negative confirm")
            }
        }
    }

    func waitForBodies(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.bodies.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
