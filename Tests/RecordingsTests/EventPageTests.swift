import Core
import Events
import TandemTesting
import Telephony
import Testing

@testable import Recordings

@Suite("Recordings: docs/events.md")
struct EventPageTests {
    private static let user = UserID("20000000-0000-4000-8000-000000000001")

    private static func event(_ notice: Recording.Notice) -> BusEvent {
        let owner = RecordedCalls.Owner(tenant: TenantID("10000000-0000-4000-8000-000000000001"), user: user)
        return BusEvents.recording(notice, call: ChannelID("1763924701.1"), of: owner)
    }

    private static let entries: [EventPage.Entry] = [
        .init(event(.started), when: "Asterisk records the call, whoever asked for it."),
        .init(event(.paused), when: "Asterisk records it no more for a while."),
        .init(event(.resumed), when: "Asterisk records it again, in the same file."),
        .init(event(.stopped), when: "The recording has ended: it was stopped, or the call has ended."),
    ]

    @Test("the page has every event of recordings as it is")
    func page() throws {
        let part = EventPage.part("Recordings", Self.entries, samples: ["user": Self.user.rawValue])
        #expect(try EventPage().holds(part))
    }
}
