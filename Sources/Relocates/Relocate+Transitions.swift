import CallControl
import Foundation
import Telephony

/// The transitions (contract 22 §3).
extension Relocate {
    typealias Step = AggregateStep<Relocate>

    /// What an event leads to; `nil` when it changes nothing here.
    func handle(_ event: Event) -> Step? {
        switch phase {
        case .ended: return nil
        case .ending(let end, let parties): return ending(event, end, parties)
        default: break
        }
        switch event {
        case .gone(let party): return gone(party)
        case .cancellationRequested: return cancelled()
        case .deadlinePassed: return tooLate()
        case .seen(let sighting): return seen(sighting)
        default: break
        }
        switch phase {
        case .starting: return starting(event)
        case .ringing: return ringing(event)
        case .answered: return answered(event)
        case .completing(let until): return completing(event, until)
        case .waitingForRelocated: return waitingForRelocated(event)
        case .connecting(let isParted): return connecting(event, isParted)
        case .ending, .ended: return nil
        }
    }

    // MARK: Phases

    private func starting(_ event: Event) -> Step? {
        switch event {
        case .requested: return Step(self, effects: [.callRecipient])
        case .recipientCalled:
            var next = self
            next.phase = .ringing
            next.isInitiated = true
            return Step(next, notices: [.initiated])
        // A call whose placing was not confirmed may have been placed.
        case .recipientRefused: return leave(.refused, hangingUp: [.recipient])
        case .relocatedLeft: return gone(.relocated)
        case .recipientAnswered: return after(.recipientCalled, event)
        default: return nil
        }
    }

    private func ringing(_ event: Event) -> Step? {
        switch event {
        case .recipientAnswered(let at):
            // The answer wins when both completions are given.
            if completions.contains(.answer) { return complete(at: at, notices: [.answered]) }
            var next = self
            next.phase = .answered
            return Step(next, notices: [.answered])
        case .relocatedLeft: return gone(.relocated)
        default: return nil
        }
    }

    private func answered(_ event: Event) -> Step? {
        switch event {
        case .completionRequested(_, let at): return complete(at: at, notices: [])
        case .relocatedLeft: return gone(.relocated)
        default: return nil
        }
    }

    private func completing(_ event: Event, _ until: Date) -> Step? {
        switch event {
        case .relocatedFound: return connect(isParted: false)
        // The answer to our redirect may be lost while it was done.
        case .relocatedArrived: return connect(isParted: true)
        case .relocatedRedirected:
            var next = self
            next.phase = .waitingForRelocated(until: until)
            return Step(next)
        case .relocatedNotMoved: return leave(.notMoved, hangingUp: [.recipient])
        default: return nil
        }
    }

    private func waitingForRelocated(_ event: Event) -> Step? {
        guard case .relocatedArrived = event else { return nil }
        return connect(isParted: true)
    }

    private func connecting(_ event: Event, _ isParted: Bool) -> Step? {
        switch event {
        case .connected:
            var step = leave(.completed, hangingUp: [.initiator])
            step.notices.insert(.completed, at: 0)
            return step
        // Who was not taken from the initiator yet talks on with him; who was has nobody any more.
        case .connectRefused:
            return leave(.notConnected, hangingUp: isParted ? [.recipient, .relocated] : [.recipient])
        default: return nil
        }
    }

    /// Only hang-ups are left; who turns up late is hung up too.
    private func ending(_ event: Event, _ end: End, _ parties: Set<Party>) -> Step? {
        switch event {
        case .gone(let party):
            guard parties.contains(party) else { return nil }
            return leave(end, hangingUp: parties.subtracting([party]), again: [])
        case .recipientAnswered where end != .completed:
            return leave(end, hangingUp: parties.union([.recipient]), again: [.recipient])
        case .relocatedArrived where end != .completed:
            return leave(end, hangingUp: parties.union([.relocated]), again: [.relocated])
        case .seen(let sighting):
            var present = parties.filter(sighting.has)
            if end != .completed, sighting.relocated == .arrived { present.insert(.relocated) }
            return leave(end, hangingUp: present, again: present)
        default: return nil
        }
    }

    // MARK: What concerns several phases

    private func gone(_ party: Party) -> Step? {
        switch phase {
        case .starting, .ringing, .answered:
            switch party {
            case .initiator: return leave(.initiatorGone, hangingUp: [.recipient])
            case .relocated: return leave(.relocatedGone, hangingUp: [.recipient])
            case .recipient: return leave(.recipientGone, hangingUp: [])
            }
        case .completing, .waitingForRelocated, .connecting:
            switch party {
            // He goes by himself when the relocated is taken away from him.
            case .initiator: return nil
            case .relocated: return leave(.relocatedGone, hangingUp: [.recipient])
            case .recipient: return leave(.recipientGone, hangingUp: isParted ? [.relocated] : [])
            }
        case .ending, .ended: return nil
        }
    }

    /// Whether the relocated was taken away from the initiator for certain.
    private var isParted: Bool {
        switch phase {
        case .waitingForRelocated: true
        case .connecting(let isParted): isParted
        default: false
        }
    }

    private func cancelled() -> Step? {
        switch phase {
        case .starting, .ringing, .answered: leave(.cancelled, hangingUp: [.recipient])
        default: nil
        }
    }

    private func tooLate() -> Step? {
        switch phase {
        case .starting, .ringing: leave(.notAnswered, hangingUp: [.recipient])
        case .completing: leave(.notMoved, hangingUp: [.recipient])
        case .waitingForRelocated: leave(.notMoved, hangingUp: [.recipient, .relocated])
        default: nil
        }
    }

    private func seen(_ sighting: Sighting) -> Step? {
        // The order matters where several are gone: without a recipient only he need be hung up who came for it.
        if sighting.recipient == nil {
            return sighting.relocated == .arrived ? leave(.recipientGone, hangingUp: [.relocated]) : gone(.recipient)
        }
        if sighting.relocated == nil { return gone(.relocated) }
        if !sighting.hasInitiator, let step = gone(.initiator) { return step }
        switch phase {
        case .starting:
            return sighting.recipient == .answered
                ? handle(.recipientAnswered(at: sighting.at)) : handle(.recipientCalled)
        case .ringing:
            return sighting.recipient == .answered ? handle(.recipientAnswered(at: sighting.at)) : nil
        case .completing:
            switch sighting.relocated {
            case .inStasis: return handle(.relocatedFound)
            case .arrived: return handle(.relocatedArrived)
            default: return Step(self, effects: [.bringRelocated])
            }
        case .waitingForRelocated: return sighting.relocated == .arrived ? handle(.relocatedArrived) : nil
        case .connecting:
            if sighting.isConnected { return handle(.connected) }
            // Somebody took the relocated out of Stasis: it is his now.
            if sighting.relocated == .inDialplan { return leave(.notConnected, hangingUp: [.recipient]) }
            return Step(self, effects: [.connect])
        case .answered, .ending, .ended: return nil
        }
    }

    // MARK: Steps

    private func complete(at: Date, notices: [Notice]) -> Step {
        var next = self
        next.phase = .completing(until: at.addingTimeInterval(Self.moveLimit))
        return Step(next, notices: notices, effects: [.bringRelocated])
    }

    private func connect(isParted: Bool) -> Step {
        var next = self
        next.phase = .connecting(isParted: isParted)
        return Step(next, effects: [.connect])
    }

    private func leave(_ end: End, hangingUp parties: Set<Party>) -> Step {
        leave(end, hangingUp: parties, again: parties)
    }

    /// - Parameter again: Those who are to be hung up now; the others were already asked to go.
    private func leave(_ end: End, hangingUp parties: Set<Party>, again: Set<Party>) -> Step {
        var next = self
        next.phase = parties.isEmpty ? .ended(end) : .ending(end, hangingUp: parties)
        return Step(
            next,
            notices: parties.isEmpty ? [.ended] : [],
            effects: Party.allCases.filter(again.contains).map(Effect.hangUp)
        )
    }

    /// Two events that became known at once.
    private func after(_ first: Event, _ second: Event) -> Step? {
        guard let before = handle(first), let then = before.next.handle(second) else { return handle(first) }
        return Step(then.next, notices: before.notices + then.notices, effects: before.effects + then.effects)
    }
}
