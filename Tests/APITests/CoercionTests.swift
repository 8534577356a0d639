import API
import Core
import Foundation
import Testing

/// The tables of contract 00 §3.2.
@Suite("Coercion")
struct CoercionTests {
    @Test(
        "these are true",
        arguments: ["1", "t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES"]
            .map(JSONValue.string) + [true, 1, .number(1)]
    )
    func isTrue(value: JSONValue) { #expect(Coercion.boolean(value) == true) }

    @Test(
        "these are false",
        arguments: ["0", "f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO"]
            .map(JSONValue.string) + [false, 0, .number(0)]
    )
    func isFalse(value: JSONValue) { #expect(Coercion.boolean(value) == false) }

    @Test(
        "these are no booleans",
        arguments: [
            "", " true", "tRUE", "oN", "yEs", "2", "-1", "enabled", "null", 2, -1, .number(0.5), [], [:], [true], .null,
        ] as [JSONValue]
    )
    func isNeither(value: JSONValue) { #expect(Coercion.boolean(value) == nil) }

    @Test(
        "these are integers",
        arguments: [
            (1, 1), (-7, -7), (.number(2.5), 2), (.number(-2.9), -2), (.number(1e3), 1_000), ("42", 42), (" 42\n", 42),
            ("007", 7), ("-3", -3), ("+3", 3), ("\u{a0}5", 5),
        ] as [(JSONValue, Int)]
    )
    func isInteger(value: JSONValue, number: Int) { #expect(Coercion.integer(value) == number) }

    @Test(
        "these are no integers",
        arguments: [
            true, false, "1.5", "", " ", "x", "1e3", "0x10", "1 2", "99999999999999999999", .number(1e300),
            .number(.nan), .number(.infinity), [], [:], [1], .null,
        ] as [JSONValue]
    )
    func isNoInteger(value: JSONValue) { #expect(Coercion.integer(value) == nil) }

    @Test(
        "an integer out of range is refused, and never becomes another one",
        arguments: [
            "-9223372036854775809", "9223372036854775808", "18446744073709551617", "-1e19", "9.3e18",
            "-9223372036854775808.5",
        ]
    )
    func outOfRange(text: String) throws {
        #expect(Coercion.integer(try JSONValue(parsing: Data(text.utf8))) == nil)
        #expect(Coercion.integer(text) == nil)
    }

    @Test("the ends of the range are integers")
    func range() throws {
        for number in [Int.min, Int.min + 1, Int.max] {
            #expect(Coercion.integer(try JSONValue(parsing: Data("\(number)".utf8))) == number)
            #expect(Coercion.integer("\(number)") == number)
        }
    }
}
