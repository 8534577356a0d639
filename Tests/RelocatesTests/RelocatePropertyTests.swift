import Foundation
import Testing

@testable import Relocates

@Suite("Relocate: whatever happens in whatever order", .timeLimit(.minutes(5)))
struct RelocatePropertyTests {
    private static let rounds: UInt64 = ProcessInfo.processInfo.environment["TANDEM_SOAK"] == nil ? 4_000 : 100_000

    @Test("nobody is left in silence, and it ends once, with its last event")
    func everyOrder() {
        var ends: [Relocate.Phase: Int] = [:]
        for seed in 0..<Self.rounds {
            var world = RelocateWorld(seed: seed)
            world.play(steps: 30)
            if let fault = fault(in: world) {
                Issue.record("seed \(seed): \(fault): \(world.places) \(world.machine.phase) \(world.notices)")
                return
            }
            world.endAllCalls()
            guard world.machine.isEnded, !world.isToldAfterEnd, isOrdered(world.notices) else {
                Issue.record("seed \(seed), at the end: \(world.machine.phase) \(world.notices)")
                return
            }
            ends[world.machine.phase, default: 0] += 1
        }
        // Every way to the end was taken, or the world is too tame.
        for end in Relocate.End.allCases { #expect(ends[.ended(end), default: 0] > 0, "never \(end): \(ends)") }
    }

    /// Who is in limbo once the dust has settled.
    private func fault(in world: RelocateWorld) -> String? {
        let places = world.places
        let isOver = world.machine.isEnded
        let talksOn = places[.initiator] == .oldCall && places[.relocated] == .oldCall
        let talksNew = places[.recipient] == .bridge && places[.relocated] == .bridge
        let isEarly = !isOver && talksOn
        switch places[.recipient] {
        case .gone: break
        case .ringing where isEarly && world.machine.phase == .ringing: break
        case .arrived where isEarly && world.machine.phase == .answered: break
        case .bridge where talksNew: break
        default: return "the recipient is in limbo"
        }
        switch places[.relocated] {
        case .gone: break
        case .oldCall where talksOn: break
        case .bridge where talksNew: break
        default: return "the relocated is in limbo"
        }
        if places[.initiator] != .gone, !talksOn { return "the initiator is in limbo" }
        if !isOver, !isEarly { return "it lives on for nothing" }
        return nil
    }

    /// `initiated`, `answered`, `completed` each at most once and in this order; `ended` once, at the end.
    private func isOrdered(_ notices: [Relocate.Notice]) -> Bool {
        let all = Relocate.Notice.allCases
        let order = notices.compactMap(all.firstIndex(of:))
        return notices.last == .ended && zip(order, order.dropFirst()).allSatisfy(<)
    }
}
