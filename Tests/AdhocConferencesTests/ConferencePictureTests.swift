import CallControl
import Foundation
import Testing

@testable import AdhocConferences

@Suite("Ad hoc conference: the picture in the documentation")
struct ConferencePictureTests {
    /// States beside the table's that lead from one phase to another in ways that those do not.
    private static let states =
        Cast.states + ["running H+ Q~", "running H+ P~ Q.", "running H+ Q.", "assembling H> P+"]

    @Test("its edges are those of the machine")
    func edges() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/adhoc-conferences.md").standardizedFileURL
        let drawn = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { $0.contains(" --> ") && $0.contains(": ") && !$0.hasPrefix("[*]") }
        var real: Set<String> = []
        for state in Self.states {
            let conference = Cast.conference(state)
            for (_, event) in Cast.events {
                guard let next = conference.handle(event)?.next, next.phase != conference.phase else { continue }
                real.insert("\(conference.phaseName) --> \(next.phaseName): \(event.name)")
            }
        }
        #expect(Set(drawn) == real)
        #expect(Set(drawn).count == drawn.count)
    }
}
