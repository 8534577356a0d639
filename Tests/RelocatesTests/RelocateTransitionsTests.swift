import CallControl
import Core
import Foundation
import Persistence
import Telephony
import Testing

@testable import Relocates

@Suite("Relocate: every phase and event")
struct RelocateTransitionsTests {
    private func step(_ row: TransitionRow) -> AggregateStep<Relocate> {
        var next = relocate(row.phase)
        next.phase = row.next
        next.isInitiated = next.isInitiated || row.notices.contains(.initiated)
        return AggregateStep(next, notices: row.notices, effects: row.effects)
    }

    @Test("each row of the table happens as written", arguments: RelocateTable.phases)
    func row(_ phase: Relocate.Phase) {
        for row in RelocateTable.all where row.phase == phase {
            #expect(relocate(phase).handle(row.event) == step(row), "\(phase.name) + \(row.event)")
        }
    }

    @Test("every pair that the table does not name changes nothing", arguments: RelocateTable.phases)
    func rest(_ phase: Relocate.Phase) {
        for event in RelocateTable.events
        where !RelocateTable.all.contains(where: { $0.phase == phase && $0.event == event }) {
            #expect(relocate(phase).handle(event) == nil, "\(phase.name) + \(event)")
        }
    }

    @Test("the table names each pair once, and only phases and events of the lists")
    func table() {
        for row in RelocateTable.all {
            let count = RelocateTable.all.count { $0.phase == row.phase && $0.event == row.event }
            #expect(count == 1, "\(row.phase) \(row.event)")
            #expect(RelocateTable.phases.contains(row.phase) && RelocateTable.events.contains(row.event))
        }
    }

    @Test("without completion by the answer the recipient waits for the user")
    func completedByRequestOnly() {
        let ringing = relocate(.ringing, completedBy: [.api])
        let step = ringing.handle(.recipientAnswered(at: RelocateTable.now))
        #expect(step?.next.phase == .answered)
        #expect(step?.notices == [.answered])
        #expect(step?.effects == [])
        let starting = relocate(.starting, completedBy: [.api]).handle(.recipientAnswered(at: RelocateTable.now))
        #expect(starting?.next.phase == .answered)
        #expect(starting?.notices == [.initiated, .answered])
    }

    @Test("who is left is hung up in every way to the end; who talks is not")
    func nobodyLeft() {
        for row in RelocateTable.all {
            guard case .ending(_, let parties) = row.next else { continue }
            if row.phase == row.next { continue }
            if case .ending = row.phase { continue }
            #expect(Set(row.effects) == Set(parties.map(Relocate.Effect.hangUp)), "\(row)")
        }
    }
}

@Suite("Relocate: deadlines, bridges and stored rows")
struct RelocateRowTests {
    @Test("every phase that is stored survives the row", arguments: RelocateTable.phases)
    func roundTrip(_ phase: Relocate.Phase) {
        let stored = relocate(phase)
        if stored.isEnded { return }
        let row = AggregateRow(
            kind: Relocate.rowKind,
            id: stored.id,
            tenant: stored.tenant,
            revision: stored.revision,
            deadline: stored.deadline,
            body: stored.body
        )
        #expect(Relocate(row: row) == stored)
    }

    @Test("a row that another version wrote is refused, not misread")
    func unreadable() {
        let stored = relocate(.ringing)
        var body = stored.body.object ?? [:]
        body["phase"] = "dancing"
        var row = AggregateRow(
            kind: Relocate.rowKind,
            id: "r1",
            tenant: stored.tenant,
            revision: 1,
            deadline: nil,
            body: .object(body)
        )
        #expect(Relocate(row: row) == nil)
        row.body = stored.body
        row.kind = "transfer"
        #expect(Relocate(row: row) == nil)
    }

    @Test("ringing ends 5 s after its time, moving after 10 s, waiting for the user never")
    func deadlines() {
        #expect(relocate(.ringing).deadline == Date(timeIntervalSince1970: 115))
        #expect(relocate(.waitingForRelocated(until: RelocateTable.until)).deadline == RelocateTable.until)
        #expect(relocate(.answered).deadline == nil)
    }

    @Test("the bridge is claimed only while the two are being put into it")
    func claims() {
        for phase in RelocateTable.phases {
            var isConnecting = false
            if case .connecting = phase { isConnecting = true }
            #expect(relocate(phase).claimedBridges == (isConnecting ? [BridgeID("r1")] : []))
        }
    }
}
