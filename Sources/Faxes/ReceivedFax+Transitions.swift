import Core
import Foundation

extension ReceivedFax {
    /// What happens to a job.
    enum Event: Sendable, Hashable {
        /// The file lies in our spool.
        case taken
        /// The file could not be taken, or is gone.
        case notTaken(cause: String)
        /// A backend has it.
        case attemptSucceeded(backend: String, at: Date)
        /// A backend's attempt failed; a permanent failure is not repeated.
        case attemptFailed(backend: String, cause: String, isPermanent: Bool, at: Date)
        /// A client wants it gone: no further attempt is made.
        case discarded(by: UserID?, at: Date)
        /// It was kept long enough.
        case keepPassed(at: Date)
        /// Nothing of it is left in our spool.
        case filesRemoved
        /// Something of it is.
        case filesNotRemoved(at: Date)

        /// The event's name in history and log.
        var name: String {
            switch self {
            case .taken: "taken"
            case .notTaken: "not_taken"
            case .attemptSucceeded(let backend, _): "attempt_succeeded \(backend)"
            case .attemptFailed(let backend, _, _, _): "attempt_failed \(backend)"
            case .discarded: "discarded"
            case .keepPassed: "keep_passed"
            case .filesRemoved: "files_removed"
            case .filesNotRemoved: "files_not_removed"
            }
        }

        /// The user who caused it.
        var user: UserID? {
            if case .discarded(let user, _) = self { user } else { nil }
        }
    }

    /// What clients hear.
    enum Notice: Sendable, Hashable {
        case received, failed
    }

    /// What is to be done.
    enum Effect: Sendable, Hashable {
        /// Attempt a delivery at this time.
        case attempt(backend: String, at: Date)
        /// Remove the file from our spool.
        case removeFiles
    }

    /// What follows from an event: stored first, then performed.
    struct Transition: Sendable, Hashable {
        /// The job afterwards.
        var fax: ReceivedFax
        var notices: [Notice] = []
        var effects: [Effect] = []
        /// Whether the row goes away.
        var isOver: Bool
    }

    /// What a backend says that waited when a client removed the fax.
    static let cancelled = "CANCELLED"

    /// Takes an event.
    /// - Returns: `nil` when it means nothing in the present state: a no-op.
    func handle(_ event: Event, _ rules: Rules) -> Transition? {
        switch (phase, event) {
        case (.received, .taken) where deliveries.isEmpty:
            var next = self
            next.phase = .failed
            next.endedAt = receivedAt
            next.until = receivedAt + rules.keepFailed
            return Transition(fax: next, notices: [.failed], isOver: false)
        case (.received, .taken):
            var next = self
            next.phase = .delivering
            let attempts = deliveries.compactMap { delivery in
                delivery.due.map { Effect.attempt(backend: delivery.backend, at: $0) }
            }
            return Transition(fax: next, notices: [.received], effects: attempts, isOver: false)
        case (.received, .notTaken):
            var next = self
            next.phase = .refused
            return Transition(fax: next, isOver: true)
        case (.delivering, .attemptSucceeded(let backend, let now)):
            return settle(backend, at: now, rules) { _ in .delivered }
        case (.delivering, .attemptFailed(let backend, let cause, let isPermanent, let now)):
            return settle(backend, at: now, rules) { attempts in
                guard !isPermanent, let pause = rules.retries.pause(afterFailure: attempts) else {
                    return .failed(cause: cause)
                }
                return .pending(due: now.addingTimeInterval(pause), cause: cause)
            }
        case (.delivering, .discarded(_, let now)):
            return givenUp(at: now)
        case (.delivered, .discarded(_, let now)), (.failed, .discarded(_, let now)):
            return removed(at: now)
        case (.delivered, .keepPassed(let now)), (.failed, .keepPassed(let now)):
            return due.map { $0 <= now } == true ? removed(at: now) : nil
        case (.removing, .filesRemoved):
            return Transition(fax: self, isOver: true)
        case (.removing, .filesNotRemoved(let now)):
            var next = self
            next.until = now + rules.removalPause
            return Transition(fax: next, isOver: false)
        default:
            return nil
        }
    }

    /// A client removes it while backends wait.
    private func givenUp(at now: Date) -> Transition {
        var next = self
        for index in deliveries.indices where deliveries[index].due != nil {
            next.deliveries[index].state = .failed(cause: Self.cancelled)
        }
        next.endedAt = now
        return next.removed(at: now, notices: [.failed])
    }

    private func removed(at now: Date, notices: [Notice] = []) -> Transition {
        var next = self
        next.phase = .removing
        next.until = now
        return Transition(fax: next, notices: notices, effects: [.removeFiles], isOver: false)
    }

    /// Ends an attempt of a backend that waits for one.
    private func settle(
        _ backend: String,
        at now: Date,
        _ rules: Rules,
        _ outcome: (_ attempts: Int) -> Delivery.State
    ) -> Transition? {
        guard let index = deliveries.firstIndex(where: { $0.backend == backend && $0.due != nil }) else { return nil }
        var next = self
        next.deliveries[index].attempts += 1
        next.deliveries[index].state = outcome(next.deliveries[index].attempts)
        if next.deliveries.contains(where: { $0.due != nil }) {
            let again = next.deliveries[index].due.map { Effect.attempt(backend: backend, at: $0) }
            return Transition(fax: next, effects: again.map { [$0] } ?? [], isOver: false)
        }
        next.endedAt = now
        if next.deliveries.allSatisfy({ $0.state == .delivered }) {
            next.phase = .delivered
            next.until = now + rules.keep
            return Transition(fax: next, isOver: false)
        }
        next.phase = .failed
        next.until = now + rules.keepFailed
        return Transition(fax: next, notices: [.failed], isOver: false)
    }
}
