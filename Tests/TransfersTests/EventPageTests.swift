import Core
import Events
import TandemTesting
import Telephony
import Testing

@testable import Transfers

@Suite("Transfers: docs/events.md")
struct EventPageTests {
    private static let answered = transfer(.answered, progress: .answered)
    /// Nobody has called the recipient yet.
    private static let uncalled = transfer(.capturing)

    private static let notices: [Transfer.Notice] = [
        .created(.starting), .updated(.ringback), .answered(.answered), .cancelled(.answered), .completed(.answered),
        .abandoned(.abandoned), .ended,
    ]

    private static func entry(_ notice: Transfer.Notice) -> EventPage.Entry {
        let when =
            switch notice {
            case .created: "A transfer has begun."
            case .updated: "The recipient is being called."
            case .answered: "The recipient has answered the initiator."
            case .cancelled: "The transferred party goes back to the initiator; `status` is that of before."
            case .completed: "The transferred party is handed to the recipient; `status` tells whether he has answered."
            case .abandoned: "The transferred party has hung up; initiator and recipient go on."
            case .ended: "It is over; always the last."
            }
        return .init(answered.event(of: notice), sparse: uncalled.event(of: notice), when: when)
    }

    @Test("the page has every event of transfers as it is")
    func page() throws {
        let part = EventPage.part("Transfers", Self.notices.map(Self.entry), samples: ["user": "u1"])
        #expect(try EventPage().holds(part), "run this test with TANDEM_WRITE_DOCS=1")
    }
}
