import Foundation
import Testing

/// Swift's `Character` is no byte (`ScalarText`): the sources must not cut, search or compare by it what comes from or
/// goes to a wire, a header, a command or a file.
@Suite("The sources handle texts by scalars and bytes")
struct TextHandlingTests {
    /// A way that compares by `Character`, and what takes its place.
    struct OldWay: Sendable, CustomTestStringConvertible {
        let pattern: String
        let instead: String
        /// Whether a line that names a view of scalars or bytes is all right: then the same words work on that.
        var mayNameAView = true

        var testDescription: String { pattern }
    }

    private static let oldWays = [
        OldWay(pattern: #"\bCharacter\b"#, instead: "Unicode.Scalar or UInt8", mayNameAView: false),
        OldWay(
            pattern: #"(?<!properties)\.is(Whitespace|Newline|Letter|Number|HexDigit|Punctuation)\b(?!\()"#,
            instead: "isDigit, isWordOfASCII, isControl … of Unicode.Scalar",
            mayNameAView: false
        ),
        OldWay(pattern: #"\b(asciiValue|wholeNumberValue)\b"#, instead: "Unicode.Scalar.value", mayNameAView: false),
        OldWay(pattern: #"\bhas(Prefix|Suffix)\("#, instead: "begins(with:), ends(with:)", mayNameAView: false),
        OldWay(pattern: #"\.split\((separator: "|whereSeparator: \\?\.)"#, instead: "parts(separatedBy:)"),
        OldWay(pattern: #"\.(first|last)Index\(of: ""#, instead: "halves(at:), halves(atLast:)"),
        OldWay(pattern: #"\.contains\("|"\.contains\("#, instead: "holds(_:), holds(anyOf:)"),
        OldWay(
            pattern: #"replacingOccurrences|trimmingCharacters|components\(separatedBy|\.replacing\(("|#?/)"#,
            instead: "replacing(text:by:), replacing(scalars:by:), without(_:), trimmed()"
        ),
        OldWay(
            pattern: #"(?<!")#/|\bRegex\b|(\(|: |= )/[^/ *].*[^ ]/(\)|$|\.)"#,
            instead: "consists(of:), a loop over scalars, or .matchingSemantics(.unicodeScalar)"
        ),
        OldWay(
            pattern: #"\.(filter|map|drop|prefix|removeAll)\b.*\$0 (==|!=) "(.|\\.)""#,
            instead: "keeping(_:), replacing(scalars:by:)"
        ),
    ]

    private static let views = #"utf8|[sS]calars|[uU]nicode\.?Scalar|halves\(|parts\(|keeping|consists"#

    /// They run beside the server, never in it.
    private static let notServed: Set = ["TandemLab", "TandemTesting", "first-call"]

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources").standardized

    /// Every use of an old way, by target.
    private static func uses() throws -> [String: [String]] {
        let ways = try oldWays.map { (way: $0, pattern: try NSRegularExpression(pattern: $0.pattern)) }
        let views = try NSRegularExpression(pattern: views)
        func isFound(_ pattern: NSRegularExpression, _ line: String) -> Bool {
            pattern.firstMatch(in: line, range: NSRange(line.startIndex..., in: line)) != nil
        }
        var found: [String: [String]] = [:]
        var count = 0
        for case let path as String in FileManager.default.enumerator(atPath: sources.path) ?? .init()
        where path.hasSuffix(".swift") {
            count += 1
            let target = String(path.prefix { $0 != "/" })
            let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let line = line.trimmingCharacters(in: .whitespaces)
                if line.hasPrefix("//") { continue }
                for (way, pattern) in ways where isFound(pattern, line) && !(way.mayNameAView && isFound(views, line)) {
                    found[target, default: []].append("\(path):\(index + 1): \(line) (instead: \(way.instead))")
                }
            }
        }
        #expect(count > 400, "the sources are where this test looks for them")
        return found
    }

    @Test("no target of the server compares by Character")
    func mended() throws {
        for (target, uses) in try Self.uses().sorted(by: { $0.key < $1.key }) where !Self.notServed.contains(target) {
            Issue.record("\(target):\n\(uses.joined(separator: "\n"))")
        }
    }

    @Test(
        "each old way is found where it is used",
        arguments: zip(
            oldWays,
            [
                "case oneOf(Set<Character>)", #"text.filter(\.isWhitespace)"#, "first.asciiValue",
                #"text.hasPrefix("a")"#,
                #"text.split(separator: ",")"#, #"text.firstIndex(of: "<")"#, #"" \t".contains($0)"#,
                #"text.replacing("a", with: "b")"#, "text.firstMatch(of: #/a/#)", #"text.filter { $0 != "\"" }"#,
            ]
        )
    )
    func found(way: OldWay, line: String) throws {
        let pattern = try NSRegularExpression(pattern: way.pattern)
        #expect(pattern.firstMatch(in: line, range: NSRange(line.startIndex..., in: line)) != nil)
    }
}
