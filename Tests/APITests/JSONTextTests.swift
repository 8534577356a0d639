import Core
import Foundation
import Testing

@testable import enum API.JSONText

@Suite("JSON bodies")
struct JSONTextTests {
    private func parse(_ text: String) -> JSONValue? { JSONText.parse(Array(text.utf8)) }

    @Test(
        "values of every kind",
        arguments: [
            ("null", .null), (" true\n", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12),
            ("1.5", .number(1.5)),
            ("1e3", .number(1_000)), ("-2.5E-1", .number(-0.25)), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("\"\"", ""),
            (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"),
            (#""\u00e9\ud83d\ude00é😀""#, "é😀é😀"), ("[]", []), ("[1 , [2],{}]", [1, [2], [:]]),
            (#"{"a":1,"b":{"c":[null]},"a":2}"#, ["a": 2, "b": ["c": [nil]]]), ("\t{ }\r\n", [:]),
        ] as [(String, JSONValue)]
    )
    func accepted(text: String, value: JSONValue) { #expect(parse(text) == value) }

    @Test(
        "what is not JSON",
        arguments: [
            "", " ", "nul", "tru", "True", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "\"",
            "\"\n\"",
            #""\x""#, #""\u12""#, #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, "[", "[1", "[1,", "[1,]", "[,]", "]",
            "{", "{\"a\"",
            "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{'a':1}", "1 2", "{}{}", "// x\n1",
            "\u{feff}1",
        ]
    )
    func refused(text: String) { #expect(parse(text) == nil) }

    @Test(
        "invalid UTF-8 is refused",
        arguments: [[0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0x5c, 0x6e, 0xed, 0xa0, 0x80, 0x22]] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) { #expect(JSONText.parse(bytes) == nil) }

    @Test("depth is bounded")
    func depth() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(parse(nested(JSONText.limits.depth)) != nil)
        #expect(parse(nested(JSONText.limits.depth + 1)) == nil)
        #expect(parse(String(repeating: "[{\"a\":", count: 1_000_000)) == nil)
    }

    @Test("the number of values and the length of a text are bounded, of keys too")
    func size() {
        let limits = JSONText.limits
        let numbers = String(repeating: ",0", count: limits.values - 2)
        #expect(parse("[0\(numbers)]") != nil)
        #expect(parse("[0\(numbers),0]") == nil)
        let long = String(repeating: "x", count: limits.text)
        #expect(parse("[\"\(long)\"]") != nil)
        #expect(parse("[\"\(long)x\"]") == nil)
        #expect(parse("{\"\(long)x\": 1}") == nil)
        let escaped = String(repeating: "\\n", count: limits.text / 2)
        #expect(parse("[\"\(escaped)\"]") != nil)
        #expect(parse("[\"\(escaped)xx\"]") == nil)
    }

    @Test("random documents read as Foundation reads them")
    func likeFoundation() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<3_000 {
            let value = RandomJSON.value(depth: 4, using: &random)
            let text = value.text
            #expect(parse(text) == value, "\(text)")
            #expect(try JSONValue(parsing: Data(text.utf8)) == value, "\(text)")
        }
    }
}
