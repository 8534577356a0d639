import CallControl

extension Transfer {
    typealias Step = AggregateStep<Transfer>

    func handle(_ event: Event) -> Step? {
        switch phase {
        case .ended: return nil
        default: break
        }
        switch event {
        case .begun: return revision == 0 ? Step(beginning, effects: beginning.duties) : nil
        case .captured: return captured()
        case .captureRefused: return phase == .beginning ? end(effects: [.unmark]) : nil
        case .joined(let party): return joined(party)
        case .recipientCalled: return phase == .preparing ? recipientCalled() : nil
        case .recipientRefused: return phase == .preparing ? cancel() : nil
        case .recipientAnswered: return recipientAnswered()
        case .connected: return connected()
        case .released: return phase == .releasing ? released() : nil
        case .united: return united()
        case .reunited: return reunited()
        case .gone(let party): return gone(party)
        case .obstructed: return obstructed()
        case .completeRequested: return complete()
        case .cancelRequested: return cancelRequested()
        case .recipientRenamed(let name, let number): return renamed(name, number)
        case .musicStopped: return musicStopped()
        case .deadlinePassed: return deadline == nil ? nil : Step(self, effects: [.locate])
        case .seen(let sighting): return seen(sighting)
        }
    }

    private var beginning: Transfer {
        var next = self
        if phase == .preparing { next.progress = .calling }
        return next
    }

    // MARK: Steps

    /// A phase with what it has to do. Before clients know of the transfer they are told nothing.
    func enter(_ phase: Phase, _ notices: [Notice] = [], effects: [Effect] = []) -> Step {
        var next = self
        next.phase = phase
        if phase == .preparing, next.progress == .uncalled { next.progress = .calling }
        return Step(next, notices: isAnnounced ? notices : [], effects: effects + next.duties)
    }

    /// The end.
    func end(_ notices: [Notice] = [], effects: [Effect] = []) -> Step {
        enter(.ended, notices + [.ended], effects: effects)
    }

    /// Hangs up who is left, and then ends.
    func disperse(_ notices: [Notice] = [], effects: [Effect] = []) -> Step {
        dispersed.isEmpty ? end(notices, effects: effects) : enter(.dispersing(status), notices, effects: effects)
    }

    /// Brings transferred party and initiator together again; when one of them is gone, there is nobody to bring
    /// together (contract 21 §5.5).
    func cancel() -> Step {
        let isApart = !gone.isDisjoint(with: [.transferred, .initiator])
        return reunites && isApart ? disperse([.cancelled(status)]) : enter(.cancelling(status))
    }

    // MARK: The start

    private func captured() -> Step? {
        guard phase == .beginning else { return nil }
        var next = self
        next.isAnnounced = true
        return next.enter(.capturing, [.created(.starting)])
    }

    private func joined(_ party: Party) -> Step? {
        guard party != .recipient else { return nil }
        // It went on without him.
        if gone.contains(party) { return Step(self, effects: [.hangUp(party)]) }
        guard !joined.contains(party) else { return nil }
        var next = self
        next.joined.insert(party)
        switch phase {
        case .beginning:
            // He is there before we heard that he was sent: so he was.
            next.isAnnounced = true
            next.phase = .capturing
            let step = next.gather()
            return Step(step.next, notices: [.created(.starting)] + step.notices, effects: step.effects)
        case .capturing: return next.gather()
        default: return nil
        }
    }

    /// Goes on when everybody is in Stasis who is still there (contract 21 §11 rows 6 and 7).
    private func gather() -> Step {
        guard joined.union(gone).isSuperset(of: [.transferred, .initiator]) else { return enter(.capturing) }
        return isCancelled ? cancel() : enter(.preparing)
    }

    /// What becomes of it when somebody has not come in time, who is in other hands then.
    func giveUp() -> Step? {
        switch phase {
        case .beginning: return end(effects: [.unmark])
        case .capturing:
            // Nobody came: they may still talk.
            if joined.isEmpty { return end([.abandoned(status)], effects: [.unmark]) }
            if joined.contains(.transferred) { return gone(.initiator) }
            var next = self
            next.gone.insert(.transferred)
            return next.disperse([.abandoned(status)])
        default: return nil
        }
    }

    private func recipientCalled() -> Step {
        var next = self
        next.progress = max(progress, .called)
        let isNew = !isAnnounced
        next.isAnnounced = true
        let notices: [Notice] = [.updated(status)] + (isNew ? [.created(.ringback)] : [])
        if flow == .blind || gone.contains(.initiator) {
            next.flow = .blind
            return next.enter(.releasing, notices)
        }
        return next.enter(.ringback, notices)
    }

    // MARK: The recipient

    private func recipientAnswered() -> Step? {
        guard progress != .answered else { return nil }
        var next = self
        next.progress = .answered
        switch phase {
        case .preparing:
            let step = next.recipientCalled()
            guard step.next.phase == .ringback else { return step }
            return Step(step.next.with(.connecting), notices: step.notices, effects: step.next.with(.connecting).duties)
        case .ringback: return next.enter(.connecting)
        case .releasing: return Step(next)
        case .blind: return next.enter(.joining)
        case .abandoned: return next.enter(.abandonedConnecting)
        default: return nil
        }
    }

    private func with(_ phase: Phase) -> Transfer {
        var next = self
        next.phase = phase
        return next
    }

    private func connected() -> Step? {
        switch phase {
        case .connecting: enter(.answered, [.answered(.answered)])
        case .abandonedConnecting: enter(.abandonedTalking)
        default: nil
        }
    }

    private func released() -> Step {
        var next = self
        next.flow = .blind
        next.gone.insert(.initiator)
        return next.enter(progress == .answered ? .joining : .blind, [.completed(.ringback)])
    }

    private func united() -> Step? {
        switch phase {
        case .joining: end([.answered(.blindTransferred)], effects: [.announceRecording])
        case .completing: gone.contains(.initiator) ? completed() : enter(.dismissing)
        default: nil
        }
    }

    private func completed() -> Step { end([.completed(.answered)], effects: [.announceRecording]) }

    private func reunited() -> Step? {
        guard case .cancelling(let before) = phase else { return nil }
        return end([.cancelled(before)])
    }

    private func obstructed() -> Step? {
        switch phase {
        case .beginning: end(effects: [.unmark])
        case .preparing, .connecting, .releasing, .joining, .completing: cancel()
        case .cancelling(let before): disperse([.cancelled(before)])
        case .abandonedConnecting, .dismissing: disperse()
        default: nil
        }
    }

    // MARK: Clients

    private func complete() -> Step? {
        switch phase {
        case .beginning, .capturing, .preparing:
            guard !isCancelled else { return nil }
            var next = self
            next.flow = .blind
            return Step(next)
        case .ringback: return enter(.releasing)
        case .answered: return enter(.completing)
        default: return nil
        }
    }

    private func cancelRequested() -> Step? {
        switch phase {
        case .beginning, .capturing:
            var next = self
            next.isCancelled = true
            return Step(next)
        case .dismissing, .ended: return nil
        case .cancelling, .dispersing: return Step(self)
        default: return cancel()
        }
    }

    // MARK: Sounds and names

    private func renamed(_ name: String, _ number: String) -> Step? {
        switch phase {
        case .preparing, .ringback, .connecting, .answered, .releasing, .blind, .joining, .abandoned,
            .abandonedConnecting, .abandonedTalking:
            Step(self, effects: [.show(name: name, number: number)])
        default: nil
        }
    }

    /// Contract 21 §5.9, where the transferred party is on hold.
    private func musicStopped() -> Step? {
        switch phase {
        case .ringback, .connecting, .answered: Step(self, effects: [.keepMediaFlowing])
        default: nil
        }
    }
}
