import Testing

@testable import tandem

@Suite("Text in the log")
struct LogTextTests {
    @Test(
        "what would make another line, or change a terminal, is escaped; everything else stays",
        arguments: [
            ("GET /1.0/calls status=200", "GET /1.0/calls status=200"),
            ("a\r\nb\n", "a\\r\\nb\\n"),
            ("\u{1B}[2J\0\t\u{7F}", "\\x1b[2J\\x00\\t\\x7f"),
            ("\u{9B}31m é \u{85}", "\\x9b31m é \\x85"),
            ("a\u{2028}b\u{202E}c\u{2066}", "a\\u{2028}b\\u{202e}c\\u{2066}"),
            ("Zoë … “x” 😀", "Zoë … “x” 😀"),
        ]
    )
    func printable(text: String, expected: String) {
        #expect(LogText.printable(text) == expected)
    }
}
