import Foundation
import Telephony
import Testing

@testable import ARI

@Suite("Stasis events are read whole")
struct ARIEventScanningTests {
    /// As Asterisk 22 sends it, blanks and escapes added.
    private static let event = #"""
        {"variable":"x","type":"StasisStart","timestamp":"2026-11-23T19:12:15.250+0100", "args":["switchboard","a\"b"],
         "replace_channel":null,"cause":16,
         "channel":{"id":"1.17","name":"Local\/400@lab-0;1","state":"Up","protocol_id":"",
           "caller":{"name":"Zo\u00e9 \"x\"","number":"555"},"connected":{"name":"no","number":"no"},
           "dialplan":{"context":"lab","priority":1,"app_name":"Stasis","app_data":"lab,\"in\""},
           "creationtime":"2026-11-23T19:12:15.000+0100","channelvars":{"CHANNEL(linkedid)":"1.17","DB(\"k\")":"ü\n"}},
         "bridge":{"technology":"simple","id":"b1","bridge_type":"mixing","bridge_class":"stasis","channels":["1.17"]},
         "asterisk_id":"00:00","application":"lab"}
        """#

    @Test("every member that we keep comes as Foundation's decoder reads it")
    func agrees() throws {
        struct Decoded: Decodable {
            var channel: ARIChannel
            var bridge: ARIBridge
        }
        let data = Data(Self.event.utf8)
        let decoded = try JSONDecoder().decode(Decoded.self, from: data)
        let event = try ARIEvent(scanning: data)
        #expect(event.channel?.value == decoded.channel.value)
        #expect(event.bridge?.value == decoded.bridge.value)
        #expect(event.channel?.value.variables == ["CHANNEL(linkedid)": "1.17", #"DB("k")"#: "ü\n"])
        #expect(event.channel?.value.createdAt != nil)
        #expect(event.args == ["switchboard", #"a"b"#])
        #expect(event.cause == 16)
        #expect(event.value.application == "lab")
        #expect(event.value.timestamp == ARITimestamp.date("2026-11-23T18:12:15.250+0000"))
        guard case .stasisStart(_, let arguments, nil) = event.value.kind else {
            Issue.record("\(event.value.kind)")
            return
        }
        #expect(arguments.count == 2)
    }

    @Test(
        "what is not as ARI says is refused",
        arguments: [
            #"{"type":"StasisEnd","channel":{"name":"no id"}}"#, #"{"type":"StasisEnd","channel":"1.1"}"#,
            #"{"type":"StasisEnd","channel":{"id":"1.1","channelvars":{"A":1}}}"#, #"{"type":1}"#,
            #"{"type":"ChannelDestroyed","cause":"16"}"#, #"{"type":"StasisEnd"} {"#, #"{"type":"StasisEnd""#, "[]", "",
        ]
    )
    func refuses(_ text: String) {
        #expect(throws: JSONScanner.Malformed.self) { try ARIEvent(scanning: Data(text.utf8)) }
    }
}
