import Core
import Events
import Foundation
import TandemTesting
import Telephony
import Testing

@testable import AdhocConferences

@Suite("Ad hoc conferences: docs/events.md")
struct EventPageTests {
    private static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    private static let user = UserID("20000000-0000-4000-8000-000000000001")
    private static let call = ChannelID("1763924701.1")
    private static let conference = AdhocConference(
        id: "50000000-0000-4000-8000-000000000001",
        tenant: tenant,
        hostUser: user,
        host: call,
        peer: ChannelID("1763924701.2"),
        members: [],
        dueAt: Date(timeIntervalSince1970: 1_795_888_800)
    )

    private static let entries: [EventPage.Entry] = [
        .init(BusEvents.created(conference), when: "The host is in his conference; only he is told."),
        .init(
            BusEvents.joined(call, tenant, of: conference, to: user),
            when: "A call has joined: one event for each user who has a call in the conference."
        ),
        .init(
            BusEvents.left(call, tenant, of: conference, to: user),
            when: "A call has left: one event for each user who has a call in the conference."
        ),
        .init(BusEvents.deleted(conference), when: "The conference is over; only the host is told."),
    ]

    @Test("the page has every event of ad hoc conferences as it is")
    func page() throws {
        let part = EventPage.part("Ad hoc conferences", Self.entries, samples: ["user": Self.user.rawValue])
        #expect(try EventPage().holds(part), "run this test with TANDEM_WRITE_DOCS=1")
    }
}
