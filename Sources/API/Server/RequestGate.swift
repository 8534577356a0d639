import Synchronization

/// Bounds the requests that run at once; more wait in order, and beyond a second bound they are refused.
///
/// A request may belong to somebody (`key`, its token). Each gets a share of the places and of the queue, so that one
/// client cannot hold them all; who has its share waits while those behind go on. A wait ends when the client goes away, and
/// after a time: what nobody waits for any more is not done.
package final class RequestGate: Sendable {
    /// Too many requests wait already, this one has waited too long, or its client has gone.
    package struct Busy: Error {}

    /// How many may run and wait.
    package struct Bounds: Sendable, Hashable {
        /// Requests at once, at least 1.
        var running: Int
        /// Requests that wait, at least 0.
        var waiting: Int
        /// Of them at once for one key, at least 1.
        var runningPerKey: Int
        /// Of them waiting for one key.
        var waitingPerKey: Int
        /// How long one waits at most; `nil`: without end.
        var patience: Duration?

        /// - Parameters:
        ///   - runningPerKey: `nil`: as many as there are.
        ///   - waitingPerKey: `nil`: as many as there are.
        ///   - patience: How long one waits at most; `nil`: without end.
        package init(
            running: Int,
            waiting: Int,
            runningPerKey: Int? = nil,
            waitingPerKey: Int? = nil,
            patience: Duration? = nil
        ) {
            self.running = max(1, running)
            self.waiting = max(0, waiting)
            self.runningPerKey = max(1, runningPerKey ?? self.running)
            self.waitingPerKey = max(0, waitingPerKey ?? self.waiting)
            self.patience = patience
        }
    }

    /// How a wait ended.
    private enum Outcome { case admitted, refused, cancelled }

    private struct Waiter {
        var ticket: UInt64
        var key: String?
        var continuation: CheckedContinuation<Outcome, Never>
    }

    /// What one key has.
    private struct Share {
        var running = 0
        var waiting = 0
    }

    private struct State {
        var running = 0
        /// Longest waiting first.
        var waiting: [Waiter] = []
        var shares: [String: Share] = [:]
        var nextTicket: UInt64 = 0
        /// Tickets of those who are about to wait.
        var arriving: Set<UInt64> = []

        mutating func change(_ key: String?, _ body: (inout Share) -> Void) {
            guard let key else { return }
            var share = shares[key] ?? Share()
            body(&share)
            shares[key] = share.running == 0 && share.waiting == 0 ? nil : share
        }

        func share(of key: String?) -> Share { key.flatMap { shares[$0] } ?? Share() }
    }

    private let state = Mutex(State())
    private let bounds: Bounds

    package init(_ bounds: Bounds) { self.bounds = bounds }

    /// A gate without shares.
    package convenience init(running: Int, waiting: Int) { self.init(Bounds(running: running, waiting: waiting)) }

    /// Requests that run and wait now.
    var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    /// Runs `body` in a place of its own.
    /// - Parameters:
    ///   - key: Whose share the place is of; `nil`: nobody's.
    ///   - client: Who waits; when it goes away before it has a place, it gets none.
    /// - Throws: ``Busy``; `CancellationError` when the task is cancelled while it waits.
    package func admit<Result>(
        _ key: String? = nil,
        for client: ClientConnection? = nil,
        _ body: () async throws -> Result
    ) async throws -> Result {
        if !takeFreePlace(key) { try await wait(key, client) }
        defer { leave(key) }
        return try await body()
    }

    private func takeFreePlace(_ key: String?) -> Bool {
        state.withLock { state in
            guard isFree(state, key) else { return false }
            take(&state, key)
            return true
        }
    }

    private func isFree(_ state: State, _ key: String?) -> Bool {
        state.running < bounds.running && (key == nil || state.share(of: key).running < bounds.runningPerKey)
    }

    private func take(_ state: inout State, _ key: String?) {
        state.running += 1
        state.change(key) { $0.running += 1 }
    }

    private func wait(_ key: String?, _ client: ClientConnection?) async throws {
        let ticket = state.withLock { state -> UInt64 in
            state.nextTicket += 1
            state.arriving.insert(state.nextTicket)
            return state.nextTicket
        }
        let watch = client?.onDeparture { [self] in dismiss(ticket, .refused) }
        defer { watch?.end() }
        let outcome = await withTaskCancellationHandler {
            await park(ticket, key, within: bounds.patience)
        } onCancel: {
            dismiss(ticket, .cancelled)
        }
        switch outcome {
        case .admitted: return
        case .refused: throw Busy()
        case .cancelled: throw CancellationError()
        }
    }

    private func park(_ ticket: UInt64, _ key: String?, within patience: Duration?) async -> Outcome {
        guard let patience else { return await park(ticket, key) }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { if (try? await Task.sleep(for: patience)) != nil { self.dismiss(ticket, .refused) } }
            let outcome = await park(ticket, key)
            group.cancelAll()
            return outcome
        }
    }

    /// Ends a wait without a place, also one that has not begun.
    private func dismiss(_ ticket: UInt64, _ outcome: Outcome) {
        let waiter = state.withLock { state -> Waiter? in
            state.arriving.remove(ticket)
            guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
            let waiter = state.waiting.remove(at: index)
            state.change(waiter.key) { $0.waiting -= 1 }
            return waiter
        }
        waiter?.continuation.resume(returning: outcome)
    }

    private func park(_ ticket: UInt64, _ key: String?) async -> Outcome {
        await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
            let outcome = state.withLock { state -> Outcome? in
                let isWanted = state.arriving.remove(ticket) != nil
                // The cancellation handler may have run before there was anything to remove.
                if Task.isCancelled { return .cancelled }
                guard isWanted else { return .refused }
                // A place may have become free since the first look.
                if isFree(state, key) {
                    take(&state, key)
                    return .admitted
                }
                let isFull = state.waiting.count >= bounds.waiting
                if isFull || key != nil && state.share(of: key).waiting >= bounds.waitingPerKey { return .refused }
                state.change(key) { $0.waiting += 1 }
                state.waiting.append(Waiter(ticket: ticket, key: key, continuation: continuation))
                return nil
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    /// The place goes to whoever waits longest and has not its share.
    private func leave(_ key: String?) {
        let following = state.withLock { state -> Waiter? in
            state.running -= 1
            state.change(key) { $0.running -= 1 }
            guard let index = state.waiting.firstIndex(where: { isFree(state, $0.key) }) else { return nil }
            let waiter = state.waiting.remove(at: index)
            state.change(waiter.key) { $0.waiting -= 1 }
            take(&state, waiter.key)
            return waiter
        }
        following?.continuation.resume(returning: .admitted)
    }
}
