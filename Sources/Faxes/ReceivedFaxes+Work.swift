import Core
import Directory
import Foundation
import Logging

/// What a worker does with a fax. Each function that ends a step says so in a stored event before the next begins.
extension ReceivedFaxes {
    /// A fax that the dialplan tells of.
    func take(_ arrival: Arrival) async {
        do {
            arrival.reply.give(.success(try await take(arrival.fax)))
        } catch {
            ports.logger.warning(
                "fax refused",
                metadata: ["file": "\(arrival.fax.file.debugDescription)", "cause": "\(error)"]
            )
            arrival.reply.give(.failure(error))
        }
    }

    private func take(_ arrival: FaxArrival) async throws -> FaxAnswer {
        guard !isStopping else { throw FaxRefusal.busy }
        guard await spool.isReceived(arrival.file) else { throw FaxRefusal.foreignPath(arrival.file.debugDescription) }
        guard jobs.isRestored else { throw FaxRefusal.notTaken("the database cannot be read yet") }
        guard await spool.holdsFax(arrival.file) else {
            if jobs.isKnown(file: arrival.file) { return .alreadyTaken }
            ports.logger.info("nothing received", metadata: ["file": "\(arrival.file)"])
            return .nothingReceived
        }
        if arrival.fault != nil, arrival.pages == 0 {
            // The head of a fax without a page: nobody wants it, and nobody else would remove it.
            try? await SpoolFiles.remove(arrival.file)
            ports.logger.info("nothing received", metadata: ["file": "\(arrival.file)"])
            return .nothingReceived
        }
        let backends = try backends(of: arrival)
        var arrival = arrival
        arrival.tenant = await tenant(of: arrival)
        let fax = ReceivedFax(
            id: UUID().uuidString.lowercased(),
            arrival: arrival,
            receivedAt: ports.clock.now,
            backends: backends
        )
        guard jobs.begin(fax) else { return .alreadyTaken }
        defer { handBack(fax.id) }
        let taken = try await takeFile(of: try await storeFirst(fax))
        guard let ended = await attempt(taken) else { throw FaxRefusal.busy }
        await removeWhenDue(ended)
        if !ended.failures.isEmpty { throw FaxRefusal.notDelivered(ended.failures) }
        return backends.isEmpty ? .kept : .delivered
    }

    /// Where a fax goes; nowhere when it is incomplete and such faxes are not to be delivered.
    private func backends(of arrival: FaxArrival) throws(FaxRefusal) -> [String] {
        let configuration = ports.configuration.current
        if arrival.fault != nil, !configuration.deliversIncomplete { return [] }
        guard let backends = configuration.backends(for: arrival.destination) else {
            throw .noDestination(arrival.destination)
        }
        return backends
    }

    /// A job whose time has come, or that was cut off by a crash.
    func resume(_ waiting: ReceivedFax) async {
        guard !isStopping else { return }
        defer { handBack(waiting.id) }
        var fax = waiting
        if fax.phase == .received {
            guard let taken = try? await takeFile(of: fax) else { return }
            fax = taken
        }
        if fax.phase == .delivering {
            guard let tried = await attempt(fax) else { return }
            fax = tried
        }
        await removeWhenDue(fax)
    }

    /// A worker has done what there was to do.
    func handBack(_ id: String) {
        jobs.giveBack(id)
        wake()
    }

    /// The channel's tenant, else that of the call's context. Without one the fax is delivered all the same.
    private func tenant(of arrival: FaxArrival) async -> TenantID? {
        if let tenant = arrival.tenant { return tenant }
        do {
            if !arrival.context.isEmpty, let tenant = try await ports.contexts.tenant(ofContext: arrival.context) {
                return tenant
            }
            ports.logger.warning("fax without a tenant: nobody hears of it", metadata: ["file": "\(arrival.file)"])
        } catch {
            ports.logger.warning(
                "tenant of a fax not found",
                metadata: ["file": "\(arrival.file)", "cause": "\(error)"]
            )
        }
        return nil
    }

    /// Moves the file into our spool.
    /// - Throws: ``FaxRefusal/notTaken(_:)``; the job is over then.
    private func takeFile(of fax: ReceivedFax) async throws -> ReceivedFax {
        do {
            try await spool.take(fax)
        } catch {
            _ = await advance(fax, .notTaken(cause: "\(error)"))
            throw FaxRefusal.notTaken("\(error)")
        }
        guard let next = await advance(fax, .taken) else { throw FaxRefusal.busy }
        return next
    }

    /// One attempt for each backend that is due, in the order of the configuration.
    /// - Returns: `nil` when the server stops before all had theirs.
    private func attempt(_ first: ReceivedFax) async -> ReceivedFax? {
        var fax = first
        let document = FaxDocument(
            tiff: spool.file(of: fax),
            number: fax.arrival.destination,
            email: fax.arrival.email
        )
        for backend in fax.dueBackends(at: ports.clock.now) {
            if isStopping { return nil }
            let event: ReceivedFax.Event
            switch await delivery.deliver(document, to: backend) {
            case .delivered: event = .attemptSucceeded(backend: backend, at: ports.clock.now)
            case .failed(let cause, let isPermanent):
                ports.logger.warning(
                    "fax not delivered",
                    metadata: ["fax": "\(fax.id)", "backend": "\(backend)", "cause": "\(cause)"]
                )
                event = .attemptFailed(
                    backend: backend,
                    cause: cause,
                    isPermanent: isPermanent,
                    at: ports.clock.now
                )
            case .interrupted: return nil
            }
            guard let next = await advance(fax, event) else { return nil }
            fax = next
        }
        return fax
    }

    /// The end of a fax whose time has passed: first its files, then its row, so that none is left behind.
    func removeWhenDue(_ fax: ReceivedFax) async {
        var fax = fax
        if fax.phase == .delivered || fax.phase == .failed {
            guard let next = await advance(fax, .keepPassed(at: ports.clock.now)) else { return }
            fax = next
        }
        guard fax.phase == .removing else { return }
        do {
            try await spool.remove(fax)
        } catch {
            ports.logger.error("fax not removed", metadata: ["fax": "\(fax.id)", "cause": "\(error)"])
            _ = await advance(fax, .filesNotRemoved(at: ports.clock.now))
            return
        }
        _ = await advance(fax, .filesRemoved)
    }
}
