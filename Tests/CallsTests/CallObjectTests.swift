import CallControl
import Core
import Foundation
import Telephony
import Testing

@testable import Calls

@Suite("Call object")
struct CallObjectTests {
    private func json(_ variables: [String: String], name: String = "PJSIP/a-1", peers: [Channel] = []) -> JSONValue {
        var channel = CallBench.channel("1", variables)
        channel.name = name
        return Call(ChannelRecord(channel), peers: peers.map { Call.Peer(ChannelRecord($0)) }).json
    }

    @Test(
        "a field follows its variables",
        arguments: [
            ([:], "user_uuid", nil), (["WAZO_USERUUID": "u"], "user_uuid", "u"),
            (["WAZO_DEREFERENCED_USERUUID": "d"], "user_uuid", nil), ([:], "answer_time", nil),
            (["WAZO_ANSWER_TIME": "now"], "answer_time", "now"), (["XIVO_ON_HOLD": "1"], "on_hold", true),
            (["XIVO_ON_HOLD": "0"], "on_hold", false), ([:], "muted", false), (["WAZO_CALL_MUTED": "1"], "muted", true),
            (["WAZO_CALL_PARKED": "1"], "parked", true), ([:], "record_state", "inactive"),
            (["WAZO_CALL_RECORD_ACTIVE": "1"], "record_state", "active"),
            (["WAZO_CALL_RECORD_ACTIVE": "1", "WAZO_RECORDING_PAUSED": "1"], "record_state", "paused"),
            (["WAZO_CALL_RECORD_ACTIVE": "1", "WAZO_RECORDING_PAUSED": "0"], "record_state", "active"),
            ([:], "is_caller", false), (["WAZO_CHANNEL_DIRECTION": "to-wazo"], "is_caller", true),
            (["WAZO_CHANNEL_DIRECTION": "to-wazo", "WAZO_USER_OUTGOING_CALL": "false"], "is_caller", false),
            (["WAZO_USER_OUTGOING_CALL": "true"], "is_caller", true), ([:], "is_video", false),
            (["CHANNEL(videonativeformat)": "(vp8)"], "is_video", true), ([:], "dialed_extension", "s"),
            (["WAZO_ENTRY_EXTEN": "1002"], "dialed_extension", "1002"), ([:], "sip_call_id", "sip-1"),
            (["WAZO_SIP_CALL_ID": "x"], "sip_call_id", "x"), (["CHANNEL(channeltype)": "SCCP"], "sip_call_id", nil),
            ([:], "line_id", nil), (["WAZO_LINE_ID": "12"], "line_id", 12),
            (["WAZO_LINE_ID": "twelve"], "line_id", nil),
            ([:], "direction", "internal"), (["WAZO_CALL_DIRECTION": "inbound"], "direction", "inbound"),
            (["WAZO_CALL_DIRECTION": "outbound"], "direction", "outbound"),
            (["WAZO_CALL_DIRECTION": "inbound", "WAZO_CONVERSATION_DIRECTION": "internal"], "direction", "internal"),
            ([:], "conversation_id", "1"), ([:], "peer_caller_id_number", "s"), ([:], "hangup_time", nil),
        ] as [([String: String], String, JSONValue?)]
    )
    func field(_ variables: [String: String], _ name: String, _ value: JSONValue?) {
        #expect(json(variables)[name] == value ?? .null)
    }

    @Test("a Local channel belongs to the user for whom it stands")
    func local() {
        let variables = ["WAZO_USERUUID": "u", "WAZO_DEREFERENCED_USERUUID": "d"]
        #expect(json(variables, name: "Local/x@y-1;1")["user_uuid"] == "d")
        #expect(json(["WAZO_USERUUID": "u"], name: "Local/x@y-1;1")["user_uuid"] == .null)
    }

    @Test("a conversation that comes in and goes out has no known direction")
    func directions() {
        let peer = CallBench.channel("2", ["WAZO_CALL_DIRECTION": "outbound"])
        #expect(json([:], peers: [peer])["direction"] == "outbound")
        #expect(json(["WAZO_CALL_DIRECTION": "inbound"], peers: [peer])["direction"] == "unknown")
    }

    @Test("a snapshot without variables, place or times is a call all the same")
    func partial() {
        let call = Call(ChannelRecord(Channel(id: ChannelID("x/ü")))).json
        #expect(call["call_id"] == "x/ü")
        #expect(call["is_video"] == true, "as in the reference")
        #expect(call["dialed_extension"] == .null && call["peer_caller_id_number"] == .null)
        #expect(call["conversation_id"] == .null && call["talking_to"] == [:])
    }

    @Test("the end swaps caller and peer, unless it is told not to, and knows no bridges any more")
    func ended() {
        var channel = CallBench.bobs("1", ["WAZO_CHANNEL_DIRECTION": "to-wazo", "XIVO_ON_HOLD": "1"])
        channel.connectedNumber = "999"
        let call = Call(ChannelRecord(channel), bridges: [BridgeID("b")])
        let ended = call.endedMembers(cause: 17, at: "then")
        #expect(ended["reason_code"] == 17 && ended["hangup_time"] == "then")
        #expect(ended["caller_id_number"] == "999" && ended["peer_caller_id_number"] == "101")
        #expect(ended["bridges"] == [] && ended["on_hold"] == false && ended["is_caller"] == true)
        #expect(ended["dialed_extension"] == .null, "the dialplan's extension does not count there")
        #expect(call.endedMembers(cause: 17, at: "then", isSwapped: false)["caller_id_number"] == "101")
    }

    @Test(
        "moments are local time with microseconds and an offset",
        arguments: [
            (0, 0.0, "1970-01-01T00:00:00.000000+00:00"), (3_600, 1_700_000_000.25, "2023-11-14T23:13:20.250000+01:00"),
            (-12_600, 1_700_000_000.5, "2023-11-14T18:43:20.500000-03:30"),
        ]
    )
    func moments(_ offset: Int, _ seconds: Double, _ text: String) throws {
        let zone = try #require(TimeZone(secondsFromGMT: offset))
        #expect(CallMoment.text(Date(timeIntervalSince1970: seconds), zone: zone) == text)
    }
}
