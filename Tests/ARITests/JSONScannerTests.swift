import Foundation
import TandemTesting
import Telephony
import Testing

@testable import ARI

@Suite("Heads of events")
struct JSONScannerTests {
    private func head(_ text: String) throws -> EventHead { try EventHead(scanning: Data(text.utf8)) }

    @Test("type, application, ids and arguments are found among everything else")
    func head() throws {
        let text = """
            { "args" : ["switchboard", "a\\u00e9\\n\\"b\\"", ""], "x": [1, {"type": "no"}, "]}"], "type":"StasisStart",
            "channel": {"name": "PJSIP/x\\\\", "caller": {"id": "wrong"}, "id": "1.1"}, "asterisk_id": null,
            "replace_channel": {"id": "2.2"}, "bridge":null, "playback":{"media_uri":"x","id":"p"},"application":"cc"}
            """
        #expect(
            try head(text)
                == EventHead(
                    type: "StasisStart",
                    application: "cc",
                    channel: ChannelID("1.1"),
                    playback: PlaybackID("p"),
                    arguments: ["switchboard", "aé\n\"b\"", ""],
                    replaced: ChannelID("2.2")
                )
        )
    }

    @Test("surrogate pairs and every escape come out as JSON means them")
    func escapes() throws {
        #expect(try head(#"{"type":"\u0041\ud83d\ude00\/\b\f\r\t"}"#).type == "A😀/\u{8}\u{c}\r\t")
    }

    @Test(
        "what is no object with a type is unreadable",
        arguments: [
            "", "[]", "{", "{}", "null", #"{"type":1}"#, #"{"type":"x""#, #"{"type":"x",}"#, #"{"type" "x"}"#,
            #"{"a":}"#, #"{"channel":{"id":"1","type":"x"}"#, #"{"type":"\u12"}"#, #"{"type":"\q"}"#, "{\"type\":\"x\\",
        ]
    )
    func unreadable(text: String) {
        #expect(throws: EventHead.Unreadable.self) { try head(text) }
    }

    @Test("an event within a bus message is taken out as it is")
    func wrapped() {
        let payload = Data(#"{"name":"X","data": {"type":"X","a":["}"]} ,"application":"cc"}"#.utf8)
        #expect(ARIBusFeed.event(in: payload) == Data(#"{"type":"X","a":["}"]}"#.utf8))
        #expect(ARIBusFeed.event(in: Data(#"{"data":"text"}"#.utf8)) == nil)
        #expect(ARIBusFeed.event(in: Data(#"{"data":{"#.utf8)) == nil)
        #expect(ARIBusFeed.event(in: Data()) == nil)
    }

    @Test("120,000 random and mutated inputs: no crash, no hang, and valid events are read like a decoder does")
    func fuzz() async throws {
        let seeds = [
            #"{"type":"StasisStart","timestamp":"2026-11-23T13:00:00.250+0000","args":["a","b"],"channel":{"id":"1.1","name":"PJSIP/x","caller":{"name":"\u00e9","number":"1"}},"asterisk_id":"x","application":"cc"}"#,
            #"{"type":"ChannelLeftBridge","bridge":{"id":"b","channels":["1","2"]},"channel":{"id":"1.1"},"application":"cc"}"#,
            #"{"name":"X","application":"cc","data":{"type":"Dial","peer":{"id":"3"},"dialstatus":""}}"#,
        ].map { Array($0.utf8) }
        var random = SeededGenerator(seed: 22)
        let tokens = Array("{}[],:\"\\u0e-1.5truefalsnl \n\u{0}".utf8)
        var read = 0
        for round in 0..<120_000 {
            // Other tests share these threads.
            if round % 100 == 0 { await Task.yield() }
            let bytes = random.mutation(of: seeds, tokens: tokens, round: round)
            let data = Data(bytes)
            let head = try? EventHead(scanning: data)
            _ = ARIBusFeed.event(in: data)
            // What a decoder accepts is read to the same type; the scanner may accept more, never less.
            struct Typed: Decodable { var type: String }
            if round / seeds.count % 8 == 1,
                let typed = try? JSONDecoder().decode(Typed.self, from: data), !typed.type.isEmpty,
                let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                object["args"] == nil || object["args"] is [String],
                object["application"] == nil || object["application"] is String
            {
                read += 1
                if let head, head.type != typed.type { Issue.record("\(String(decoding: bytes, as: UTF8.self))") }
            }
        }
        #expect(read > 1_000)
    }
}
