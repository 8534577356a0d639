import Core
import Directory
import Events
import TandemTesting
import Testing

@testable import Voicemails

@Suite("Voicemails: docs/events.md")
struct EventPageTests {
    private static let user = UserID("20000000-0000-4000-8000-000000000001")

    private static func box(_ access: VoicemailRecord.Access) -> VoicemailRecord {
        VoicemailRecord(
            id: 1,
            tenant: TenantID("10000000-0000-4000-8000-000000000001"),
            name: "Alice",
            number: "1001",
            context: "default",
            access: access,
            users: access == .personal ? [user] : []
        )
    }

    /// - Parameter caller: `nil`: as much as nothing is known of the message.
    private static func message(_ change: VoicemailEvents.Change, _ access: VoicemailRecord.Access, caller: String?)
        -> BusEvent?
    {
        let message = VoicemailMessage(
            id: "1763924701-00000001",
            callerName: caller,
            callerNumber: caller,
            duration: 5,
            timestamp: 1_763_924_701,
            folder: .inbox
        )
        var difference = SeenBox.Difference()
        switch change {
        case .created: difference.created = [message]
        case .updated: difference.updated = [message]
        case .deleted: difference.deleted = [message]
        }
        return VoicemailEvents.events(of: difference, in: box(access)).first
    }

    private static func transcription(_ name: String, _ access: VoicemailRecord.Access, isSparse: Bool = false)
        -> BusEvent?
    {
        let data: JSONValue = [
            "voicemail_id": 1, "message_id": "1763924701-00000001", "transcription_text": "hello",
            "provider_id": "provider", "language": "en", "duration": 5, "created_at": "2026-11-28T16:00:00+00:00",
        ]
        return VoicemailEvents.events(ofTranscription: name, isSparse ? [:] : data, in: box(access)).first
    }

    private static func entries(_ access: VoicemailRecord.Access) -> [EventPage.Entry] {
        func messages(_ change: VoicemailEvents.Change, when: String) -> EventPage.Entry {
            .init(message(change, access, caller: "1003"), sparse: message(change, access, caller: nil), when: when)
        }
        let box = access == .personal ? "a personal box; one event for each of its users" : "a box of the whole tenant"
        let transcriptions = VoicemailEvents.transcriptions.map { name in
            EventPage.Entry(
                transcription(name, access),
                sparse: transcription(name, access, isSparse: true),
                when: name.hasSuffix("created")
                    ? "wazo-call-logd has written down a message of \(box). Members that it left out are null."
                    : "wazo-call-logd has removed the text of a message of \(box). Members that it left out are null."
            )
        }
        return [
            messages(.created, when: "A message was left in \(box)."),
            messages(.updated, when: "A message was moved to another folder of \(box)."),
            messages(.deleted, when: "A message was removed from \(box)."),
        ] + transcriptions
    }

    @Test("the page has every event of voicemails as it is")
    func page() throws {
        let part = EventPage.part(
            "Voicemails",
            Self.entries(.personal) + Self.entries(.global),
            samples: ["user": Self.user.rawValue]
        )
        #expect(try EventPage().holds(part), "run this test with TANDEM_WRITE_DOCS=1")
    }
}
