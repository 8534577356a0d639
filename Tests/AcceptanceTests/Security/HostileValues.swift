import Core
import Foundation
import TandemLab

/// What an attacker would put into a field or a path. Whatever a value could set off leaves a mark in one of the canaries.
struct HostileValues: Sendable {
    /// Port of a server that nobody has a reason to ask.
    let port: Int
    /// A file that only a command can make.
    let file: String
    /// Ids that belong to another tenant.
    let foreign: [String]

    private var command: String { "touch \(file)" }

    /// Texts, for fields of any kind.
    private var texts: [String] {
        [
            "", " ", "\u{0}", "a\u{0}b", "a\r\nX-Evil: yes", "a\nAction: Command\nCommand: core stop now",
            "\u{1B}[31mred", "a\u{2028}b\u{85}c", "\u{202E}0900\u{202C}", "Bob\"\u{301} <0900>", "０９００", "1\u{200B}1",
            "'; DROP TABLE userfeatures; --", "\" OR \"1\"=\"1", "%' UNION SELECT passwd FROM userfeatures --",
            "${SHELL(\(command))}", "$(\(command))", "`\(command)`", "|\(command)", "x;\(command)", "%s%n%x",
            "${GLOBAL(\(CanaryScene.global))}", "${SET(GLOBAL(\(CanaryScene.global))=1)}",
            "1102@\(CanaryScene.context)/n", "s@\(CanaryScene.context)", CanaryScene.context,
            "Local/s@\(CanaryScene.context)", "PJSIP/erin/sip:x@127.0.0.1:\(port)", "s,1&System(\(command))",
            "../../../../../../etc/passwd", "/etc/passwd", "..%2F..%2Fetc%2Fpasswd", "file:///etc/passwd",
            "http://127.0.0.1:\(port)/x", "sound:http://127.0.0.1:\(port)/x.wav", "agi://127.0.0.1:\(port)/x",
            "recording:../../etc/passwd", "sound:/etc/passwd", "<script>alert(1)</script>", "calld.#", "me", "*", "#",
        ] + foreign
    }

    /// What takes room.
    private var large: [String] {
        [
            String(repeating: "A", count: 70_000), String(repeating: "é", count: 20_000),
            String(repeating: "\"", count: 5_000),
        ]
    }

    /// For a field of a JSON body: other kinds of values too.
    var forFields: [JSONValue] {
        (texts + large).map(JSONValue.string) + [
            .null, true, false, 0, -1, .integer(.max), .integer(.min), .number(1e308), .number(0.5), [], [:], [[]],
            ["a": "b"],
            .array(Array(repeating: "1102", count: 3_000)), Self.nested(60), Self.nested(200),
        ]
    }

    /// For a value of a query.
    var forQueries: [String] {
        texts + ["-1", "9223372036854775808", "1e9", "true", "null", "[]", String(repeating: "A", count: 4_000)]
    }

    /// For a part of a path, percent-encoded.
    var forPaths: [String] {
        let encoded = texts.filter { !$0.isEmpty }.map(Self.encoded)
        return encoded + [
            ".", "..", "%2e%2e", "%2E%2E%2F%2E%2E%2Fcalls", "..;", "%25zz", "%C0%AE%C0%AE", "%FF%FE", "a/../b", "a//b",
            "0", "-1", "99999999999999999999", "1;id=2", Self.encoded(String(repeating: "A", count: 8_000)),
        ]
    }

    /// Arrays within arrays.
    private static func nested(_ depth: Int) -> JSONValue {
        (0..<depth).reduce(JSONValue.string("x")) { value, _ in [value] }
    }

    /// A text as a part of a path or a query.
    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.intersection(.init(charactersIn: " "..."~")))
            ?? ""
    }
}
