import Core
import Foundation
import TandemTesting
import Testing

@Suite("JSON parser")
struct JSONParserTests {
    private static func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Data(text.utf8)) }

    @Test(
        "every kind of value is read",
        arguments: [
            ("null", .null), (" true\n", .bool(true)), ("\t\r\nfalse ", .bool(false)), ("[]", []), ("{}", [:]),
            (#"[ 1 , [ ] , { "a" : { } } ]"#, [1, [], ["a": [:]]]), (#""""#, ""), (#"{"":0}"#, ["": 0]),
            (#"{"a":1,"b":2,"a":3}"#, ["a": 3, "b": 2]),
        ] as [(String, JSONValue)]
    )
    func values(text: String, value: JSONValue) throws {
        #expect(try Self.parse(text) == value)
    }

    @Test(
        "integers stay integers while they fit, other numbers are doubles",
        arguments: [
            ("0", .integer(0)), ("-0", .integer(0)), ("42", .integer(42)), ("-17", .integer(-17)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
            ("123456789012345678901234567890", .number(1.2345678901234568e29)),
            ("1.0", .number(1)), ("0.5", .number(0.5)), ("-1.25e+2", .number(-125)), ("1E3", .number(1_000)),
            ("0e0", .number(0)), ("1e-400", .number(0)), ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
        ] as [(String, JSONValue)]
    )
    func numbers(text: String, value: JSONValue) throws {
        #expect(try Self.parse(text) == value)
        #expect(try Self.parse("[\(text)]") == [value])
    }

    @Test(
        "escapes come out as JSON means them",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""x\ud83d\ude00y""#, "x😀y"), (#""\u0000""#, "\u{0}"), (#""é\u0301😀""#, "é\u{301}😀"),
            ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"), (#""\uFFFF\uE000""#, "\u{FFFF}\u{E000}"),
        ]
    )
    func strings(text: String, value: String) throws {
        let read = try #require(try Self.parse(text).string)
        // Scalars: equality of strings would hide a composition.
        #expect(Array(read.unicodeScalars) == Array(value.unicodeScalars))
    }

    @Test(
        "what is no JSON is told with its place",
        arguments: [
            ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("nul", .unexpectedEnd, 3),
            ("nulL", .unexpectedByte, 3),
            ("True", .unexpectedByte, 0), ("[1,]", .unexpectedByte, 3), ("[1 2]", .unexpectedByte, 3),
            ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2), (#"{"a"}"#, .unexpectedByte, 4),
            (#"{"a":}"#, .unexpectedByte, 5), (#"{"a":1,}"#, .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1),
            (#"{"a":1"#, .unexpectedEnd, 6), ("[1}", .unexpectedByte, 2), ("1 2", .trailingBytes, 2),
            ("{} x", .trailingBytes, 3), ("null\u{0}", .trailingBytes, 4), ("\u{FEFF}1", .unexpectedByte, 0),
            ("\u{B}1", .unexpectedByte, 0), ("/**/1", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0),
            ("01", .malformedNumber, 0), ("[-012]", .malformedNumber, 1), ("-", .unexpectedEnd, 1),
            ("-x", .malformedNumber, 1), ("1.", .unexpectedEnd, 2), ("[1.]", .malformedNumber, 3),
            ("1e", .unexpectedEnd, 2), ("1e+ ", .malformedNumber, 3), (".5", .unexpectedByte, 0),
            ("+1", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0),
            ("0x10", .trailingBytes, 1), ("1e999", .numberOutOfRange, 0), ("\"abc", .unexpectedEnd, 4),
            ("\"a\nb\"", .controlCharacter, 2), (#""\x""#, .unknownEscape, 1), (#""a\"#, .unexpectedEnd, 3),
            (#""\u12"#, .unexpectedEnd, 5), (#""\u12g4""#, .unknownEscape, 5), (#""\ud83d""#, .loneSurrogate, 1),
            (#""\ude00""#, .loneSurrogate, 1), (#""a\ud83d\u0041""#, .loneSurrogate, 2),
            (#""\ud83d\n""#, .loneSurrogate, 1), (#"{"\ud83d":1}"#, .loneSurrogate, 2),
        ] as [(String, JSONSyntaxError.Reason, Int)]
    )
    func faults(text: String, reason: JSONSyntaxError.Reason, offset: Int) {
        #expect(throws: JSONSyntaxError(reason, at: offset)) { try Self.parse(text) }
    }

    @Test(
        "bytes that are not UTF-8 are told with their place",
        arguments: [
            ([0x61, 0x80], 2), ([0xC0, 0x80], 1), ([0xED, 0xA0, 0x80], 1), ([0x61, 0x5C, 0x6E, 0xFF], 4),
            ([0xF4, 0x90, 0x80, 0x80], 1), ([0xE2, 0x82], 1), ([0xE2, 0x5C, 0x6E], 1),
        ] as [([UInt8], Int)]
    )
    func notUTF8(bytes: [UInt8], offset: Int) {
        let data = Data([0x22] + bytes + [0x22])
        #expect(throws: JSONSyntaxError(.malformedUTF8, at: offset)) { try JSONValue(parsing: data) }
    }

    @Test("512 levels are read, one more is refused")
    func depth() throws {
        func text(_ levels: Int) -> String {
            String(repeating: #"[{"a":"#, count: levels / 2) + String(repeating: "[", count: levels % 2)
                + String(repeating: "]", count: levels % 2) + String(repeating: "}]", count: levels / 2)
        }
        func filled(_ levels: Int) -> String { text(levels).replacing(#":}"#, with: #":0}"#) }
        _ = try Self.parse(filled(512))
        #expect(throws: JSONSyntaxError(.nestedTooDeeply, at: 256 * 6)) { try Self.parse(filled(513)) }
        #expect(throws: JSONSyntaxError(.nestedTooDeeply, at: 512)) {
            try Self.parse(String(repeating: "[", count: 1_000_000))
        }
    }

    @Test("what is written is read again")
    func roundTrip() throws {
        let value: JSONValue = [
            "a": [1, .number(-2.5e-7), .number(1e300), .integer(.min), true, nil, "é\u{0}\u{1F}\"\\/😀"], "b": [:],
            "": [[]],
        ]
        #expect(try Self.parse(value.text) == value)
    }
}
