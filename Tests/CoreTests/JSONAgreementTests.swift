import Core
import Foundation
import TandemTesting
import Testing

@Suite("JSON parser beside Foundation's")
struct JSONAgreementTests {
    private static let seeds = [
        #"{"a":[1,-2.50e1,true],"b":"\u00e9\n"}"#, #"[null,{"k":{"l":"x\\"}},"\ud83d\ude00é"]"#, "-120.5E-2",
        #" { "id" : "1.1" , "n" : 12345678901234567890 } "#, #""\"\/\b\f""#, "[0,10,[[],{}],false]",
    ].map { Array($0.utf8) }
    private static let tokens = Array("{}[],:\"\\u0e-1.5+Etruefalsnl \n\t\u{1}é".utf8)

    /// Foundation takes a fraction that a double cannot show for an integer.
    private static func agree(_ ours: JSONValue?, _ theirs: JSONValue?) -> Bool {
        switch (ours, theirs) {
        case (.number(let ours), .integer(let theirs)): abs(ours - Double(theirs)) <= ours.ulp
        case (.array(let ours), .array(let theirs)):
            ours.count == theirs.count && zip(ours, theirs).allSatisfy { agree($0, $1) }
        case (.object(let ours), .object(let theirs)):
            ours.count == theirs.count && ours.allSatisfy { agree($1, theirs[$0]) }
        default: ours == theirs
        }
    }

    /// Where Foundation is laxer than RFC 8259 or of another choice: it takes a comma before a closing bracket, and
    /// of equal keys the first.
    private static func isKnownDifference(_ data: Data) -> Bool {
        let text = String(decoding: data, as: UTF8.self)
        if text.contains(/,[ \n\t]*[\]}]/) { return true }
        let keys = text.matches(of: /"((?:[^"\\]|\\.)*)"[ \n\t]*:/).map(\.output.1)
        return Set(keys).count < keys.count
    }

    @Test("120,000 mutated inputs are accepted or refused alike, and mean the same")
    func agreement() async {
        var random = SeededGenerator(seed: 8_259)
        var compared = 0
        var accepted = 0
        var known = 0
        var differences: [String] = []
        while compared < 120_000 {
            let data = Data(random.mutation(of: Self.seeds, tokens: Self.tokens, round: compared))
            // Foundation looks at the first bytes for other encodings and for a byte order mark.
            if let first = data.first, first >= 0x80 { continue }
            compared += 1
            // Other tests want the thread too.
            if compared % 100 == 0 { await Task.yield() }
            let ours = try? JSONValue(parsing: data)
            let theirs = try? JSONDecoder().decode(JSONValue.self, from: data)
            if ours != nil { accepted += 1 }
            if Self.agree(ours, theirs) { continue }
            if Self.isKnownDifference(data) {
                known += 1
            } else {
                differences.append(String(decoding: data, as: UTF8.self))
            }
        }
        #expect(differences.isEmpty, "\(differences.count), for instance \(differences.prefix(8))")
        #expect(accepted > 5_000)
        #expect(known < 1_000)
        print("JSON: \(compared) compared, \(accepted) accepted, \(known) known differences")
    }

    @Test("a body of 750 KB is read in a part of Foundation's time")
    func figures() async throws {
        let channel: JSONValue = [
            "id": "1763899200.123", "name": "PJSIP/alice-00000001", "state": "Up", "protocol_id": "a\"b",
            "caller": ["name": "Alice É", "number": "1001"], "connected": ["name": "", "number": ""],
            "dialplan": ["context": "default", "exten": "1002", "priority": 3, "app_name": "Stasis"],
            "channelvars": ["CHANNEL(linkedid)": "1763899200.123", "WAZO_TENANT_UUID": "", "WAZO_USERUUID": ""],
        ]
        let data = Data(JSONValue.array(Array(repeating: channel, count: 1_900)).text.utf8)
        let clock = ContinuousClock()
        var best: (ours: Duration, foundation: Duration) = (.seconds(60), .seconds(60))
        for _ in 0..<3 {
            var value = JSONValue.null
            best.ours = min(best.ours, try clock.measure { value = try JSONValue(parsing: data) })
            #expect(value.array?.count == 1_900)
        }
        await Task.yield()
        // A part is enough, at what it takes without optimisation.
        let part = Data(JSONValue.array(Array(repeating: channel, count: 190)).text.utf8)
        best.foundation = try clock.measure { _ = try JSONDecoder().decode(JSONValue.self, from: part) } * 10
        let perByte = { (duration: Duration) in duration / .nanoseconds(1) / Double(data.count) }
        print("JSON, \(data.count) bytes: \(perByte(best.ours)) ns/byte, decoder \(perByte(best.foundation)) ns/byte")
        #expect(best.ours < best.foundation)
    }
}
