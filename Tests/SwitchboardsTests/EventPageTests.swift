import Core
import Events
import Foundation
import TandemTesting
import Telephony
import Testing

@testable import Switchboards

@Suite("Switchboards: docs/events.md")
struct EventPageTests {
    private static let switchboard = SwitchboardID(
        tenant: TenantID("10000000-0000-4000-8000-000000000001"),
        id: "30000000-0000-4000-8000-000000000001"
    )
    private static let call = ChannelID("1763924701.1")

    private static func updated(_ room: WaitingCall.Room) -> BusEvent {
        let waiting = WaitingCall(
            id: call,
            room: room,
            switchboard: switchboard.id,
            tenant: switchboard.tenant,
            callerName: "Carol",
            callerNumber: "1003",
            enteredAt: Date(timeIntervalSince1970: 1_795_888_800),
            deadline: nil
        )
        return BusEvents.callsUpdated(room, of: switchboard, calls: [waiting])
    }

    private static func answered(_ room: WaitingCall.Room) -> BusEvent {
        BusEvents.callAnswered(from: room, of: switchboard, call: call, operator: ChannelID("operator"))
    }

    private static let entries: [EventPage.Entry] = [
        .init(updated(.queue), when: "The queue has changed: all of its calls, oldest first."),
        .init(answered(.queue), when: "An operator talks with a caller of the queue."),
        .init(updated(.waitingRoom), when: "The held calls have changed: all of them, oldest first."),
        .init(answered(.waitingRoom), when: "An operator talks with a held caller again."),
    ]

    @Test("the page has every event of switchboards as it is")
    func page() throws {
        let samples = ["switchboard": Self.switchboard.id, "call": BusEvent.routingWord(Self.call.rawValue)]
        let part = EventPage.part("Switchboards", Self.entries, samples: samples)
        #expect(try EventPage().holds(part), "run this test with TANDEM_WRITE_DOCS=1")
    }
}
