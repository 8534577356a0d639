import CallControl

/// Parties that hang up, and looks at Asterisk, which may show that several did.
extension Transfer {
    func gone(_ party: Party) -> Step? {
        guard !gone.contains(party) else { return nil }
        var next = self
        next.gone.insert(party)
        switch phase {
        case .ended: return nil
        case .dispersing: return next.dispersed.isEmpty ? next.end() : Step(next)
        case .beginning: return party == .recipient ? nil : next.end(effects: [.unmark])
        default: break
        }
        return switch party {
        case .transferred: next.withoutTransferred()
        case .initiator: next.withoutInitiator()
        case .recipient: next.withoutRecipient()
        }
    }

    private func withoutTransferred() -> Step? {
        switch phase {
        case .preparing where !reunites: cancel()
        case .capturing, .preparing, .blind, .joining: abandonAndDisperse()
        case .ringback: abandon(.abandoned)
        case .connecting: abandon(.abandonedConnecting)
        case .answered: abandon(.abandonedTalking)
        case .completing: gone.contains(.initiator) ? abandonAndDisperse() : abandon(.abandonedTalking)
        case .releasing: disperse()
        case .cancelling(let before): reunites ? disperse([.cancelled(before)]) : nil
        case .dismissing, .abandoned, .abandonedConnecting, .abandonedTalking: nil
        case .beginning, .dispersing, .ended: nil
        }
    }

    /// He may have left Stasis without hanging up (contract 21 §5.6).
    private func abandon(_ phase: Phase) -> Step {
        enter(phase, [.abandoned(status)], effects: [.hangUp(.transferred)])
    }

    private func abandonAndDisperse() -> Step {
        disperse([.abandoned(status)], effects: [.hangUp(.transferred)])
    }

    private func withoutInitiator() -> Step? {
        switch phase {
        case .capturing: return initiatorGoneOnTheWay()
        case .preparing:
            // Nobody was told of it: what is left of the call is ended. Otherwise it goes on as a blind one.
            guard isAnnounced else { return reunites ? disperse() : cancel() }
            return becomingBlind(self)
        case .ringback, .connecting: return enter(.releasing)
        case .answered: return enter(.completing)
        case .completing: return Step(self)
        case .dismissing: return end([.completed(.answered)], effects: [.announceRecording])
        case .cancelling(let before): return reunites ? disperse([.cancelled(before)]) : nil
        case .abandoned, .abandonedConnecting, .abandonedTalking: return disperse()
        case .releasing, .blind, .joining: return nil
        case .beginning, .dispersing, .ended: return nil
        }
    }

    private func becomingBlind(_ transfer: Transfer) -> Step {
        var next = transfer
        next.flow = .blind
        return Step(next)
    }

    /// Goes on as a blind transfer with the transferred party alone (contract 21 §11 row 6).
    private func initiatorGoneOnTheWay() -> Step {
        if isCancelled { return disperse() }
        let blind = becomingBlind(self)
        return joined.contains(.transferred) ? blind.next.enter(.preparing) : blind
    }

    private func withoutRecipient() -> Step? {
        switch phase {
        case .preparing, .ringback, .connecting, .answered, .completing, .releasing, .blind, .joining: cancel()
        case .abandoned, .abandonedConnecting, .abandonedTalking: disperse()
        case .cancelling, .capturing, .dismissing: nil
        case .beginning, .dispersing, .ended: nil
        }
    }

    // MARK: Looks

    /// Takes in what Asterisk shows: who is gone, who arrived, whether the recipient rings or answered; then does again
    /// what the phase has to do.
    func seen(_ sighting: Sighting) -> Step? {
        var machine = self
        var notices: [Notice] = []
        var effects = duties
        var extras: [Effect] = []
        func take(_ step: Step?) {
            guard let step else { return }
            // A new phase comes with what it has to do; in the same one that is still to be done.
            let isSamePhase = step.next.phase == machine.phase
            if isSamePhase { extras += step.effects }
            effects = isSamePhase ? step.next.duties : step.effects
            machine = step.next
            notices += step.notices
        }
        for event in departures(sighting) + Self.arrivals(sighting) { take(machine.handle(event)) }
        // Who left Stasis without hanging up is hung up (contract 21 §5.6); who never came is left alone.
        let isAtLarge = sighting.transferred == .elsewhere && machine.gone.subtracting(gone).contains(.transferred)
        if sighting.isLate { take(machine.giveUp()) }
        if isAtLarge { extras.append(.hangUp(.transferred)) }
        effects = extras.filter { !effects.contains($0) } + effects
        if machine == self, notices.isEmpty, effects.isEmpty { return nil }
        return Step(machine, notices: notices, effects: effects)
    }

    private func departures(_ sighting: Sighting) -> [Event] {
        Party.allCases.filter { isGone($0, sighting[$0]) }.map(Event.gone)
    }

    private func isGone(_ party: Party, _ presence: Sighting.Presence) -> Bool {
        switch presence {
        case .inStasis, .fetched: return false
        case .absent: return party != .recipient || progress >= .called
        case .elsewhere:
            // On his way to us, or about to be hung up wherever he is.
            if case .dispersing = phase { return false }
            return party == .recipient ? progress == .answered : joined.contains(party)
        }
    }

    private static func arrivals(_ sighting: Sighting) -> [Event] {
        var events: [Event] = [Party.transferred, .initiator].filter { sighting[$0] == .fetched }.map(Event.joined)
        switch sighting.recipient {
        case .absent: break
        case .elsewhere: events.append(.recipientCalled)
        case .inStasis, .fetched: events.append(.recipientAnswered)
        }
        return events
    }
}
