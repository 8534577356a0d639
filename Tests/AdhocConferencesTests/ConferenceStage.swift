import CallControl
import Core
import Foundation
import Persistence
import TandemTesting
import Telephony

@testable import AdhocConferences

/// A conference, the loop that drives it, and the channels and bridges that it acts on.
///
/// Channels: `H` talks with `P` in `b1`; the host's leg `D` with `Q` in `b2`, `E` with `R` in `b3`.
struct ConferenceStage {
    enum Place: Hashable {
        /// In the dialplan, in this bridge; who stays there alone is hung up by the dialplan.
        case talking(BridgeID)
        /// In our application, in no bridge.
        case waiting
        /// In the conference's bridge.
        case inside
    }

    var random: SeededGenerator
    var places: [ChannelID: Place] = [:]
    var hasBridge = false
    /// What Asterisk has told and we have not handled.
    var queue: [AdhocConference.Event] = []
    var machine: AdhocConference
    var row: AggregateRow?
    var isLookDue = false
    var isCalm = false
    var inside: Set<ChannelID> = []
    var told: [AdhocConference.Notice] = []
    var spare = 0
    /// A fault that the checks must find.
    var ignoresLetGo = false
    var faults: [String] = []
    var log: [String] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        for (bridge, names) in [("b1", ["H", "P"]), ("b2", ["D", "Q"]), ("b3", ["E", "R"])] {
            for name in names { places[ChannelID(name)] = .talking(BridgeID(bridge)) }
        }
        machine = Cast.conference(["assembling H~ P~ Q~", "assembling H~ P~"][Int(seed % 2)], revision: 0)
    }

    mutating func play() {
        feed(.requested(by: Cast.hostUser))
        for _ in 0..<Int.random(in: 3...25, using: &random) { act() }
        finish()
    }

    // MARK: What happens

    mutating func act() {
        switch Int.random(in: 0..<14, using: &random) {
        case 0: hangUp(anyChannel())
        case 1:
            feed(
                .participantAdded(
                    AdhocConference.Member(ChannelID("R"), discarded: ChannelID("E"), source: BridgeID("b3")),
                    due: Cast.due,
                    by: Cast.hostUser
                )
            )
        case 2: feed(.removalRequested(anyChannel(), by: Cast.hostUser))
        case 3: if chance(4) { feed(.deletionRequested(by: Cast.hostUser)) }
        case 4: if machine.deadline != nil, chance(3) { feed(.deadlinePassed) }
        case 5: if isLookDue || chance(3) { look() }
        case 6: if chance(3) { restart() }
        case 7: if chance(3) { replaceOne() }
        case 8: if chance(6) { destroyBridge() }
        case 9: if let old = queue.last, chance(3) { queue.append(old) }
        default: handleNext()
        }
    }

    mutating func anyChannel() -> ChannelID {
        places.keys.sorted { $0.rawValue < $1.rawValue }.randomElement(using: &random) ?? ChannelID("X")
    }
    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }
    mutating func handleNext() { if !queue.isEmpty { feed(queue.removeFirst()) } }

    mutating func hangUp(_ channel: ChannelID) {
        guard let place = places.removeValue(forKey: channel) else { return }
        log.append("\(channel) is gone")
        if place == .inside { queue.append(.left(channel)) }
        queue.append(.gone(channel))
        if case .talking(let bridge) = place { leaveAlone(in: bridge) }
    }

    /// The dialplan hangs up who is left behind.
    mutating func leaveAlone(in bridge: BridgeID) {
        let others = places.filter { $0.value == .talking(bridge) }.keys
        if others.count == 1, let lone = others.first { hangUp(lone) }
    }

    /// The events of the gap are lost; what is stored is what we know.
    mutating func restart() {
        queue = []
        if let row, let stored = AdhocConference(row: row) { machine = stored }
        look()
    }

    /// Somebody takes the place of another in the bridge.
    mutating func replaceOne() {
        guard let old = places.filter({ $0.value == .inside }).keys.sorted(by: { $0.rawValue < $1.rawValue }).first
        else { return }
        spare += 1
        let new = ChannelID("N\(spare)")
        places[old] = nil
        places[new] = .inside
        log.append("\(new) takes the place of \(old)")
        queue += [.replaced(old, by: new, chance(2) ? nil : Cast.person("X")), .left(old), .gone(old)]
    }

    /// Somebody else destroys the bridge, and hangs up whom he has left without one.
    mutating func destroyBridge() {
        guard hasBridge else { return }
        hasBridge = false
        for channel in places.filter({ $0.value == .inside }).keys { hangUp(channel) }
        queue.append(.bridgeGone)
    }

    // MARK: The loop

    mutating func feed(_ first: AdhocConference.Event) {
        var events = [first]
        while !events.isEmpty {
            let event = events.removeFirst()
            guard !machine.isEnded, let step = machine.handle(event) else { continue }
            log.append("\(Cast.text(machine)) -- \(event.name) --> \(Cast.text(step))")
            machine = step.next
            machine.revision += 1
            store()
            step.notices.forEach { note($0) }
            effects: for effect in step.effects {
                switch perform(effect) {
                case .done: continue
                case .happened(let event): events.append(event)
                case .failed(let event, _):
                    events.append(event)
                    break effects
                case .unknown:
                    log.append("unknown: \(effect)")
                    isLookDue = true
                    break effects
                }
            }
        }
    }

    mutating func store() {
        row =
            machine.isEnded
            ? nil
            : AggregateRow(
                kind: AdhocConference.rowKind,
                id: machine.id,
                tenant: machine.tenant,
                revision: machine.revision,
                deadline: machine.deadline,
                body: machine.body
            )
    }

    mutating func note(_ notice: AdhocConference.Notice) {
        if told.last == .deleted { faults.append("\(notice) after the end") }
        switch notice {
        case .created where !told.isEmpty: faults.append("created twice, or late")
        case .joined(let call, _, let users):
            if users.isEmpty, call != ChannelID("N1"), Cast.person(call.rawValue).user != nil, !inside.isEmpty {
                // Only those without a user may be told to nobody.
                if inside.contains(where: { !$0.rawValue.hasPrefix("N") }) { faults.append("joined \(call) to nobody") }
            }
            inside.insert(call)
        case .left(let call, _, let users):
            if inside.remove(call) == nil { faults.append("left without joining: \(call)") }
            if !users.contains(Cast.hostUser) { faults.append("the host does not hear of \(call)") }
        default: break
        }
        told.append(notice)
    }

    // MARK: The end

    /// From now on Asterisk answers; events, looks and deadlines come until nothing moves any more.
    mutating func settle() {
        isCalm = true
        for _ in 0..<50 where !machine.isEnded {
            while !queue.isEmpty { handleNext() }
            if isLookDue { look() }
            if machine.deadline != nil { feed(.deadlinePassed) }
            if queue.isEmpty, !isLookDue { break }
        }
        if isLookDue || !queue.isEmpty { look() }
        while !queue.isEmpty { handleNext() }
    }

    mutating func finish() {
        settle()
        checkParties()
        if !machine.isEnded {
            for channel in machine.channels { hangUp(channel) }
            settle()
        }
        if !machine.isEnded { faults.append("did not end: \(Cast.text(machine))") }
        if row != nil { faults.append("its row stays") }
        if hasBridge { faults.append("its bridge stays") }
        if told.first != .created { faults.append("begins with \(told.first.map { "\($0)" } ?? "nothing")") }
        if told.filter({ $0 == .deleted }).count != 1 { faults.append("not one end") }
        if !inside.isEmpty { faults.append("joined and never left: \(inside)") }
        if let lost = places.first(where: { $0.value == .waiting || $0.value == .inside }) {
            faults.append("in limbo after the end: \(lost.key)")
        }
    }

    /// Who lives talks in the conference, or where he talked before.
    mutating func checkParties() {
        for (channel, place) in places {
            switch place {
            case .waiting: if machine.isOpen || machine.isEnded { faults.append("in limbo: \(channel)") }
            case .inside:
                let standing = machine.member(channel)?.standing
                if standing != .inside { faults.append("in the bridge, but not for us: \(channel)") }
            case .talking(let bridge):
                if places.filter({ $0.value == .talking(bridge) }).count < 2 { faults.append("alone: \(channel)") }
            }
        }
        for member in machine.members where machine.isOpen {
            if places[member.channel] != .inside { faults.append("not in the bridge: \(member.channel)") }
        }
        if machine.isOpen, machine.members.count < 2 || machine.member(machine.host) == nil {
            faults.append("no conference: \(Cast.text(machine))")
        }
    }
}
