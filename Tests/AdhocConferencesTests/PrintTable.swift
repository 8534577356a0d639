import Testing

@testable import AdhocConferences

@Suite("print") struct PrintTable {
    @Test("print") func table() {
        for state in Cast.states {
            print("T|\(state):")
            for (name, event) in Cast.events {
                if let step = Cast.conference(state).handle(event) { print("T|    \(name) => \(Cast.text(step))") }
            }
        }
    }
}
