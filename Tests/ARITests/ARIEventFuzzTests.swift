import Foundation
import TandemTesting
import Telephony
import Testing

@testable import ARI

@Suite("Events at random")
struct ARIEventFuzzTests {
    @Test("100,000 random and mutated events: read or refused, no crash, no hang; head and event agree on the type")
    func fuzz() async throws {
        let seeds = [
            #"{"type":"StasisStart","timestamp":"2026-11-23T13:00:00.250+0000","args":["a"],"channel":{"id":"1.1","name":"PJSIP/x","state":"Up","caller":{"name":"A","number":"1"},"connected":{"name":"","number":""},"dialplan":{"context":"c","exten":"s","priority":1,"app_name":"Stasis","app_data":"cc"},"channelvars":{"X":"y"},"creationtime":"2026-11-23T13:00:00.250+0000","language":"en"},"application":"cc"}"#,
            #"{"type":"ChannelDestroyed","cause":16,"cause_txt":"Normal","timestamp":"2026-11-23T13:00:00.250+0000","channel":{"id":"1.1","name":"x"},"application":"cc"}"#,
            #"{"type":"ChannelLeftBridge","timestamp":"x","bridge":{"id":"b","bridge_type":"mixing","channels":["1.1"]},"channel":{"id":"1.1"},"application":"cc"}"#,
            #"{"type":"PlaybackFinished","playback":{"id":"p","media_uri":"sound:x","target_uri":"channel:1.1","state":"done"},"application":"cc"}"#,
            #"{"type":"Dial","peer":{"id":"2.2","name":"y"},"dialstatus":"RINGING","dialstring":"y","application":"cc"}"#,
        ].map { Array($0.utf8) }
        let tokens = Array("{}[],:\"\\u0e-1.5truefalsnl \n\u{0}".utf8)
        var random = SeededGenerator(seed: 7)
        var (read, refused) = (0, 0)
        for round in 0..<100_000 {
            // Other tests share these threads.
            if round % 100 == 0 { await Task.yield() }
            let bytes = random.mutation(of: seeds, tokens: tokens, round: round)
            let data = Data(bytes)
            guard let event = try? AsteriskEvent(ari: data) else {
                refused += 1
                continue
            }
            read += 1
            if let head = try? EventHead(scanning: data), head.application != event.application {
                Issue.record("\(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(read > 500 && refused > 500, "\(read) read, \(refused) refused")
    }
}
