import Testing

@testable import FastAGI

@Suite("Command encoding")
struct AGICommandTests {
    private func text(_ command: AGICommand, limit: Int = 2_047) throws -> String {
        String(decoding: try command.line(limit: limit).bytes, as: UTF8.self)
    }

    private func set(_ value: String) -> AGICommand {
        AGICommand("SET VARIABLE", [.quoted(Array("A".utf8)), .quoted(Array(value.utf8))], shortenable: 1)
    }

    @Test(
        "text is quoted, quotes and backslashes escaped, line ends become spaces",
        arguments: [
            ("", #""""#), ("plain", #""plain""#), (#"say "hi""#, #""say \"hi\"""#), (#"a\nb"#, #""a\\nb""#),
            ("two\nlines\r\0end", #""two lines  end""#), ("é, ${X}", #""é, ${X}""#),
        ]
    )
    func quoting(value: String, word: String) throws {
        #expect(try text(set(value)) == "SET VARIABLE \"A\" \(word)\n")
    }

    @Test("a plain word with a blank, a quote or nothing in it is quoted after all")
    func plainWords() throws {
        #expect(try text(AGICommand("STREAM FILE", [.plain("beep"), .plain("0")])) == "STREAM FILE beep 0\n")
        #expect(
            try text(AGICommand("X", [.plain("a b"), .plain("c\"d"), .plain("")]))
                == "X \"a b\" \"c\\\"d\" \"\"\n"
        )
        #expect(try text(AGICommand("X", [.plain("a\nHANGUP")])) == "X \"a HANGUP\"\n")
        #expect(try text(AGICommand("ANSWER")) == "ANSWER\n")
    }

    @Test("a value that fits exactly is whole, one byte more is shortened")
    func exactFit() throws {
        let room = 2_047 - "SET VARIABLE \"A\" \"\"\n".utf8.count
        let whole = try set(String(repeating: "x", count: room)).line(limit: 2_047)
        #expect(whole.bytes.count == 2_047)
        #expect(!whole.shortened)
        let cut = try set(String(repeating: "x", count: room + 1)).line(limit: 2_047)
        #expect(cut.bytes == whole.bytes)
        #expect(cut.shortened)
    }

    @Test("shortening never splits an escape or a character", arguments: [#"\"#, #"""#, "é", "€", "😀"])
    func boundaries(unit: String) throws {
        for limit in 40...48 {
            let (bytes, shortened) = try set(String(repeating: unit, count: 40)).line(limit: limit)
            #expect(shortened)
            #expect(bytes.count <= limit && bytes.count > limit - 4)
            let line = try #require(String(validating: bytes, as: UTF8.self))
            #expect(line.hasSuffix("\"\n"))
            let body = line.dropFirst("SET VARIABLE \"A\" \"".count).dropLast(2)
            let escaped = #"\""#.contains(unit) ? "\\" + unit : unit
            #expect(body == String(repeating: escaped, count: body.count / escaped.count))
        }
    }

    @Test("bytes that are no UTF-8 are cut anywhere and never lost whole")
    func invalidBytes() throws {
        let command = AGICommand("VERBOSE", [.quoted(Array(repeating: 0x80, count: 100))], shortenable: 0)
        #expect(try command.line(limit: 40).bytes.count == 40)
    }

    @Test("a line whose meaning would change is refused")
    func refused() {
        let long = String(repeating: "x", count: 3_000)
        #expect(throws: AGIError.commandTooLong(verb: "EXEC", limit: 2_047)) {
            try AGICommand("EXEC", [.plain("Goto"), .quoted(Array(long.utf8))]).line(limit: 2_047)
        }
        #expect(throws: AGIError.commandTooLong(verb: "SET VARIABLE", limit: 2_047)) {
            try AGICommand("SET VARIABLE", [.quoted(Array(long.utf8)), .quoted([])], shortenable: 1)
                .line(limit: 2_047)
        }
    }
}
