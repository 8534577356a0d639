import Core
import Events
import Foundation
import TandemTesting
import Telephony
import Testing

@testable import Relocates

@Suite("Relocates: docs/events.md")
struct EventPageTests {
    private static func relocate(isInitiated: Bool) -> Relocate {
        Relocate(
            id: "40000000-0000-4000-8000-000000000001",
            tenant: RelocateBench.tenant,
            user: RelocateBench.alice,
            initiator: RelocateBench.initiator,
            relocated: RelocateBench.relocated,
            recipient: ChannelID("1.3"),
            device: Relocate.Device(endpoint: "PJSIP/alice", variables: [:]),
            completions: [.answer, .api],
            timeout: 30,
            createdAt: Date(timeIntervalSince1970: 1_795_888_800),
            isInitiated: isInitiated
        )
    }

    private static func entry(_ notice: Relocate.Notice) -> EventPage.Entry {
        let when =
            switch notice {
            case .initiated: "The user's other device is being called."
            case .answered: "It has answered."
            case .completed: "The other party talks with it."
            case .ended: "The relocate is over; always the last."
            }
        let sparse = notice == .ended ? relocate(isInitiated: false) : relocate(isInitiated: true)
        return .init(relocate(isInitiated: true).event(for: notice), sparse: sparse.event(for: notice), when: when)
    }

    @Test("the page has every event of relocates as it is")
    func page() throws {
        let part = EventPage.part(
            "Relocates",
            Relocate.Notice.allCases.map(Self.entry),
            samples: ["user": RelocateBench.alice.rawValue]
        )
        #expect(try EventPage().holds(part), "run this test with TANDEM_WRITE_DOCS=1")
    }
}
