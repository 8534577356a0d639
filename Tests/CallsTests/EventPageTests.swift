import CallControl
import Core
import Events
import TandemTesting
import Telephony
import Testing

@testable import Calls

@Suite("Calls: docs/events.md")
struct EventPageTests {
    private static var call: Call {
        var channel = CallBench.bobs("1763924701.1", ["WAZO_ENTRY_EXTEN": "1002", "WAZO_LINE_ID": "12"])
        channel.variables["WAZO_ANSWER_TIME"] = "now"
        let peer = Call.Peer(ChannelRecord(CallBench.bobs("1763924701.2")))
        return Call(ChannelRecord(channel), bridges: [BridgeID("b")], peers: [peer])
    }

    /// A call of a trunk, of which least is known.
    private static var sparse: Call {
        let variables = ["WAZO_TENANT_UUID": CallBench.tenant.rawValue, "CHANNEL(channeltype)": "IAX2"]
        var channel = CallBench.channel("1763924701.3", variables.merging(["CHANNEL(linkedid)": ""]) { $1 })
        channel.place = nil
        return Call(ChannelRecord(channel))
    }

    private static let entries: [EventPage.Entry] = [
        .init(
            BusEvents.call(.created, call),
            sparse: BusEvents.call(.created, sparse),
            when: "A channel was made, and its tenant is known."
        ),
        .init(
            BusEvents.call(.updated, call),
            sparse: BusEvents.call(.updated, sparse),
            when: "Its state, the identity of the connected party, its bridge or its user changed, it was muted, or "
                + "its recording began or ended. On an answer it comes before `call_answered`."
        ),
        .init(BusEvents.call(.answered, call), sparse: BusEvents.call(.answered, sparse), when: "It was answered."),
        .init(
            BusEvents.ended(call, cause: 16, at: "now", isSwapped: true),
            sparse: BusEvents.ended(sparse, cause: 16, at: "now", isSwapped: true),
            when: "It has ended: `reason_code` is of Q.850, 0 when nobody knows. Caller and peer are the other "
                + "way round than in all other events, unless `calls.swap_ended_parties` is `false`."
        ),
        .init(BusEvents.hold(true, call), when: "Its phone holds it. An unknown user is the text `None`."),
        .init(BusEvents.hold(false, call), when: "Its phone has resumed it. An unknown user is the text `None`."),
        .init(BusEvents.tone("5", call), when: "A digit was received from it. An unknown user is the text `None`."),
        .init(
            BusEvents.missedCall(
                ["destination_user_uuid": CallBench.bob.rawValue],
                tenant: CallBench.tenant,
                resource: "call"
            ),
            when: "Somebody's call was not answered by the user."
        ),
    ]

    @Test("the page has every event of calls as it is")
    func page() throws {
        let part = EventPage.part(
            "Calls",
            Self.entries,
            samples: ["user": CallBench.bob.rawValue, "call": "1763924701.2"]
        )
        #expect(try EventPage().holds(part), "run this test with TANDEM_WRITE_DOCS=1")
    }

    @Test("an ended call's event has all members of a call, and its reason")
    func ended() {
        let members = Set((Self.entries[3].event.data.object ?? [:]).keys)
        #expect(members == Set(Self.call.members.keys).union(["reason_code"]))
    }
}
