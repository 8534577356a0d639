import CallControl
import Core
import Foundation
import Telephony

extension SentFax {
    typealias Step = AggregateStep<SentFax>

    /// Seconds after which a silent phase is looked at.
    enum Patience {
        /// Asterisk calls for 30 s.
        static let dialing: TimeInterval = 120
        /// The dialplan's limit, and some.
        static let sending: TimeInterval = 5_460
        /// Between two looks.
        static let looking: TimeInterval = 60
        /// For a result that comes after the channel's end.
        static let lingering: TimeInterval = 5
        /// For a result that Asterisk may have kept, while it cannot be asked.
        static let asking: TimeInterval = 600
    }

    /// Errors of ours, beside those of Asterisk (contract 30 §9).
    enum Errors {
        static let interrupted = "INTERRUPTED"
        static let cancelled = "CANCELLED"
        static let lost = "LOST"
        /// Nobody could be asked how it ended: no further attempt is made, since it may have arrived.
        static let unknown = "UNKNOWN_RESULT"

        /// What the end of dialling says; `nil`: nothing of a failure.
        static func text(ofDialStatus status: String) -> String? {
            switch status {
            case "BUSY": "BUSY"
            case "NOANSWER": "NO_ANSWER"
            case "CONGESTION": "CONGESTION"
            case "CHANUNAVAIL": "UNREACHABLE"
            default: nil
            }
        }

        /// What a cause of Q.850 says of a call that brought no result.
        static func text(ofCause cause: Int, wasAnswered: Bool) -> String {
            switch cause {
            case 17: "BUSY"
            case _ where wasAnswered: "HANGUP"
            case 18, 19, 0, 16: "NO_ANSWER"
            case 21: "REJECTED"
            case 1, 3, 22, 27, 28: "UNREACHABLE"
            case 34, 38, 41, 42: "CONGESTION"
            default: "CAUSE_\(cause)"
            }
        }
    }

    /// What an event leads to.
    func handle(_ event: Event) -> Step? {
        switch event {
        case .answered(let channel, _), .refused(let channel, _, _), .reported(let channel, _, _),
            .gone(let channel, _, _):
            // Of an attempt that is over.
            if channel != self.channel { return nil }
        default: break
        }
        switch phase {
        case .converting: return whileConverting(event)
        case .dialing(let until): return whileDialing(event, until)
        case .sending(let until): return whileSending(event, until)
        case .lingering(let error, let until): return whileLingering(event, error, until)
        case .waiting(let until): return whileWaiting(event, until)
        case .succeeded, .failed: return afterwards(event)
        case .removed: return nil
        }
    }

    private func whileConverting(_ event: Event) -> Step? {
        switch event {
        case .requested: return Step(self, effects: [.convert])
        case .converted(let pages, let at):
            var next = self
            next.documentPages = pages
            next.phase = .dialing(until: at + Patience.dialing)
            return Step(next, effects: [.dial])
        case .notConverted: return removed()
        // The client has waited in vain, so nothing is sent behind his back; but who listens is told.
        case .seen(let sighting): return failed(Errors.interrupted, at: sighting.at)
        default: return nil
        }
    }

    private func whileDialing(_ event: Event, _ until: Date) -> Step? {
        switch event {
        case .dialled: return isCreated ? nil : created(phase)
        case .notDialled(let error, let at): return isCreated ? attemptFailed(error, at: at) : removed()
        case .answered(_, let at): return created(.sending(until: at + Patience.sending))
        case .reported(_, let report, let at): return ended(report, at: at)
        // The channel's end, which follows, says less.
        case .refused(_, let error, let at):
            return created(.lingering(error: error, until: at + Patience.lingering))
        case .gone(_, let cause, let at):
            let error = Errors.text(ofCause: cause, wasAnswered: false)
            return created(.lingering(error: error, until: at + Patience.lingering))
        case .cancelled(_, let at): return cancelled(at: at)
        case .deadlinePassed: return created(.dialing(until: until + Patience.looking), effects: [.check])
        case .seen(let sighting) where sighting.isThere:
            guard sighting.isUp else { return isCreated ? nil : created(phase) }
            return created(.sending(until: sighting.at + Patience.sending))
        case .seen(let sighting):
            if let report = sighting.report { return ended(report, at: sighting.at) }
            if !sighting.isResultKnown { return resultAwaited(from: sighting.at) }
            return isCreated
                ? attemptFailed(Errors.lost, at: sighting.at) : failed(Errors.interrupted, at: sighting.at)
        default: return nil
        }
    }

    private func whileSending(_ event: Event, _ until: Date) -> Step? {
        switch event {
        case .reported(_, let report, let at): return ended(report, at: at)
        case .gone(_, let cause, let at):
            let error = Errors.text(ofCause: cause, wasAnswered: true)
            return Step(with(.lingering(error: error, until: at + Patience.lingering)))
        case .cancelled(_, let at): return cancelled(at: at)
        case .deadlinePassed:
            return Step(with(.sending(until: until + Patience.looking)), effects: [.check])
        case .seen(let sighting) where sighting.isThere: return nil
        case .seen(let sighting):
            if let report = sighting.report { return ended(report, at: sighting.at) }
            if !sighting.isResultKnown { return resultAwaited(from: sighting.at) }
            return attemptFailed(Errors.lost, at: sighting.at)
        default: return nil
        }
    }

    private func whileLingering(_ event: Event, _ error: String, _ until: Date) -> Step? {
        switch event {
        case .reported(_, let report, let at): return ended(report, at: at)
        case .seen(let sighting) where sighting.isThere: return nil
        case .seen(let sighting):
            if let report = sighting.report { return ended(report, at: sighting.at) }
            let isLost = error == Errors.unknown && sighting.isResultKnown
            return isLost ? attemptFailed(Errors.lost, at: sighting.at) : nil
        case .cancelled(_, let at): return cancelled(at: at)
        case .deadlinePassed:
            return error == Errors.unknown ? failed(error, at: until) : attemptFailed(error, at: until)
        default: return nil
        }
    }

    private func whileWaiting(_ event: Event, _ until: Date) -> Step? {
        switch event {
        case .deadlinePassed:
            var next = with(.dialing(until: until + Patience.dialing))
            next.attempt += 1
            return Step(next, effects: [.dial])
        case .cancelled(_, let at): return cancelled(at: at)
        default: return nil
        }
    }

    private func afterwards(_ event: Event) -> Step? {
        switch event {
        case .deadlinePassed, .discarded: return removed()
        // Cancelled while nobody could be told to hang up.
        case .seen(let sighting) where sighting.isThere: return Step(self, effects: [.hangUp])
        default: return nil
        }
    }

    // MARK: Parts

    private func with(_ phase: Phase) -> SentFax {
        var next = self
        next.phase = phase
        return next
    }

    /// Another phase, in which clients know of the fax.
    private func created(_ phase: Phase, effects: [Effect] = []) -> Step {
        var next = with(phase)
        next.isCreated = true
        return Step(next, notices: isCreated ? [] : [.created], effects: effects)
    }

    /// The channel is gone, and Asterisk cannot be asked for the result that it may have kept.
    private func resultAwaited(from time: Date) -> Step {
        created(.lingering(error: Errors.unknown, until: time + Patience.asking))
    }

    private func ended(_ report: Report, at time: Date) -> Step {
        var next = self
        next.report = report
        guard report.error == nil else { return next.attemptFailed(report.error ?? "", at: time) }
        next.endedAt = time
        next.phase = .succeeded(until: time + limits.keep)
        next.isCreated = true
        return Step(next, notices: (isCreated ? [] : [.created]) + [.succeeded])
    }

    private func attemptFailed(_ error: String, at time: Date) -> Step {
        guard attempt <= limits.retries else { return failed(error, at: time) }
        var next = with(.waiting(until: time + limits.pause * pow(2, Double(attempt - 1))))
        next.report.error = error
        next.isCreated = true
        return Step(next, notices: isCreated ? [] : [.created])
    }

    private func failed(_ error: String, at time: Date, effects: [Effect] = []) -> Step {
        var next = with(.failed(until: time + limits.keep))
        next.report.error = error
        next.endedAt = time
        next.isCreated = true
        return Step(next, notices: (isCreated ? [] : [.created]) + [.failed], effects: effects)
    }

    private func cancelled(at time: Date) -> Step { failed(Errors.cancelled, at: time, effects: [.hangUp]) }

    private func removed() -> Step { Step(with(.removed), effects: [.removeFiles]) }
}
