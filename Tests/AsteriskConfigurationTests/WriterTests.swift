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
            ("a;\u{301}b", "k = a\\;\u{301}b"),
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

/// Reads a text as Asterisk's parser does: comments, escapes, sections, options.
private struct AsteriskReader {
    struct Section: Equatable {
        var name: String
        var options: [String]
    }
    private(set) var sections: [Section] = []

    init(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let line = Self.withoutComment(line)
            if line.isEmpty { continue }
            if line.unicodeScalars.first == "[", let end = line.unicodeScalars.firstIndex(of: "]") {
                sections.append(Section(name: String(line[line.index(after: line.startIndex)..<end]), options: []))
            } else if line.unicodeScalars.first == "#" {
                sections.append(Section(name: "directive", options: [line]))
            } else if sections.isEmpty {
                sections.append(Section(name: "outside", options: [line]))
            } else {
                sections[sections.count - 1].options.append(line)
            }
        }
    }

    private static func withoutComment(_ line: Substring) -> String {
        var plain: [Unicode.Scalar] = []
        for scalar in line.unicodeScalars {
            if scalar == ";" {
                guard plain.last == "\\" else { break }
                plain[plain.count - 1] = ";"
            } else {
                plain.append(scalar)
            }
        }
        while plain.first == " " { plain.removeFirst() }
        while plain.last == " " { plain.removeLast() }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: plain)
        return String(text)
    }
}

@Suite("Hostile values")
struct HostileValueTests {
    private static let pieces = [
        "a", " ", ";", ";--", "--;", "\n", "\r\n", "\u{0}", "\t", "[x]", "]", "#include y", "=", "=>", "\\", "\"", ",",
        "(",
        "${SHELL(id)}", "$", "|", "é", "\u{2028}", "\u{301}", "same => n,System(id)", "exten => h,1,System(id)",
    ]

    private func word(_ random: inout some RandomNumberGenerator) -> String {
        (0..<Int.random(in: 0...6, using: &random)).map { _ in Self.pieces.randomElement(using: &random) ?? "" }
            .joined()
    }

    /// The same numbers in each run.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    @Test("no value adds a line, a section or a directive", arguments: 0..<50)
    func values(seed: UInt64) {
        var random = Numbers(state: seed)
        for _ in 0..<40 {
            let values = (0..<4).map { _ in word(&random) }
            let section = ConfigurationSection("s", label: word(&random), values.map { ConfigurationOption("k", $0) })
            let read = AsteriskReader(text([section]))
            let expected = values.map { value in
                let value = ConfigurationWriter.withoutControls(value)
                return value.isEmpty ? "k =" : "k = \(value)"
            }
            #expect(read.sections == [AsteriskReader.Section(name: "s", options: expected)])
        }
    }

    @Test("no row of the dialplan says more than it should", arguments: 0..<50)
    func dialplan(seed: UInt64) {
        var random = Numbers(state: seed)
        var site = Site()
        site.contexts = [Context(name: "c", tenant: "T", label: word(&random))]
        site.users = (0..<5).map { User(id: $0, uuid: word(&random), callerID: word(&random)) }
        site.extensions = (0..<20).map {
            Extension(id: $0, context: "c", exten: word(&random), type: "user", target: word(&random))
        }
        site.featureCodes = (0..<5).map { FeatureCode(uuid: "\($0)", exten: word(&random), feature: "paging") }
        site.voiceMenus = [
            VoiceMenu(
                id: 1,
                label: word(&random),
                greetingSound: word(&random),
                menuSound: word(&random),
                choices: (0..<9).map { VoiceMenu.Choice(id: $0, exten: word(&random)) }
            )
        ]
        site.destinations = (0..<9).map {
            Destination(
                event: "ivr_choice",
                category: "ivr_choice",
                object: "\($0)",
                action: word(&random),
                argument1: word(&random),
                argument2: word(&random)
            )
        }
        var file = ExtensionsFile(site)
        let lines = AsteriskReader(text(file.sections())).sections.flatMap(\.options)
        #expect(!lines.contains { $0.contains("SHELL(") && $0.contains("${SHELL") })
        #expect(!lines.contains { $0.hasPrefix("exten => h,1,System") || $0.hasPrefix("same => n,System") })
        #expect(
            lines.allSatisfy { $0.hasPrefix("exten => ") || $0.hasPrefix("same => n") || $0.hasPrefix("include => ") }
        )
    }
}
