import CallControl
import Core
import Foundation
import Persistence
import TandemTesting
import Telephony

@testable import Relocates

/// A small Asterisk around one relocate: three channels and two bridges that follow the effects, with losses, doubts
/// and restarts by chance.
struct RelocateWorld {
    enum Place: Hashable {
        /// Talks with the other one of initiator and relocated.
        case oldCall
        /// On its way through the dialplan.
        case moving
        /// In Stasis, alone.
        case arrived
        /// In the relocate's bridge.
        case bridge
        /// It rings.
        case ringing
        /// It does not exist (any more).
        case gone
    }

    var places: [Relocate.Party: Place] = [.initiator: .oldCall, .relocated: .oldCall, .recipient: .gone]
    /// Whether the old call is in Stasis already.
    let isInStasis: Bool
    private(set) var machine: Relocate
    private(set) var notices: [Relocate.Notice] = []
    /// What was told after the end.
    private(set) var isToldAfterEnd = false
    private var mailbox: [Relocate.Event] = []
    private var isLookDue = false
    private var random: SeededGenerator
    /// While the dust settles nothing fails any more.
    private var isCalm = false
    private static let time = Date(timeIntervalSince1970: 1_000)

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        isInStasis = Bool.random(using: &random)
        let completions: [[Relocate.Completion]] = [[.answer], [.api], [.answer, .api]]
        machine = relocate(.starting, completedBy: completions.randomElement(using: &random) ?? [.answer])
    }

    private mutating func chance(_ percent: Int) -> Bool {
        !isCalm && Int.random(in: 0..<100, using: &random) < percent
    }

    // MARK: What happens

    /// Plays some events, then lets the dust settle.
    mutating func play(steps: Int) {
        feed(.requested(by: machine.user))
        for _ in 0..<steps { step() }
        isCalm = true
        settle()
    }

    /// Everybody hangs up.
    mutating func endAllCalls() {
        for party in Relocate.Party.allCases { kill(party) }
        if Bool.random(using: &random) { restart() }
        settle()
    }

    private mutating func step() {
        switch Int.random(in: 0..<14, using: &random) {
        case 0, 1, 2: if places[.recipient] == .ringing { enter(.recipient) }
        case 3, 4: if places[.relocated] == .moving { enter(.relocated) }
        case 5: if chance(30) { kill(Relocate.Party.allCases.randomElement(using: &random) ?? .initiator) }
        case 6: if chance(10) { feed(.deadlinePassed) }
        case 7: feed(.completionRequested(by: machine.user, at: Self.time))
        case 8: if chance(20) { feed(.cancellationRequested(by: machine.user)) }
        case 9: if chance(20) { restart() }
        case 10: look()
        case 11: if let event = mailbox.last { mailbox.append(event) }
        default: deliver()
        }
    }

    private mutating func settle() {
        for _ in 0..<20 {
            while !mailbox.isEmpty { deliver() }
            if places[.relocated] == .moving { enter(.relocated) }
            if isLookDue { look() }
            if mailbox.isEmpty, !isLookDue { return }
        }
    }

    private mutating func enter(_ party: Relocate.Party) {
        places[party] = .arrived
        guard !machine.isEnded else { return stray(party) }
        mailbox.append(party == .recipient ? .recipientAnswered(at: Self.time) : .relocatedArrived)
    }

    /// A leg of no relocate.
    private mutating func stray(_ party: Relocate.Party) {
        if places[party] == .arrived { kill(party) }
    }

    private mutating func deliver() {
        if !mailbox.isEmpty { feed(mailbox.removeFirst()) }
    }

    /// The process dies: what it had not stored is lost; what it then sees counts.
    private mutating func restart() {
        mailbox = []
        isLookDue = false
        // Its recovery comes after ours.
        defer { cleanUp() }
        if machine.isEnded {
            for party in Relocate.Party.allCases where places[party] == .arrived { stray(party) }
            return
        }
        let row = AggregateRow(
            kind: Relocate.rowKind,
            id: machine.id,
            tenant: machine.tenant,
            revision: machine.revision,
            deadline: machine.deadline,
            body: machine.body
        )
        machine = Relocate(row: row) ?? machine
        look()
    }

    private mutating func look() {
        isLookDue = false
        guard !machine.isEnded else { return }
        let relocated: Relocate.Sighting.Relocated? =
            switch places[.relocated] {
            case .oldCall: isInStasis ? .inStasis : .inDialplan
            case .moving: .inDialplan
            case .arrived: .arrived
            case .bridge: isInStasis ? .inStasis : .arrived
            default: nil
            }
        let recipient: Relocate.Sighting.Recipient? =
            switch places[.recipient] {
            case .ringing: .ringing
            case .arrived, .bridge: .answered
            default: nil
            }
        let isConnected = places[.relocated] == .bridge && places[.recipient] == .bridge
        feed(
            .seen(
                Relocate.Sighting(
                    hasInitiator: places[.initiator] != .gone,
                    relocated: relocated,
                    recipient: recipient,
                    isConnected: isConnected,
                    at: Self.time
                )
            )
        )
    }

    // MARK: The engine

    private mutating func feed(_ first: Relocate.Event) {
        var events = [first]
        while !events.isEmpty {
            let event = events.removeFirst()
            guard let step = machine.handle(event) else { continue }
            if machine.isEnded, !step.notices.isEmpty { isToldAfterEnd = true }
            machine = step.next
            machine.revision += 1
            notices += step.notices
            // Killed between the stored step and what should have followed.
            if chance(2) { return restart() }
            effects: for effect in step.effects {
                switch perform(effect) {
                case .done: continue
                case .happened(let event): events.append(event)
                case .failed(let event, _):
                    events.append(event)
                    break effects
                case .unknown:
                    isLookDue = true
                    break effects
                }
            }
            cleanUp()
        }
        if machine.isEnded {
            // What the mailbox still holds is told as left over.
            for event in mailbox {
                if case .recipientAnswered = event { stray(.recipient) }
                if event == .relocatedArrived { stray(.relocated) }
            }
            mailbox = []
        }
    }

    /// The lone-channel clean-up, which leaves claimed bridges alone.
    private mutating func cleanUp() {
        guard machine.claimedBridges.isEmpty else { return }
        let members = Relocate.Party.allCases.filter { places[$0] == .bridge }
        if members.count == 1 { kill(members[0]) }
    }

    private mutating func kill(_ party: Relocate.Party) {
        guard let place = places[party], place != .gone else { return }
        places[party] = .gone
        if !machine.isEnded { mailbox.append(.gone(party)) }
        if place == .oldCall { endOldCall() }
        if place == .bridge { cleanUp() }
    }

    /// Who is left alone of the old call is hung up, by the dialplan or the clean-up.
    private mutating func endOldCall() {
        let members = [Relocate.Party.initiator, .relocated].filter { places[$0] == .oldCall }
        if members.count == 1 { kill(members[0]) }
    }

    // MARK: Effects

    private mutating func perform(_ effect: Relocate.Effect) -> EffectOutcome<Relocate.Event> {
        switch effect {
        case .callRecipient:
            if places[.initiator] == .gone { return .failed(.gone(.initiator), nil) }
            let isLost = chance(5)
            if chance(10) || places[.relocated] == .gone { return .failed(.recipientRefused, nil) }
            places[.recipient] = .ringing
            return isLost ? .failed(.recipientRefused, nil) : .happened(.recipientCalled)
        case .bringRelocated: return bringRelocated()
        case .connect: return connect()
        case .hangUp(let party):
            if chance(10) { return .unknown("") }
            kill(party)
            return .happened(.gone(party))
        }
    }

    private mutating func bringRelocated() -> EffectOutcome<Relocate.Event> {
        switch places[.relocated] {
        case .oldCall where isInStasis: return .happened(.relocatedFound)
        case .arrived: return .happened(.relocatedArrived)
        case .oldCall, .moving: break
        default: return .failed(.gone(.relocated), nil)
        }
        if chance(10) { return .failed(.relocatedNotMoved, nil) }
        if chance(5) { return .unknown("") }
        places[.relocated] = .moving
        endOldCall()
        if chance(5) { return .failed(.relocatedNotMoved, nil) }
        return chance(5) ? .unknown("") : .happened(.relocatedRedirected)
    }

    private mutating func connect() -> EffectOutcome<Relocate.Event> {
        if chance(5) { return .unknown("") }
        guard places[.recipient] == .arrived || places[.recipient] == .bridge else {
            return .failed(.gone(.recipient), nil)
        }
        if chance(5) { return .failed(.connectRefused, nil) }
        places[.recipient] = .bridge
        if chance(5) { return .unknown("") }
        guard let place = places[.relocated], place != .gone else { return .failed(.gone(.relocated), nil) }
        guard place != .moving, place != .oldCall || isInStasis, !chance(5) else {
            return .failed(.connectRefused, nil)
        }
        places[.relocated] = .bridge
        if place == .oldCall { endOldCall() }
        return chance(5) ? .unknown("") : .happened(.connected)
    }
}
