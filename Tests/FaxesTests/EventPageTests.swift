import Core
import Events
import Foundation
import TandemTesting
import Testing

@testable import Faxes

@Suite("Faxes: docs/events.md")
struct EventPageTests {
    private static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    private static let user = UserID("20000000-0000-4000-8000-000000000001")
    private static let start = Date(timeIntervalSince1970: 1_795_888_800)

    private static func sent(_ notice: SentFax.Notice, user: UserID?, isSparse: Bool) -> BusEvent? {
        var fax = SentFax(
            id: "fax-1",
            tenant: tenant,
            request: SentFax.Request(
                context: "internal",
                exten: "1003",
                callerID: "fax <1002>",
                ivrExtension: isSparse ? nil : "12",
                waitTime: isSparse ? nil : 3,
                user: user
            ),
            limits: SentFax.Limits(retries: 0, pause: 60, keep: 60),
            createdAt: start
        )
        fax.report.error = "NO ANSWER"
        return fax.events(for: notice).last
    }

    private static func received(_ notice: ReceivedFax.Notice, user: UserID?, pages: Int?) -> BusEvent? {
        let arrival = FaxArrival(
            file: "/in/1.tif",
            destination: "5009",
            callerID: "Carol <1003>",
            pages: pages,
            remoteStationID: "station",
            tenant: tenant,
            user: user
        )
        let state = ReceivedFax.Delivery.State.failed(cause: "refused")
        let fax = ReceivedFax(
            id: "fax-2",
            arrival: arrival,
            receivedAt: start,
            deliveries: [ReceivedFax.Delivery(backend: "mail", attempts: 1, state: state)],
            phase: .delivering,
            revision: 1
        )
        return BusEvents.events(notice, of: fax).last
    }

    private static func outbound(_ notice: SentFax.Notice, when: String) -> [EventPage.Entry] {
        [
            .init(
                sent(notice, user: nil, isSparse: false),
                sparse: sent(notice, user: nil, isSparse: true),
                when: when
            ),
            .init(
                sent(notice, user: user, isSparse: false),
                sparse: sent(notice, user: user, isSparse: true),
                when: when + " Also for the user who sent it."
            ),
        ]
    }

    private static func inbound(_ notice: ReceivedFax.Notice, when: String) -> [EventPage.Entry] {
        [
            .init(received(notice, user: nil, pages: 2), sparse: received(notice, user: nil, pages: nil), when: when),
            .init(
                received(notice, user: user, pages: 2),
                sparse: received(notice, user: user, pages: nil),
                when: when + " Also for the user whose call it was."
            ),
        ]
    }

    private static let entries =
        outbound(.created, when: "A fax is being sent.")
        + outbound(.succeeded, when: "It has arrived.")
        + outbound(.failed, when: "It has not arrived, and is not tried again.")
        + inbound(.received, when: "A fax was received. Ours: the platform has no such event.")
        + inbound(.failed, when: "A received fax could not be delivered; its file is kept. Ours too.")

    @Test("the page has every event of faxes as it is")
    func page() throws {
        let part = EventPage.part(
            "Faxes",
            Self.entries,
            samples: ["user": Self.user.rawValue, "fax": "fax-1"]
        )
        #expect(try EventPage().holds(part), "run this test with TANDEM_WRITE_DOCS=1")
    }
}
