import Core
import Events
import Logging
import Persistence
import Synchronization
import Telephony

/// Each transition is stored before its effects, together with the events that tell of it.
extension SwitchboardActor {
    /// Stores a transition, waiting for the database as long as it takes: what Asterisk did cannot be
    /// refused. Memory follows what is stored.
    /// - Returns: `false` when the server is stopping, another process wrote the row, or PostgreSQL refuses it for good.
    func store(_ transition: QueuedCall.Transition, of call: QueuedCall, cause: QueuedCall.Event?) async -> Bool {
        let next = successor(of: call, by: transition)
        let stored = change(transition, from: call, to: next, cause: cause)
        // Recovery may ask for effects alone: then there is nothing to store, and no revision to raise.
        if stored.isEmpty { return true }
        guard await storeUntilDone(stored) else { return false }
        adopt(next, after: call, cause: cause)
        return true
    }

    /// Stores a transition that a client asked for: one try, as he waits for the answer.
    func storeOnce(_ transition: QueuedCall.Transition, of call: QueuedCall, cause: QueuedCall.Event) async -> Bool {
        let next = successor(of: call, by: transition)
        do {
            try await ports.store.commit(change(transition, from: call, to: next, cause: cause))
        } catch {
            logger.error("change not stored", metadata: ["call": "\(call.id)", "error": "\(error)"])
            return false
        }
        adopt(next, after: call, cause: cause)
        return true
    }

    /// After a failed ``storeOnce(_:of:cause:)`` the row may have been written all the same (the connection
    /// can break behind the commit): waits for the database and makes the row say again what memory says.
    func settle(_ id: ChannelID) async {
        guard let call = calls[id] else { return }
        let stored = await untilDone { try await self.ports.store.rows(ofKind: QueuedCall.rowKind) }
        guard let row = stored?.first(where: { $0.id == id.rawValue }), row.revision != call.revision else { return }
        calls[id]?.revision = row.revision
        let restated = QueuedCall.Transition(phase: call.phase, notices: [.queueChanged])
        if let present = calls[id] { _ = await store(restated, of: present, cause: nil) }
    }

    /// - Returns: As ``store(_:of:cause:)``.
    @discardableResult
    func storeUntilDone(_ change: StateChange) async -> Bool {
        if change.isEmpty { return true }
        var tries = 0
        let outcome: Bool? = await untilDone {
            tries += 1
            do {
                try await self.ports.store.commit(change)
                return true
            } catch DatabaseFailure.conflict where tries > 1 {
                // An earlier try had arrived, only its answer was lost.
                return true
            } catch DatabaseFailure.conflict(let text) {
                self.logger.critical("another process wrote this switchboard's call", metadata: ["row": "\(text)"])
                return false
            } catch DatabaseFailure.refused(let state, let text) {
                // Trying again would not help, and would keep every other call of the switchboard waiting.
                self.logger.critical("change refused", metadata: ["sqlstate": "\(state)", "error": "\(text)"])
                return false
            }
        }
        return outcome ?? false
    }

    /// Repeats until the database answers; `nil` when the server is stopping.
    private func untilDone<Value>(_ body: () async throws -> Value) async -> Value? {
        var pause: Duration = .milliseconds(100)
        defer { isStoreAway.withLock { $0 = false } }
        while !Task.isCancelled {
            do {
                return try await body()
            } catch {
                let known = isStoreAway.withLock { away in
                    defer { away = true }
                    return away
                }
                if !known { logger.error("waiting for the database", metadata: ["error": "\(error)"]) }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
        }
        return nil
    }

    private func successor(of call: QueuedCall, by transition: QueuedCall.Transition) -> QueuedCall {
        var next = call
        next.phase = transition.phase
        next.revision += 1
        return next
    }

    private func adopt(_ next: QueuedCall, after call: QueuedCall, cause: QueuedCall.Event?) {
        if next.phase != call.phase || cause == nil {
            logger.info(
                "queued call \(cause == nil ? "-" : call.phase.name) -> \(next.phase.name) because \(cause?.name ?? "arrived")",
                metadata: ["call": "\(call.id)"]
            )
        }
        guard case .ended = next.phase else { return calls[call.id] = next }
        calls[call.id] = nil
        index.forget(call.id)
        if let taker = call.phase.operator { index.forget(taker.channel) }
    }

    private func change(
        _ transition: QueuedCall.Transition,
        from call: QueuedCall,
        to next: QueuedCall,
        cause: QueuedCall.Event?
    ) -> StateChange {
        let isNew = call.revision == 0
        if !isNew, next.phase == call.phase, transition.notices.isEmpty { return StateChange() }
        var after = calls
        after[call.id] = next
        var result = change(notices: transition.notices, calls: after)
        if case .ended = next.phase {
            result.writes = [.remove(kind: QueuedCall.rowKind, id: call.id.rawValue)]
        } else {
            result.writes = [.save(next.row)]
        }
        result.history = [
            HistoryEntry(
                kind: QueuedCall.rowKind,
                id: call.id.rawValue,
                tenant: call.tenant,
                from: isNew ? "" : call.phase.name,
                to: next.phase.name,
                cause: cause?.name ?? "arrived",
                at: ports.clock.now
            )
        ]
        return result
    }

    /// The messages of notices, with the list as it will be.
    func change(notices: [QueuedCall.Notice], calls: [ChannelID: QueuedCall]) -> StateChange {
        let now = ports.clock.now
        let listed = calls.values.filter(\.phase.isListed).sorted(by: QueuedCall.precedes)
        let messages = notices.map { notice -> BusMessage in
            switch notice {
            case .queueChanged:
                return ports.envelope.message(for: BusEvents.queuedCallsUpdated(id, calls: listed), at: now)
            case .answered(let call, let channel):
                let event = BusEvents.queuedCallAnswered(id, call: call, operator: channel)
                return ports.envelope.message(for: event, at: now)
            }
        }
        return StateChange(messages: messages)
    }
}
