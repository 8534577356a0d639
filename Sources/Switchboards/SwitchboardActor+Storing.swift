import CallControl
import Core
import Events
import Logging
import Persistence
import Telephony

/// Each transition is stored before its effects, together with the events that tell of it.
extension SwitchboardActor {
    /// Stores a transition, waiting for the database as long as it takes: what Asterisk did cannot be
    /// refused. Memory follows what is stored.
    /// - Returns: `false` when the server is stopping, another process wrote the row, or PostgreSQL refuses it for good.
    func store(_ transition: WaitingCall.Transition, of call: WaitingCall, cause: WaitingCall.Event?) async -> Bool {
        await turns.take(.storing) {
            let next = successor(of: call, by: transition)
            let stored = change(transition, from: call, to: next, cause: cause)
            // Recovery may ask for effects alone: then there is nothing to store, and no revision to raise.
            if stored.isEmpty { return true }
            guard await writer.storeUntilDone(stored) else { return false }
            adopt(next, after: call, cause: cause)
            return true
        }
    }

    /// Stores a transition that a client asked for: one try, as he waits for the answer, and none when his time has
    /// passed behind other changes.
    func storeOnce(
        _ transition: WaitingCall.Transition,
        of call: WaitingCall,
        cause: WaitingCall.Event?,
        until expiry: ContinuousClock.Instant
    ) async -> Bool {
        await turns.take(.storing) {
            guard ContinuousClock.now < expiry else { return false }
            let next = successor(of: call, by: transition)
            do {
                try await writer.storeOnce(change(transition, from: call, to: next, cause: cause))
            } catch {
                logger.error("change not stored", metadata: ["call": "\(call.id)", "error": "\(error)"])
                return false
            }
            adopt(next, after: call, cause: cause)
            return true
        }
    }

    /// After a failed ``storeOnce(_:of:cause:until:)`` the row may have been written all the same (the connection
    /// can break behind the commit): waits for the database and makes the row say again what memory says.
    func settle(_ id: ChannelID) async {
        guard let call = calls[id],
            await writer.hasStored(kind: call.rowKind, id: id.rawValue, revision: call.revision + 1)
        else { return }
        calls[id]?.revision += 1
        let restated = WaitingCall.Transition(phase: call.phase, notices: [.listChanged])
        if let present = calls[id] { _ = await store(restated, of: present, cause: nil) }
    }

    private func successor(of call: WaitingCall, by transition: WaitingCall.Transition) -> WaitingCall {
        var next = call
        next.phase = transition.phase
        next.revision += 1
        return next
    }

    private func adopt(_ next: WaitingCall, after call: WaitingCall, cause: WaitingCall.Event?) {
        if next.phase != call.phase || cause == nil {
            logger.info(
                "\(next.room.word) call \(cause == nil ? "-" : call.phase.name) -> \(next.phase.name) because \(cause?.name ?? "arrived")",
                metadata: ["call": "\(call.id)"]
            )
        }
        if next.phase != .entering { entrants.remove(call.id) }
        guard case .ended = next.phase else { return calls[call.id] = next }
        calls[call.id] = nil
        index.forget(call.id)
        if let taker = call.phase.operator { index.forget(taker.channel) }
    }

    private func change(
        _ transition: WaitingCall.Transition,
        from call: WaitingCall,
        to next: WaitingCall,
        cause: WaitingCall.Event?
    ) -> StateChange {
        let isNew = call.revision == 0
        if !isNew, next.phase == call.phase, transition.notices.isEmpty { return StateChange() }
        var after = calls
        after[call.id] = next
        var result = change(notices: transition.notices, of: call.room, calls: after)
        if case .ended = next.phase {
            result.writes = [.remove(kind: call.rowKind, id: call.id.rawValue)]
        } else {
            result.writes = [.save(next.row)]
        }
        result.history = [
            HistoryEntry(
                kind: call.rowKind,
                id: HistoryEntry.id(call.id.rawValue, within: call.switchboard),
                tenant: call.tenant,
                from: isNew ? "" : call.phase.name,
                to: next.phase.name,
                cause: cause?.name ?? "arrived",
                at: ports.clock.now
            )
        ]
        return result
    }

    /// The messages of a room's notices, with its list as it will be.
    func change(
        notices: [WaitingCall.Notice],
        of room: WaitingCall.Room,
        calls: [ChannelID: WaitingCall]
    ) -> StateChange {
        let now = ports.clock.now
        let messages = notices.map { notice -> BusMessage in
            switch notice {
            case .listChanged:
                let event = BusEvents.callsUpdated(room, of: id, calls: Self.list(room, of: calls))
                return ports.envelope.message(for: event, at: now)
            case .answered(let call, let channel):
                let event = BusEvents.callAnswered(from: room, of: id, call: call, operator: channel)
                return ports.envelope.message(for: event, at: now)
            }
        }
        return StateChange(messages: messages)
    }
}
