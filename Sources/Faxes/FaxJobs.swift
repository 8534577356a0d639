import Foundation
import Synchronization

/// The jobs in memory. A job is with one worker at a time: that is the lock of its state and its files.
final class FaxJobs: Sendable {
    private struct Job {
        var fax: ReceivedFax
        var isAtWork: Bool
    }
    private struct State {
        var jobs: [String: Job] = [:]
        var isRestored = false
    }
    private let state = Mutex(State())

    /// Whether the stored jobs were read: before that nobody can tell what is known.
    var isRestored: Bool { state.withLock { $0.isRestored } }

    /// Takes the stored jobs in.
    func restore(_ faxes: [ReceivedFax]) {
        state.withLock { state in
            for fax in faxes where state.jobs[fax.id] == nil { state.jobs[fax.id] = Job(fax: fax, isAtWork: false) }
            state.isRestored = true
        }
    }

    /// Begins a job, with its worker.
    /// - Returns: `false` when another takes the same file now.
    func begin(_ fax: ReceivedFax) -> Bool {
        state.withLock { state in
            let isTaken = state.jobs.values.contains { job in
                job.fax.phase == .received && job.fax.arrival.file == fax.arrival.file
            }
            if isTaken { return false }
            state.jobs[fax.id] = Job(fax: fax, isAtWork: true)
            return true
        }
    }

    /// All jobs.
    var all: [ReceivedFax] { state.withLock { $0.jobs.values.map(\.fax) } }

    /// A job.
    func fax(_ id: String) -> ReceivedFax? { state.withLock { $0.jobs[id]?.fax } }

    /// Whether a job was made for a file.
    func isKnown(file: String) -> Bool {
        state.withLock { $0.jobs.values.contains { $0.fax.arrival.file == file } }
    }

    /// What a job has become while its worker goes on.
    func update(_ fax: ReceivedFax) { state.withLock { $0.jobs[fax.id]?.fax = fax } }

    /// Gives a job to a worker; `nil` when it is with one, or there is none.
    func take(_ id: String) -> ReceivedFax? {
        state.withLock { state in
            guard let job = state.jobs[id], !job.isAtWork else { return nil }
            state.jobs[id]?.isAtWork = true
            return job.fax
        }
    }

    /// Takes a job back from its worker.
    func giveBack(_ id: String) { state.withLock { $0.jobs[id]?.isAtWork = false } }

    /// A job is over.
    func forget(_ id: String) { state.withLock { $0.jobs[id] = nil } }

    /// Gives the jobs with something to do now to workers, the most urgent first; and when the next of the others
    /// has something to do.
    func takeDue(at now: Date) -> (jobs: [ReceivedFax], next: Date?) {
        state.withLock { state in
            let waiting = state.jobs.values.filter { !$0.isAtWork }
                .compactMap { job in job.fax.due.map { (fax: job.fax, due: $0) } }
            let due = waiting.filter { $0.due <= now }.sorted { ($0.due, $0.fax.id) < ($1.due, $1.fax.id) }
            for job in due { state.jobs[job.fax.id]?.isAtWork = true }
            return (due.map(\.fax), waiting.map(\.due).filter { $0 > now }.min())
        }
    }
}
