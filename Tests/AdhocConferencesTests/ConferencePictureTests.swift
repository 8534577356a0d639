import CallControl
import TandemTesting
import Testing

@testable import AdhocConferences

@Suite("Ad hoc conference: the picture in the documentation")
struct ConferencePictureTests {
    /// States beside the table's that lead from one phase to another in ways that those do not.
    private static let states =
        Cast.states + ["running H+ Q~", "running H+ P~ Q.", "running H+ Q.", "assembling H> P+"]

    @Test("its edges are those of the machine")
    func edges() throws {
        var real: [StateDiagram.Edge: Set<String>] = [:]
        for state in Self.states {
            let conference = Cast.conference(state)
            for (_, event) in Cast.events {
                guard let next = conference.handle(event)?.next, next.phase != conference.phase else { continue }
                real[StateDiagram.Edge(conference.phaseName, next.phaseName), default: []].insert(event.name)
            }
        }
        let differences = try StateDiagram(page: "adhoc-conferences.md").differences(from: real)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }
}
