import Telephony
import Testing

@Suite("The way through the dialplan into a Stasis application")
struct StasisEntranceTests {
    private let call = Origination(
        channel: ChannelID("c-1"),
        endpoint: "PJSIP/alice",
        application: "callcontrol",
        arguments: ["transfer", "transfer_recipient_called", "t-1"],
        timeout: 20,
        variables: ["X": "1"]
    )

    @Test("a dialplan without it: Asterisk is asked for the application")
    func without() { #expect(StasisEntrance().leading(call) == call) }

    @Test("a dialplan with it: the place reads application and arguments, nothing else changes")
    func with() {
        let entrance = StasisEntrance()
        entrance.lead(["callcontrol"])
        var expected = call
        expected.destination = .dialplan(StasisEntrance.place)
        expected.variables["TANDEM_APPLICATION"] = "callcontrol"
        expected.variables["TANDEM_ARGUMENTS"] = "transfer,transfer_recipient_called,t-1"
        #expect(entrance.leading(call) == expected)
        #expect(entrance.leading(expected) == expected, "a call to the dialplan goes where it is meant to")
        entrance.lead(["wazo-app-1"])
        #expect(entrance.leading(call) == call, "another application's")
        entrance.lead([])
        #expect(entrance.leading(call) == call)
    }
}
