import Testing

@testable import AsteriskConfiguration

/// The text of sections without the file's first line.
func text(_ sections: [ConfigurationSection]) -> String {
    var writer = ConfigurationWriter()
    writer.write(sections)
    return String(writer.text.dropFirst(ConfigurationWriter.header.count + 2))
}

@Suite("Text of configuration files")
struct WriterTests {
    @Test(
        "a value stays one value",
        arguments: [
            ("plain", "k = plain"), ("", "k ="), ("  both ends  ", "k = both ends"), ("a;b;--c", "k = a\\;b\\;--c"),
            ("a\nb\r\u{0}c\u{7f}", "k = a b  c"), ("\n", "k ="), ("back\\", "k = back\\"), ("é ü", "k = é ü"),
            ("[x]", "k = [x]"), ("#include x", "k = #include x"), ("\u{85}a\u{9f}", "k = a"),
        ]
    )
    func value(value: String, line: String) {
        #expect(text([ConfigurationSection("s", [ConfigurationOption("k", value)])]) == "[s]\n\(line)\n")
    }

    @Test("forms of sections and lines")
    func forms() {
        var object = ConfigurationSection("o", form: .addition, label: "a\n[b]")
        object.entries = [.object("1001", "pw;,Ann"), .step(",Hangup()"), .step("(x),NoOp()")]
        let base = ConfigurationSection("b", form: .inheriting("base"))
        #expect(
            text([object, base]) == """
                ; a [b]
                [o](+)
                1001 => pw\\;,Ann
                 same => n,Hangup()
                 same => n(x),NoOp()

                [b](base)

                """
        )
    }

    @Test(
        "a section that cannot be written is left out, the others stay",
        arguments: ["", " ", "a]", "[a", "a;b", "a\nb", "a\u{0}", " a", "a "]
    )
    func sectionNames(name: String) {
        var writer = ConfigurationWriter()
        writer.write([ConfigurationSection(name), ConfigurationSection("ok")])
        #expect(writer.text == ConfigurationWriter.header + "\n\n[ok]\n")
        #expect(writer.remarks.count == 1)
        #expect(writer.remarks.allSatisfy { !$0.contains("\n") })
    }

    @Test("keys that would be something else", arguments: ["", "#include", "a=b", "a;b", "a b", "[a", "a\nb"])
    func keys(key: String) {
        var writer = ConfigurationWriter()
        writer.write(ConfigurationSection("s", [ConfigurationOption(key, "v")]))
        #expect(writer.text == ConfigurationWriter.header + "\n")
        #expect(writer.remarks.count == 1)
    }

    @Test("a line that Asterisk would cut is not written", arguments: [(8_186, true), (8_187, false)])
    func longLines(length: Int, fits: Bool) {
        var writer = ConfigurationWriter()
        writer.write(ConfigurationSection("s", [ConfigurationOption("k", String(repeating: "x", count: length))]))
        #expect(writer.remarks.isEmpty == fits)
    }

    @Test(
        "arguments from the database",
        arguments: [
            ("11", "11"), ("20;abc", "20;abc"), ("${SHELL(rm)}", nil), ("$SHELL", "SHELL"),
            ("Playback(a,b)", "Playback(a,b)"), ("a,b", nil), ("a)b", nil), ("(", nil), ("\"", nil), ("\\", nil),
            ("", ""), ("a\nb", "a b"), ("$[1+1]", nil),
        ] as [(String, String?)]
    )
    func arguments(text: String, argument: String?) {
        #expect(DialplanText.argument(text) == argument)
    }

    @Test(
        "codes of features",
        arguments: [("_*735.", "*735"), ("*25", "*25"), ("_*21X!", "*21"), ("_X.", ""), ("**1", "**1")]
    )
    func codes(exten: String, code: String) { #expect(DialplanText.code(of: exten) == code) }

    @Test(
        "function keys (contract 44 §4)",
        arguments: [
            (["12", "*25"], "*73512***225"), (["12", "*21", "1234"], "*73512***221*1234"),
            (["12", "*30", "*5"], "*73512***230***35"), (["12", "*50", "7"], "*73512***250*7"),
        ]
    )
    func functionKeys(parts: [String], exten: String) {
        #expect(DialplanText.functionKey(prefix: "*735", parts) == exten)
    }
}
