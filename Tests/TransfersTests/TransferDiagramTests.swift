import CallControl
import Foundation
import Testing

@testable import Transfers

@Suite("Transfer: the picture in docs/transfers.md")
struct TransferDiagramTests {
    @Test("its edges are those of the machine")
    func edges() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/transfers.md"), encoding: .utf8)
        var drawn: Set<String> = []
        for line in text.split(separator: "\n") where line.contains("-->") {
            let words = line.split(separator: ":")[0].split(separator: " ").map(String.init)
            guard words.count == 3 else { continue }
            drawn.insert("\(words[0]) -> \(words[2])")
        }
        var actual: Set<String> = ["[*] -> beginning", "[*] -> preparing", "ended -> [*]"]
        for situation in Situation.allCases where situation.transfer.revision > 0 {
            for event in plainEvents {
                guard let step = situation.transfer.handle(event) else { continue }
                let (from, to) = (situation.transfer.phaseName, step.next.phaseName)
                if from != to { actual.insert("\(from) -> \(to)") }
            }
        }
        #expect(drawn == actual, "missing: \(actual.subtracting(drawn)), wrong: \(drawn.subtracting(actual))")
    }
}
