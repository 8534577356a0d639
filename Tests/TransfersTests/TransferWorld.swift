import CallControl
import TandemTesting
import Telephony

@testable import Transfers

/// As much of Asterisk, and of the engine, as a transfer can notice: three channels, who hears what, requests that fail
/// or whose answers are lost, and a gateway that crashes.
struct TransferWorld {
    /// Where a channel is.
    enum Place: Hashable {
        case dialplan, travelling, stasis, shared, other, own, left
    }
    struct Leg {
        var isAlive = true
        var place: Place
        var isHeld = false
        var hearsRinging = false
        var isFetched = false
    }

    var legs: [Transfer.Party: Leg]
    var machine: Transfer
    /// Events of Asterisk that have not been read.
    var feed: [Transfer.Event] = []
    var notices: [Transfer.Notice] = []
    var isLookDue = false
    var isAway = false
    /// The time within which everybody should be in Stasis has passed.
    var isLate = false
    var dice: SeededGenerator
    /// Phases that it was in, passing ones too.
    var reached: Set<String> = []
    /// One request in so many fails in some way; 0: none.
    var faultRate: Int

    init(seed: UInt64) {
        dice = SeededGenerator(seed: seed)
        faultRate = [0, 0, 6, 20].randomElement(using: &dice) ?? 0
        let start = Int.random(in: 0..<5, using: &dice)
        let places: [Place] = [
            [.dialplan, .dialplan], [.shared, .shared], [.other, .other], [.dialplan, .other], [.other, .dialplan],
        ][start]
        legs = [.transferred: Leg(place: places[0]), .initiator: Leg(place: places[1])]
        var joined: Set<Transfer.Party> = []
        if places[0] != .dialplan { joined.insert(.transferred) }
        if places[1] != .dialplan { joined.insert(.initiator) }
        machine = transfer(
            joined.count == 2 ? .preparing : .beginning,
            flow: Bool.random(using: &dice) ? .attended : .blind,
            joined: joined,
            isAnnounced: false,
            shared: places[0] == .shared ? "b1" : nil,
            revision: 0
        )
    }

    mutating func chance(_ one: Int) -> Bool { one > 0 && Int.random(in: 0..<one, using: &dice) == 0 }

    // MARK: Asterisk

    func isAlive(_ party: Transfer.Party) -> Bool { legs[party]?.isAlive ?? false }

    func isInStasis(_ party: Transfer.Party) -> Bool {
        guard let leg = legs[party], leg.isAlive else { return false }
        return [.stasis, .shared, .other, .own].contains(leg.place)
    }

    /// Members of the transfer's bridge, or of the one that transferred party and initiator came in.
    func members(_ place: Place) -> [Transfer.Party] {
        Transfer.Party.allCases.filter { isAlive($0) && legs[$0]?.place == place }
    }

    mutating func hangUp(_ party: Transfer.Party) {
        guard isAlive(party) else { return }
        legs[party]?.isAlive = false
        // StasisEnd and ChannelDestroyed.
        feed += [.gone(party), .gone(party)]
    }

    mutating func leave(_ party: Transfer.Party) {
        guard isInStasis(party) else { return }
        legs[party]?.place = .left
        feed.append(.gone(party))
    }

    mutating func arrive(_ party: Transfer.Party) {
        guard isAlive(party), legs[party]?.place == .travelling else { return }
        legs[party]?.place = .stasis
        legs[party]?.isFetched = true
        feed.append(.joined(party))
    }

    mutating func answer() {
        guard isAlive(.recipient), legs[.recipient]?.place == .dialplan else { return }
        legs[.recipient]?.place = .stasis
        feed.append(.recipientAnswered)
    }

    /// The clean-up of lone channels, for bridges that nobody claims.
    mutating func clean() {
        for (place, bridge) in [(Place.own, "x1"), (.shared, "b1")] {
            let members = members(place)
            if members.count == 1, !machine.claimedBridges.contains(BridgeID(bridge)) { hangUp(members[0]) }
        }
    }

    private func presence(_ party: Transfer.Party) -> Transfer.Sighting.Presence {
        guard isAlive(party), let leg = legs[party] else { return .absent }
        guard isInStasis(party) else { return .elsewhere }
        return leg.isFetched ? .fetched : .inStasis
    }

    var sighting: Transfer.Event {
        .seen(
            Transfer.Sighting(
                transferred: presence(.transferred),
                initiator: presence(.initiator),
                recipient: presence(.recipient),
                isLate: isLate
            )
        )
    }

    // MARK: The engine

    /// One input with all that follows from it.
    mutating func take(_ first: Transfer.Event) {
        var events = [first]
        while !events.isEmpty {
            let event = events.removeFirst()
            if machine.isEnded {
                // Who comes for a transfer that is over is sent home.
                if case .joined(let party) = event { hangUp(party) }
                if event == .recipientAnswered { hangUp(.recipient) }
                continue
            }
            guard let step = machine.handle(event) else { continue }
            let isNew = machine.revision == 0
            machine = step.next
            reached.insert(machine.phaseName)
            if isNew { machine.revision = 1 }
            notices += step.notices
            for effect in step.effects {
                if chance(faultRate * 4) { return crash() }
                guard let outcome = perform(effect) else { break }
                events += outcome.events
                if outcome.isLast { break }
            }
        }
    }

    /// The gateway dies: what it knew but the row is lost, events meanwhile too.
    mutating func crash() {
        // A limit (docs/transfers.md): who comes for a transfer that is over is known by his StasisStart alone, and is
        // not found again when that is lost too.
        if machine.isEnded { return }
        feed = []
        isLookDue = true
    }

    private struct Outcome {
        var events: [Transfer.Event] = []
        var isLast = false
        static func happened(_ event: Transfer.Event) -> Outcome { Outcome(events: [event]) }
        static func failed(_ event: Transfer.Event) -> Outcome { Outcome(events: [event], isLast: true) }
    }

    /// - Returns: `nil` when the outcome is not known.
    private mutating func perform(_ effect: Transfer.Effect) -> Outcome? {
        let isLost = isAway || chance(faultRate)
        if isLost, !machine.isEnded { isLookDue = true }
        if isLost, isAway || Bool.random(using: &dice) { return nil }
        let outcome = carryOut(effect)
        return isLost ? nil : outcome
    }

    private mutating func carryOut(_ effect: Transfer.Effect) -> Outcome {
        for party in effect.needed where !(effect == .capture ? isAlive(party) : isInStasis(party)) {
            return .failed(.gone(party))
        }
        if !effect.needed.isEmpty, chance(faultRate * 2) {
            return .failed(effect == .capture ? .captureRefused : .obstructed)
        }
        switch effect {
        case .capture:
            for party in [Transfer.Party.transferred, .initiator] where legs[party]?.place == .dialplan {
                legs[party]?.place = .travelling
            }
            return .happened(.captured)
        case .part: for party in members(.shared) { legs[party]?.place = .stasis }
        case .hold: if isInStasis(.transferred) { legs[.transferred]?.isHeld = true }
        case .ringInitiator: if isInStasis(.initiator) { legs[.initiator]?.hearsRinging = true }
        case .callRecipient:
            if isAlive(.recipient) { return .happened(.recipientCalled) }
            if chance(8) { return .failed(.recipientRefused) }
            legs[.recipient] = Leg(place: .dialplan)
            return .happened(.recipientCalled)
        case .release:
            silence(.transferred)
            legs[.transferred]?.hearsRinging = true
            return .happened(.released)
        case .connect: return bridge([.initiator, .recipient], .connected)
        case .unite: return bridge([.transferred, .recipient], .united)
        case .handOver: return bridge([.transferred], .united)
        case .reunite: return bridge([.transferred, .initiator], .reunited)
        case .restore:
            silence(.transferred)
            silence(.initiator)
            return .happened(.reunited)
        case .hangUp(let party):
            hangUp(party)
            return .happened(.gone(party))
        case .locate: return .happened(sighting)
        case .mark, .unmark, .announceRecording, .show, .keepMediaFlowing: break
        }
        return Outcome()
    }

    private mutating func silence(_ party: Transfer.Party) {
        legs[party]?.isHeld = false
        legs[party]?.hearsRinging = false
    }

    private mutating func bridge(_ parties: [Transfer.Party], _ event: Transfer.Event) -> Outcome {
        for party in parties {
            silence(party)
            legs[party]?.place = .own
        }
        return .happened(event)
    }
}

extension Transfer.Effect {
    fileprivate var needed: [Transfer.Party] {
        switch self {
        case .capture, .mark, .reunite: [.transferred, .initiator]
        case .connect: [.initiator, .recipient]
        case .release, .handOver: [.transferred]
        case .unite: [.transferred, .recipient]
        default: []
        }
    }
}
