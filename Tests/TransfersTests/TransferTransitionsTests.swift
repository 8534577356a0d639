import CallControl
import Core
import Persistence
import Telephony
import Testing

@testable import Transfers

@Suite("Transfer: every phase and event")
struct TransferTransitionsTests {
    @Test("each row of the table happens as written", arguments: table.indices)
    func row(_ index: Int) throws {
        let row = table[index]
        let what: Comment = "\(row.situation) + \(row.event.name)"
        let step = try #require(row.situation.transfer.handle(row.event), what)
        #expect(step.next.phase == row.phase, what)
        #expect(step.notices == row.notices, what)
        #expect(step.effects == row.effects, what)
    }

    @Test("every pair that the table does not name changes nothing", arguments: Situation.allCases)
    func rest(_ situation: Situation) {
        for event in plainEvents where !table.contains(where: { $0.situation == situation && $0.event == event }) {
            #expect(situation.transfer.handle(event) == nil, "\(situation) + \(event.name)")
        }
    }

    @Test("the table names each pair once, and only events of the list")
    func pairs() {
        for row in table {
            #expect(
                table.count { $0.situation == row.situation && $0.event == row.event } == 1,
                "\(row.situation) + \(row.event.name)"
            )
            #expect(plainEvents.contains(row.event))
        }
    }

    @Test("the end is told once, with the step that ends it, if clients knew of it", arguments: table.indices)
    func endIsTold(_ index: Int) {
        let row = table[index]
        guard let step = row.situation.transfer.handle(row.event) else { return }
        let isTold = step.next.isEnded && step.next.isAnnounced
        #expect(row.notices.count { $0 == .ended } == (isTold ? 1 : 0), "\(row.situation) + \(row.event.name)")
        #expect(!isTold || row.notices.last == .ended)
    }

    @Test("completed before both are in Stasis, it is blind; cancelled, it waits for both")
    func earlyRequests() {
        for situation in [Situation.beginning, .capturing, .capturingWithTransferred, .preparingFetched] {
            #expect(situation.transfer.handle(.completeRequested(by: nil))?.next.flow == .blind)
        }
        #expect(Situation.capturing.transfer.handle(.cancelRequested(by: nil))?.next.isCancelled == true)
        #expect(Situation.capturing.transfer.handle(.cancelRequested(by: nil))?.next.status == .abandoned)
        #expect(Situation.capturing.transfer.handle(.gone(.initiator))?.next.flow == .blind)
    }

    @Test("what was completed before the answer is blind from then on")
    func becomesBlind() {
        let step = Situation.releasing.transfer.handle(.released)
        #expect(step?.next.flow == .blind)
        #expect(step?.next.status == .blindTransferred)
        #expect(step?.next.gone == [.initiator])
    }

    @Test(
        "its own bridge is claimed as long as it lives, the one it takes apart until clients know",
        arguments: Situation.allCases
    )
    func claims(_ situation: Situation) {
        let claimed = situation.transfer.claimedBridges
        #expect(claimed.contains(BridgeID("x1")) == (situation != .ended))
        let hasShared = [Situation.newInStasis, .preparingShared].contains(situation)
        #expect(claimed.contains(BridgeID("b1")) == hasShared)
    }

    // MARK: Looks

    @Test("a look that shows what is known does again what the phase has to do, and nothing else")
    func lookAsExpected() {
        #expect(Situation.ringback.transfer.handle(look()) == nil)
        #expect(Situation.answered.transfer.handle(look(.inStasis, .inStasis, .inStasis)) == nil)
        #expect(Situation.blind.transfer.handle(look(.inStasis, .absent, .elsewhere)) == nil)
        #expect(
            Situation.connecting.transfer.handle(look(.inStasis, .inStasis, .inStasis))?.effects == [.connect]
        )
        #expect(Situation.beginning.transfer.handle(look(.elsewhere, .elsewhere, .absent))?.effects == [.capture])
        #expect(
            Situation.dismissing.transfer.handle(look(.inStasis, .inStasis, .inStasis))?.effects
                == [.hangUp(.initiator)]
        )
    }

    @Test("answered while we were away: initiator and recipient are bridged")
    func lookAnswered() {
        let step = Situation.ringback.transfer.handle(look(.inStasis, .inStasis, .inStasis))
        #expect(step?.next.phase == .connecting)
        #expect(step?.effects == [.connect])
        let blind = Situation.blind.transfer.handle(look(.inStasis, .absent, .inStasis))
        #expect(blind?.next.phase == .joining, "row 11: blind transfers are reconciled too")
    }

    @Test("arrived while we were away: both are in Stasis, the recipient is called")
    func lookArrived() {
        let step = Situation.capturing.transfer.handle(look(.fetched, .fetched, .absent))
        #expect(step?.next.phase == .preparing)
        #expect(step?.effects == [.hold, .ringInitiator, .callRecipient])
        let early = Situation.beginning.transfer.handle(look(.fetched, .elsewhere, .absent))
        #expect(early?.next.phase == .capturing)
        #expect(early?.notices == [.created(.starting)])
    }

    @Test("who does not come in time: without the initiator it is blind, without the transferred party it is over")
    func late() {
        func late(_ situation: Situation, _ transferred: Transfer.Sighting.Presence) -> Transfer.Step? {
            let sighting = Transfer.Sighting(
                transferred: transferred,
                initiator: .elsewhere,
                recipient: .absent,
                isLate: true
            )
            return situation.transfer.handle(.seen(sighting))
        }
        let nobody = late(.capturing, .elsewhere)
        #expect(nobody?.next.phase == .ended)
        #expect(nobody?.notices == [.abandoned(.starting), .ended])
        #expect(nobody?.effects == [.unmark], "they may still talk")
        let blind = late(.capturing, .fetched)
        #expect(blind?.next.phase == .preparing)
        #expect(blind?.next.flow == .blind)
        #expect(blind?.effects == [.hold, .callRecipient])
        let sighting = Transfer.Sighting(
            transferred: .elsewhere,
            initiator: .inStasis,
            recipient: .absent,
            isLate: true
        )
        let over = Situation.capturingWithInitiator.transfer.handle(.seen(sighting))
        #expect(over?.next.phase == .dispersing(.starting))
        #expect(over?.effects == [.hangUp(.initiator)])
        let comesAfterAll = Situation.preparingFetchedBlind.transfer.handle(look(.fetched, .fetched, .absent))
        #expect(comesAfterAll?.effects == [.hangUp(.initiator), .hold, .callRecipient])
        #expect(late(.beginning, .elsewhere)?.next.phase == .ended)
        #expect(late(.beginning, .elsewhere)?.notices == [])
    }

    @Test("the recipient's call went out while we were away: it is not placed twice")
    func lookCalled() {
        let step = Situation.preparingShared.transfer.handle(look())
        #expect(step?.next.phase == .ringback)
        #expect(step?.notices == [.updated(.ready), .created(.ringback)])
        #expect(step?.effects == [])
    }

    @Test("hang-ups that were missed count in the order transferred, initiator, recipient")
    func lookDepartures() {
        let initiator = Situation.answered.transfer.handle(look(.inStasis, .absent, .inStasis))
        #expect(initiator?.next.phase == .completing)
        #expect(initiator?.effects == [.handOver])
        let transferred = Situation.answered.transfer.handle(look(.absent, .inStasis, .inStasis))
        #expect(transferred?.next.phase == .abandonedTalking)
        #expect(transferred?.notices == [.abandoned(.answered)])
        let two = Situation.answered.transfer.handle(look(.absent, .absent, .inStasis))
        #expect(two?.next.phase == .dispersing(.abandoned))
        #expect(two?.effects == [.hangUp(.recipient)])
    }

    @Test("Asterisk restarted: everybody is gone, it ends, told once", arguments: Situation.allCases)
    func lookNobody(_ situation: Situation) {
        let transfer = situation.transfer
        guard transfer.revision > 0, !transfer.isEnded else { return }
        var step = transfer.handle(look(.absent, .absent, .absent))
        if step?.next.isEnded != true, transfer.progress < .called, let next = step?.next {
            // Whether the recipient's channel was ever made is found out by hanging it up.
            step = next.handle(.reunited) ?? next.handle(.gone(.recipient))
        }
        #expect(step?.next.isEnded == true, "\(situation)")
    }

    @Test(
        "no look, in whatever phase, brings a channel back that is gone, or ends twice",
        arguments: Situation.allCases
    )
    func anyLook(_ situation: Situation) {
        for event in looks {
            guard let step = situation.transfer.handle(event) else { continue }
            #expect(step.next.gone.isSuperset(of: situation.transfer.gone))
            let isTold = step.next.isEnded && step.next.isAnnounced
            #expect(step.notices.count { $0 == .ended } == (isTold ? 1 : 0))
        }
    }
}

@Suite("Transfer: stored rows")
struct TransferRowTests {
    @Test("every situation survives the row", arguments: Situation.allCases)
    func roundTrip(_ situation: Situation) {
        let stored = situation.transfer
        let row = AggregateRow(
            kind: Transfer.rowKind,
            id: stored.id,
            tenant: stored.tenant,
            revision: stored.revision,
            deadline: nil,
            body: stored.body
        )
        #expect(Transfer(row: row) == stored)
    }

    @Test("a row that another version wrote is refused, not misread")
    func unreadable() {
        let stored = Situation.ringback.transfer
        var row = AggregateRow(
            kind: Transfer.rowKind,
            id: "x1",
            tenant: stored.tenant,
            revision: 1,
            deadline: nil,
            body: ["phase": "dancing"]
        )
        #expect(Transfer(row: row) == nil)
        var body = stored.body.object ?? [:]
        body["gone"] = ["dancer"]
        row.body = .object(body)
        #expect(Transfer(row: row) == nil)
        row.kind = "relocate"
        row.body = stored.body
        #expect(Transfer(row: row) == nil)
    }
}
