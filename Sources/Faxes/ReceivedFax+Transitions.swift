import Foundation

extension ReceivedFax {
    /// What happens to a job.
    enum Event: Sendable, Hashable {
        /// The file lies in our spool.
        case taken
        /// The file could not be taken, or is gone.
        case notTaken(cause: String)
        /// A backend has it.
        case attemptSucceeded(backend: String)
        /// A backend's attempt failed; a permanent failure is not repeated.
        case attemptFailed(backend: String, cause: String, isPermanent: Bool, at: Date)
        /// Nothing of it is left in our spool.
        case filesRemoved

        /// The event's name in history and log.
        var name: String {
            switch self {
            case .taken: "taken"
            case .notTaken: "not_taken"
            case .attemptSucceeded(let backend): "attempt_succeeded \(backend)"
            case .attemptFailed(let backend, _, _, _): "attempt_failed \(backend)"
            case .filesRemoved: "files_removed"
            }
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

    /// Takes an event.
    /// - Returns: `nil` when it means nothing in the present state: a no-op.
    func handle(_ event: Event, _ schedule: RetrySchedule = .ordinary) -> Transition? {
        switch (phase, event) {
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
        case (.delivering, .attemptSucceeded(let backend)):
            return settle(backend) { _ in .delivered }
        case (.delivering, .attemptFailed(let backend, let cause, let isPermanent, let now)):
            return settle(backend) { attempts in
                guard !isPermanent, let pause = schedule.pause(afterFailure: attempts) else {
                    return .failed(cause: cause)
                }
                return .pending(due: now.addingTimeInterval(pause), cause: cause)
            }
        case (.delivered, .filesRemoved):
            return Transition(fax: self, isOver: true)
        default:
            return nil
        }
    }

    /// Ends an attempt of a backend that waits for one.
    private func settle(_ backend: String, _ outcome: (_ attempts: Int) -> Delivery.State) -> Transition? {
        guard let index = deliveries.firstIndex(where: { $0.backend == backend && $0.due != nil }) else { return nil }
        var next = self
        next.deliveries[index].attempts += 1
        next.deliveries[index].state = outcome(next.deliveries[index].attempts)
        if next.deliveries.contains(where: { $0.due != nil }) {
            let again = next.deliveries[index].due.map { Effect.attempt(backend: backend, at: $0) }
            return Transition(fax: next, effects: again.map { [$0] } ?? [], isOver: false)
        }
        if next.deliveries.allSatisfy({ $0.state == .delivered }) {
            next.phase = .delivered
            return Transition(fax: next, effects: [.removeFiles], isOver: false)
        }
        next.phase = .failed
        return Transition(fax: next, notices: [.failed], isOver: true)
    }
}
