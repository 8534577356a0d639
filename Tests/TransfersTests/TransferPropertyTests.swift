import Foundation
import TandemTesting
import Telephony
import Testing

@testable import Transfers

@Suite("Transfer: random orders of events")
struct TransferPropertyTests {
    /// A few thousand in the ordinary run, a hundred thousand with `TANDEM_SOAK=1`.
    static let runs = ProcessInfo.processInfo.environment["TANDEM_SOAK"] == "1" ? 100_000 : 4_000

    @Test("nobody stays in limbo, every transfer ends when its channels are gone, its end is told once")
    func orders() {
        var reached: Set<String> = []
        for seed in 0..<UInt64(Self.runs) {
            let faults = Self.play(seed, reached: &reached)
            #expect(faults.isEmpty, "seed \(seed): \(faults.joined(separator: "; "))")
            if !faults.isEmpty { return }
        }
        let all = Set(Situation.allCases.map(\.transfer.phaseName))
        #expect(reached == all, "phases that no order reached: \(all.subtracting(reached))")
    }

    /// - Returns: What was wrong.
    private static func play(_ seed: UInt64, reached: inout Set<String>) -> [String] {
        var world = TransferWorld(seed: seed)
        world.take(.begun(by: nil))
        for _ in 0..<Int.random(in: 1...25, using: &world.dice) {
            world.act()
            if world.chance(3) {
                world.calmDown()
                let faults = world.limbo
                if !faults.isEmpty { return faults }
            }
        }
        world.calmDown()
        var faults = world.limbo
        for party in Transfer.Party.allCases { world.hangUp(party) }
        world.calmDown()
        reached.formUnion(world.reached)
        if !world.machine.isEnded { faults.append("still \(world.machine.phaseName) when everybody is gone") }
        return faults + world.wrongNotices
    }
}

extension TransferWorld {
    /// Something happens.
    mutating func act() {
        let party = Transfer.Party.allCases.randomElement(using: &dice) ?? .transferred
        switch Int.random(in: 0..<24, using: &dice) {
        case 0...1: hangUp(party)
        case 2: if chance(2) { leave(party) }
        case 3...6: arrive(party)
        case 7...9: answer()
        case 10...11: take(.completeRequested(by: nil))
        case 12: take(.cancelRequested(by: nil))
        case 13: take(.recipientRenamed(name: "x", number: "1"))
        case 14: take(.musicStopped)
        case 15: if faultRate > 0 { isAway = true }
        case 16: isAway = false
        case 17: if faultRate > 0, chance(2) { crash() }
        case 18: if isLookDue { look() } else if chance(4) { becomeLate() }
        // An event of another time, or one that comes twice.
        case 19: take(plainEvents.filter(\.isRepeatable).randomElement(using: &dice) ?? .musicStopped)
        default: if !feed.isEmpty { take(feed.removeFirst()) }
        }
        if feed.isEmpty { clean() }
    }

    mutating func look() {
        guard !isAway else { return }
        isLookDue = false
        take(sighting)
    }

    /// Everything that is under way comes to its end.
    mutating func calmDown() {
        isAway = false
        let rate = faultRate
        faultRate = 0
        defer { faultRate = rate }
        for _ in 0..<60 {
            for party in [Transfer.Party.transferred, .initiator] { arrive(party) }
            if isLookDue { look() }
            if !feed.isEmpty { take(feed.removeFirst()) }
            clean()
        }
        if machine.deadline != nil, !isLate {
            becomeLate()
            return calmDown()
        }
    }

    /// The time passes within which everybody should be in Stasis.
    mutating func becomeLate() {
        guard !isLate else { return }
        isLate = true
        take(.deadlinePassed)
    }

    /// What is wrong when nothing is under way.
    var limbo: [String] {
        var faults: [String] = []
        if !feed.isEmpty || isLookDue { faults.append("does not calm down: \(feed) \(isLookDue)") }
        for party in Transfer.Party.allCases where isAlive(party) {
            guard let leg = legs[party], leg.place != .left else { continue }
            if let fault = machine.isEnded ? afterwards(leg) : meanwhile(party, leg) {
                faults.append("\(party) \(leg) \(fault) in \(machine.phaseName)")
            }
        }
        return faults
    }

    private func afterwards(_ leg: Leg) -> String? {
        if leg.isHeld || leg.hearsRinging { return "on hold or ringing" }
        switch leg.place {
        case .own, .shared: return members(leg.place).count > 1 ? nil : "alone"
        case .dialplan, .other, .left: return nil
        case .stasis: return machine.reunites ? "nowhere" : nil
        case .travelling: return "on the way"
        }
    }

    private func meanwhile(_ party: Transfer.Party, _ leg: Leg) -> String? {
        let isTalking = leg.place == .own && members(.own).count > 1 && !leg.isHeld && !leg.hearsRinging
        let isRinging = party == .recipient && leg.place == .dialplan
        switch (machine.phase, party) {
        case (.ringback, .transferred), (.answered, .transferred): return leg.isHeld ? nil : "not held"
        case (.ringback, .initiator), (.abandoned, .initiator): return leg.hearsRinging ? nil : "hears nothing"
        case (.ringback, .recipient), (.blind, .recipient), (.abandoned, .recipient): return isRinging ? nil : "silent"
        case (.answered, _), (.abandonedTalking, .initiator), (.abandonedTalking, .recipient):
            return isTalking ? nil : "not talking"
        case (.blind, .transferred): return leg.hearsRinging && !leg.isHeld ? nil : "hears nothing"
        default: return "waiting"
        }
    }

    /// What is wrong with what clients were told.
    var wrongNotices: [String] {
        var faults: [String] = []
        let ends = notices.count { $0 == .ended }
        let creations = notices.count { if case .created = $0 { true } else { false } }
        if ends != (machine.isAnnounced ? 1 : 0) { faults.append("\(ends) ends") }
        if creations != (machine.isAnnounced ? 1 : 0) { faults.append("\(creations) creations") }
        if machine.isAnnounced, notices.last != .ended { faults.append("told after the end: \(notices)") }
        if !machine.isAnnounced, !notices.isEmpty { faults.append("told: \(notices)") }
        return faults
    }
}

extension Transfer.Event {
    /// Whether Asterisk can send it at any time without lying.
    fileprivate var isRepeatable: Bool {
        switch self {
        case .joined(.recipient), .musicStopped, .begun: true
        default: false
        }
    }
}
