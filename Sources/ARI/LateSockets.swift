import Core
import Logging
import Synchronization
import Telephony

/// Sockets of the applications that are registered while the feed is connected: one each, and when there are some, one that
/// takes theirs over with the next application. Asterisk has room for 100 connections (`sessionlimit`), its clients' own
/// included.
final class LateSockets: Sendable {
    /// Sockets of one application at most, before they are gathered.
    static let limit = 8
    /// How long Asterisk may take to tell the old sockets that a new one has their applications.
    private static let patience: Duration = .seconds(5)

    private struct Arrival: Sendable {
        var application: StasisApplication
        /// Who waits for the first outcome.
        var registered: FirstOutcome
    }
    /// Why a socket is closed by us.
    private enum End: Sendable { case deregistered, gathered }
    private struct State {
        /// Ends the socket of a single application.
        var singles: [String: Mailbox<End>] = [:]
        var isGathering = false
    }

    private unowned let feed: ARIEventFeed
    private let arrivals = Mailbox<Arrival>(capacity: 64)
    private let state = Mutex(State())

    init(_ feed: ARIEventFeed) { self.feed = feed }

    /// Registers an application; returns after the first attempt.
    /// - Throws: Why that failed; it is tried again for as long as the application is wanted.
    func register(_ application: StasisApplication) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let registered = FirstOutcome(continuation)
            if !arrivals.offer(Arrival(application: application, registered: registered)) {
                registered.failed(TelephonyFailure.unavailable("too many applications at once"))
            }
        }
    }

    /// Closes the socket of an application that has one of its own.
    func end(_ name: String) { _ = state.withLock { $0.singles.removeValue(forKey: name) }?.offer(.deregistered) }

    /// The feed connects anew. Who waits for a registration is registered with the others then.
    func close() {
        arrivals.close()
        while let waiting = arrivals.takeNow() { waiting.registered.succeeded() }
    }

    /// Serves applications until one of their sockets breaks.
    func run() async throws {
        try await withTaskCancellationHandler {
            try await withThrowingDiscardingTaskGroup { group in
                while let next = await arrivals.next() {
                    group.addTask {
                        do {
                            try await self.serve(next)
                        } catch {
                            // A failed child ends its siblings, but not the loop that waits for further ones.
                            self.arrivals.close()
                            throw error
                        }
                    }
                }
            }
        } onCancel: {
            arrivals.close()
        }
    }

    /// The socket of one late application, which is tried until the application is there or not wanted any more. When
    /// it breaks the whole feed connects anew.
    private func serve(_ arrival: Arrival) async throws {
        let name = arrival.application.name
        var pause = 0.1
        while true {
            let gathered = beginGathering()
            do {
                return try await attempt(arrival, gathering: gathered)
            } catch let failure as NotRegistered {
                if !gathered.isEmpty { state.withLock { $0.isGathering = false } }
                arrival.registered.failed(failure.cause)
                feed.logger.warning("application \(name) is not registered yet: \(failure.cause)")
            }
            try await Task.sleep(for: .seconds(pause))
            pause = min(pause * 2, feed.configuration.reconnectionDelayLimit)
            guard feed.applications.isWanted(name) else { return }
        }
    }

    /// Applications whose sockets the next one takes over; none while they are few, or while that happens already.
    private func beginGathering() -> [String] {
        state.withLock { state in
            guard state.singles.count >= Self.limit, !state.isGathering else { return [] }
            state.isGathering = true
            return state.singles.keys.sorted()
        }
    }

    /// The application has never been there in this attempt, and nothing has changed for others.
    private struct NotRegistered: Error {
        var cause: any Error
    }

    private func attempt(_ arrival: Arrival, gathering others: [String]) async throws {
        let name = arrival.application.name
        let handover = Handover(others)
        let isReady = Mutex(false)
        let ending = Mutex<End?>(nil)
        let end = Mailbox<End>(capacity: 1)
        feed.applications.begin(handover)
        defer { feed.applications.end(handover) }
        do {
            let socket = try await ARIWebSocket.connect(feed.configuration, applications: [name] + others)
            try await socket.read(
                ready: {
                    try await self.feed.prepare(arrival.application)
                    // Their events come over the old sockets until then, and must not be overtaken.
                    try await handover.finish(within: Self.patience)
                    self.feed.applications.end(handover)
                    self.feed.applications.noteRegistered([name])
                    self.begin(name, end, insteadOf: others)
                    isReady.withLock { $0 = true }
                    arrival.registered.succeeded()
                },
                alongside: {
                    let asked = await withTaskCancellationHandler {
                        await end.next()
                    } onCancel: {
                        end.close()
                    }
                    ending.withLock { $0 = asked }
                },
                message: { await self.feed.delivery.deliver($0) }
            )
        } catch {
            if isReady.withLock({ $0 }) { throw error }
            if handover.hasBegun {
                // Some are on the new socket: all are connected anew, this one with them.
                arrival.registered.succeeded()
                throw error
            }
            if Task.isCancelled {
                arrival.registered.failed(TelephonyFailure.unreachable("the event feed connects anew"))
                throw CancellationError()
            }
            throw NotRegistered(cause: error as? TelephonyFailure ?? TelephonyFailure.unreachable("\(error)"))
        }
        if ending.withLock({ $0 }) == .gathered { return }
        // Its end was asked for, unless one of its applications is still wanted.
        if ([name] + others).contains(where: feed.applications.isWanted) { throw ARIWebSocket.Failure.closed }
    }

    /// A socket has taken applications over: those of others are closed.
    private func begin(_ name: String, _ end: Mailbox<End>, insteadOf others: [String]) {
        let former = state.withLock { state in
            defer {
                for other in others { state.singles[other] = nil }
                if others.isEmpty { state.singles[name] = end }
                if !others.isEmpty { state.isGathering = false }
            }
            return others.compactMap { state.singles[$0] }
        }
        for single in former { single.offer(.gathered) }
    }
}

/// Applications that go from their sockets to a new one. Asterisk tells the old ones, behind the last event that they get.
final class Handover: Sendable {
    private struct State {
        var awaited: Set<String>
        var hasBegun = false
    }
    private struct TooLate: Error {}
    private let state: Mutex<State>
    private let finished = Mailbox<Void>(capacity: 1)

    init(_ names: [String]) {
        state = Mutex(State(awaited: Set(names)))
        if names.isEmpty { finished.offer(()) }
    }

    /// Whether an application has gone to the new socket.
    var hasBegun: Bool { state.withLock { $0.hasBegun } }

    /// Asterisk gave an application to another socket.
    /// - Returns: Whether that was awaited.
    func gave(_ name: String) -> Bool {
        let (isAwaited, isLast) = state.withLock { state in
            guard state.awaited.remove(name) != nil else { return (false, false) }
            state.hasBegun = true
            return (true, state.awaited.isEmpty)
        }
        if isLast { finished.offer(()) }
        return isAwaited
    }

    /// Returns when all have gone.
    /// - Throws: When that takes longer than `limit`; `CancellationError`.
    func finish(within limit: Duration) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { await self.finished.next() != nil }
            group.addTask {
                try await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            guard try await group.next() == true else {
                try Task.checkCancellation()
                throw TooLate()
            }
        }
    }
}

/// Who waits for the first outcome of something that is tried again after a failure.
private final class FirstOutcome: Sendable {
    private let waiting: Mutex<CheckedContinuation<Void, any Error>?>

    init(_ continuation: CheckedContinuation<Void, any Error>) { waiting = Mutex(continuation) }

    func succeeded() { take()?.resume() }
    func failed(_ error: any Error) { take()?.resume(throwing: error) }

    private func take() -> CheckedContinuation<Void, any Error>? {
        waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
    }
}
