import Core
import Events
import Foundation
import Logging
import Persistence

/// Every change is stored together with the events that tell of it, before anything follows from it.
extension ReceivedFaxes {
    /// The jobs that were stored.
    /// - Throws: `DatabaseFailure`.
    func storedFaxes() async throws -> [ReceivedFax] {
        try await ports.store.rows(ofKind: ReceivedFax.rowKind).compactMap { row in
            let fax = ReceivedFax(row: row)
            if fax == nil { ports.logger.error("unreadable row of a fax", metadata: ["id": "\(row.id)"]) }
            return fax
        }
    }

    /// Stores a new job: one try, as the dialplan waits.
    /// - Throws: ``FaxRefusal/notTaken(_:)``; the file is untouched. If the row arrived and only its answer was lost,
    ///   the next start takes the file.
    func storeFirst(_ fax: ReceivedFax) async throws -> ReceivedFax {
        var stored = fax
        stored.revision = 1
        do {
            try await ports.store.commit(
                StateChange(
                    writes: [.save(stored.row)],
                    history: [history(of: stored, from: "", cause: "arrived")]
                )
            )
        } catch {
            jobs.forget(fax.id)
            throw FaxRefusal.notTaken("\(error)")
        }
        jobs.update(stored)
        ports.logger.info("received fax - -> received because arrived", metadata: metadata(of: stored))
        return stored
    }

    /// Gives an event to a job's machine and stores what follows, waiting for the database as long as it takes: what
    /// a program did cannot be undone.
    /// - Returns: The job afterwards; `nil` when the server stops, the row cannot be written, or the event means
    ///   nothing.
    func advance(_ fax: ReceivedFax, _ event: ReceivedFax.Event) async -> ReceivedFax? {
        guard let transition = fax.handle(event, rules) else {
            ports.logger.debug("\(event.name): nothing to do", metadata: metadata(of: fax))
            return nil
        }
        var next = transition.fax
        next.revision += 1
        guard await store(transition, next, from: fax, event) else { return nil }
        ports.logger.info(
            "received fax \(fax.phase.rawValue) -> \(transition.isOver ? "over" : next.phase.rawValue) because \(event.name)",
            metadata: metadata(of: next)
        )
        if transition.isOver { jobs.forget(next.id) } else { jobs.update(next) }
        return next
    }

    private func store(
        _ transition: ReceivedFax.Transition,
        _ next: ReceivedFax,
        from fax: ReceivedFax,
        _ event: ReceivedFax.Event
    ) async -> Bool {
        let now = ports.clock.now
        let change = StateChange(
            writes: [
                transition.isOver ? .remove(kind: ReceivedFax.rowKind, id: next.id) : .save(next.row)
            ],
            history: [history(of: next, from: fax.phase.rawValue, cause: event.name, user: event.user)],
            messages: transition.notices.flatMap { BusEvents.events($0, of: next) }
                .map { ports.envelope.message(for: $0, at: now) }
        )
        return await storeUntilDone(change, of: next)
    }

    private func storeUntilDone(_ change: StateChange, of fax: ReceivedFax) async -> Bool {
        var tries = 0
        var pause: Duration = .milliseconds(100)
        while !Task.isCancelled {
            tries += 1
            do {
                try await ports.store.commit(change)
                return true
            } catch DatabaseFailure.conflict where tries > 1 {
                // An earlier try had arrived, only its answer was lost.
                return true
            } catch DatabaseFailure.conflict(let text) {
                ports.logger.critical("another process wrote this fax", metadata: ["row": "\(text)"])
                jobs.forget(fax.id)
                return false
            } catch DatabaseFailure.refused(let state, let text) {
                ports.logger.critical("change refused", metadata: ["sqlstate": "\(state)", "error": "\(text)"])
                jobs.forget(fax.id)
                return false
            } catch {
                if tries == 1 {
                    ports.logger.error("fax waits for the database", metadata: ["error": "\(error)"])
                }
                guard (try? await Task.sleep(for: pause)) != nil else { return false }
                pause = min(pause * 2, .seconds(1))
            }
        }
        return false
    }

    private func history(of fax: ReceivedFax, from phase: String, cause: String, user: UserID? = nil) -> HistoryEntry {
        HistoryEntry(
            kind: ReceivedFax.rowKind,
            id: fax.id,
            tenant: fax.tenant,
            from: phase,
            to: fax.phase.rawValue,
            cause: cause,
            user: user,
            at: ports.clock.now
        )
    }

    private func metadata(of fax: ReceivedFax) -> Logger.Metadata {
        ["fax": "\(fax.id)", "tenant": "\(fax.tenant)", "destination": "\(fax.arrival.destination.debugDescription)"]
    }
}
