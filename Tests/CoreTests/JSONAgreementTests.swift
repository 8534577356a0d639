import Core
import Foundation
import TandemTesting
import Testing

@Suite("JSON parser beside Foundation's")
struct JSONAgreementTests {
    private static let seeds = [
        #"{"a":[1,-2.50e1,true],"b":"\u00e9\n"}"#, #"[null,{"k":{"k":"x\\"}},"\ud83d\ude00é"]"#, "-120.5E-2",
        #" { "id" : "1.1" , "n" : 12345678901234567890 } "#, #""\"\/\b\f""#, "[0,10,[[],{}],false]",
    ].map { Array($0.utf8) }
    private static let tokens = Array("{}[],:\"\\u0e-1.5+Etruefalsnl \n\t\u{1}é".utf8)

    /// Where Foundation is known to be of another opinion: it looks at the first bytes for other encodings and for
    /// a byte order mark, and takes a fraction of zeros for an integer.
    private static func agree(_ ours: JSONValue?, _ theirs: JSONValue?) -> Bool {
        switch (ours, theirs) {
        case (.number(let ours), .integer(let theirs)): ours == Double(theirs)
        case (.array(let ours), .array(let theirs)):
            ours.count == theirs.count && zip(ours, theirs).allSatisfy { agree($0, $1) }
        case (.object(let ours), .object(let theirs)):
            ours.count == theirs.count && ours.allSatisfy { agree($1, theirs[$0]) }
        default: ours == theirs
        }
    }

    @Test("120,000 mutated inputs are accepted or refused alike, and mean the same")
    func agreement() {
        var random = SeededGenerator(seed: 8_259)
        var accepted = 0
        var differences: [String] = []
        for round in 0..<120_000 {
            let data = Data(random.mutation(of: Self.seeds, tokens: Self.tokens, round: round))
            if let first = data.first, first >= 0x80 { continue }
            let ours = try? JSONValue(parsing: data)
            let theirs = try? JSONDecoder().decode(JSONValue.self, from: data)
            if ours != nil { accepted += 1 }
            if !Self.agree(ours, theirs) {
                differences.append(
                    "\(String(decoding: data, as: UTF8.self).debugDescription): \(ours as Any) \(theirs as Any)"
                )
            }
        }
        #expect(differences.isEmpty, "\(differences.count), for instance \(differences.prefix(8))")
        #expect(accepted > 5_000)
    }

    @Test("a body of 750 KB is read in a part of Foundation's time")
    func figures() throws {
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
        best.foundation = try clock.measure { _ = try JSONDecoder().decode(JSONValue.self, from: data) }
        let perByte = { (duration: Duration) in duration / .nanoseconds(1) / Double(data.count) }
        print("JSON, \(data.count) bytes: \(perByte(best.ours)) ns/byte, decoder \(perByte(best.foundation)) ns/byte")
        #expect(best.ours < best.foundation)
    }
}
