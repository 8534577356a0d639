import NIOCore
import TandemTesting
import Testing

@testable import FastAGI

/// Asterisk's side of the wire, at random: whatever comes, the parsers answer or refuse, and how the bytes are cut
/// into segments changes nothing.
@Suite("FastAGI wire at random")
struct WireFuzzTests {
    private static let seeds: [[UInt8]] = [
        "agi_network: yes\nagi_request: agi://127.0.0.1/x\nagi_channel: PJSIP/a-1\nagi_arg_1: \n\n200 result=1 (a b)\n",
        "agi_uniqueid: 1.1\n\n520-Invalid command syntax.  Proper usage follows:\nUsage: X\n520 End of proper usage.\n",
        "200 result=-1 (hangup) endpos=0\nHANGUP\n511 Command Not Permitted on a dead channel\n",
        "200 result=1 (multi\nline) \n100-result=0\n510 Invalid or unknown command\n",
    ].map { Array($0.utf8) }
    private static let tokens = Array("2051-= ()\nHANGUPresult:agi_\r\u{0}\u{7f}é".utf8)

    /// What the parsers make of a stream that comes in these segments.
    private func outcome(_ segments: [ArraySlice<UInt8>]) -> String {
        var reader = LineReader()
        var environment = AGIEnvironmentParser()
        var replies = AGIReplyParser()
        replies.expectReply(toExec: false)
        var told = ""
        var isEnvironmentRead = false
        do {
            for segment in segments {
                var buffer = ByteBuffer(bytes: segment)
                reader.append(&buffer)
                while let line = try reader.next(atMost: 60) {
                    if isEnvironmentRead {
                        let event = try replies.receive(line)
                        told += "\(event);"
                        if case .reply = event { replies.expectReply(toExec: told.count % 2 == 0) }
                    } else if let read = try environment.receive(line) {
                        isEnvironmentRead = true
                        told += "environment \(read.hashValue);"
                    }
                }
            }
        } catch {
            told += "refused \(error)"
        }
        return told
    }

    @Test("100,000 random and mutated streams, whole and in pieces: no crash, no hang, the same outcome")
    func fuzz() async {
        var random = SeededGenerator(seed: 40)
        var refused = 0
        for round in 0..<100_000 {
            // Other tests share these threads.
            if round % 100 == 0 { await Task.yield() }
            let bytes = random.mutation(of: Self.seeds, tokens: Self.tokens, round: round)
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int.random(in: 1...30, using: &random))
                pieces.append(bytes[start..<end])
                start = end
            }
            let whole = outcome([bytes[...]])
            if whole.contains("refused") { refused += 1 }
            // A line that is too long is refused before it is whole, which a stream in one piece shows as well.
            if round % 5 == 0, outcome(pieces) != whole {
                let text = String(decoding: bytes, as: UTF8.self).debugDescription
                Issue.record("\(text): whole \(whole), in pieces \(outcome(pieces))")
                return
            }
        }
        #expect((1_000..<99_000).contains(refused), "both outcomes are met: \(refused) refused")
    }
}
