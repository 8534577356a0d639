import CallControl
import TandemTesting
import Testing

@testable import Transfers

@Suite("Transfer: the picture in docs/transfers.md")
struct TransferDiagramTests {
    @Test("its edges are those of the machine")
    func edges() throws {
        let drawn = Set(try StateDiagram(page: "transfers.md").edges.keys)
        var actual: Set<StateDiagram.Edge> = []
        for situation in Situation.allCases where situation.transfer.revision > 0 {
            for event in plainEvents {
                guard let step = situation.transfer.handle(event) else { continue }
                let (from, to) = (situation.transfer.phaseName, step.next.phaseName)
                if from != to { actual.insert(StateDiagram.Edge(from, to)) }
            }
        }
        #expect(drawn == actual, "missing: \(actual.subtracting(drawn)), wrong: \(drawn.subtracting(actual))")
    }
}
