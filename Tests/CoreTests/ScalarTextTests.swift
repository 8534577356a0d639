import Core
import Testing

@Suite("Texts by their scalars")
struct ScalarTextTests {
    @Test("a mark behind a sign hides it from Character, not from us")
    func marks() {
        let quote = "Bob\"\u{301} <0900>"
        #expect(!quote.contains("\"" as Character), "the trap that this file is about")
        #expect(quote.holds(anyOf: "\""))
        #expect(quote.without("\"") == "Bob\u{301} <0900>")
        #expect("Local/\u{301}1@x".begins(with: "Local/"))
        #expect("Local/\u{301}1@x".suffix(after: "Local/") == "\u{301}1@x")
        #expect("a,\u{301}b".parts(separatedBy: ",") == ["a", "\u{301}b"])
    }

    @Test("a line feed behind a carriage return is one")
    func lineEnds() {
        let header = "50\r\nBcc: x@y"
        #expect(header.parts(separatedBy: "\n") == ["50\r", "Bcc: x@y"])
        #expect("end\r\n".ends(with: "\n"))
        #expect(header.replacing(scalars: \.isControl, by: " ") == "50  Bcc: x@y")
        #expect(header.holds("\n"))
        #expect(" \t\r\n12\r\n".trimmed() == "12")
    }

    @Test("texts are cut at separators, with or without empty parts, into a number of parts at most")
    func parts() {
        #expect("a;;b;c".parts(separatedBy: ";") == ["a", "b", "c"])
        #expect("a;;b;c".parts(separatedBy: ";", keepingEmpty: true) == ["a", "", "b", "c"])
        #expect("a;;b;c".parts(separatedBy: ";", most: 3, keepingEmpty: true) == ["a", "", "b;c"])
        #expect("".parts(separatedBy: ";", keepingEmpty: true) == [""])
        #expect("k=v=w".halves(at: "=").map { "\($0)|\($1)" } == "k|v=w")
        #expect("k=v=w".halves(atLast: "=").map { "\($0)|\($1)" } == "k=v|w")
        #expect("k".halves(at: "=") == nil)
    }

    @Test("parts are found and replaced byte for byte, also where forms of a sign differ")
    func replaced() {
        #expect("a%%b%".replacing(text: "%", by: "%%") == "a%%%%b%%")
        #expect("aXXb".replacing(text: "XX", by: "") == "ab")
        #expect("a".replacing(text: "", by: "x") == "a")
        #expect(!"e\u{301}".holds("é"))
        #expect("secret=".holds("secret=") && "x".holds("") && !"".holds("x"))
    }

    @Test("digits are those that Asterisk knows; what steers is no text")
    func kinds() {
        #expect("0189".consists(of: \.isDigit))
        #expect(!"٣".consists(of: \.isDigit) && !"".consists(of: \.isDigit))
        #expect("09afAF".consists(of: \.isHexadecimal) && !"g".consists(of: \.isHexadecimal))
        for scalar in "\r\n\t\u{0}\u{1b}\u{7f}\u{85}\u{2028}".unicodeScalars { #expect(scalar.isControl) }
        for scalar in " aé<\u{301}".unicodeScalars { #expect(!scalar.isControl) }
    }
}
