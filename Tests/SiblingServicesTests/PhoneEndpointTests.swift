import Telephony
import Testing

@Suite("The endpoint in a channel's name")
struct PhoneEndpointTests {
    @Test(
        "is what stands between the technology and the last hyphen",
        arguments: [
            ("PJSIP/abc-00000012", "abc"),
            ("PJSIP/a-b-c-00000012", "a-b-c"),
            ("pjsip/k3f9q2-0000000a", "k3f9q2"),
            ("SIP/31702-00000001", "31702"),
            ("SCCP/31702-0", "31702"),
            ("Local/101@ctx-lumen-internal-01-00000003;2", "101@ctx-lumen-internal-01"),
            ("DAHDI/i1/5551234-1", "i1/5551234"),
            ("IAX2/trunk_1-7", "trunk_1"),
            ("Local/#8+|*_@default-0001;1", "#8+|*_@default"),
            ("PJSIP/né-01", "né"),
            ("AsyncGoto/PJSIP/abc-00000012", "abc"),
        ]
    )
    func found(channel: String, endpoint: String) {
        #expect(PhoneEndpoint(channelName: channel)?.rawValue == endpoint)
    }

    @Test(
        "is not there in the channel of no phone",
        arguments: [
            "", "PJSIP/", "PJSIP/-", "PJSIP/abc", "Announcer/ARI-00000001", "Message/ast_msg_queue",
            "CBAnn/1-00000001;2", "PJSIP/a b-00000001",
        ]
    )
    func missing(channel: String) {
        #expect(PhoneEndpoint(channelName: channel) == nil)
    }
}
