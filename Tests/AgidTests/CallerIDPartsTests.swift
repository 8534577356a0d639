import Directory
import Testing

@testable import Agid

@Suite("Caller id texts and rules")
struct CallerIDPartsTests {
    @Test(
        "a caller id is read",
        arguments: [
            (#""Ann Lee" <100>"#, "Ann Lee", "100"), (#"  "Ann"<+33123>"#, "Ann", "+33123"),
            (#""Ann""#, "Ann", nil),
            ("Ann Lee <*21#>", "Ann Lee", "*21#"), ("Ann-Lee_2.!%~", "Ann-Lee_2.!%~", nil),
            ("0123", "0123", "0123"),
            ("+33*1", "+33*1", "+33*1"), (#""123""#, "123", nil),
            ("O'Neil <1>", "O'Neil", "1"),
            ("Zoé", "Zoé", nil), (#""a <b> c" <1>"#, "a <b> c", "1"),
            // The last quote closes.
            (#""A "B" C" <123>"#, #"A "B" C"#, "123"), (#""Jean "JJ" Dupont" <1001>"#, #"Jean "JJ" Dupont"#, "1001"),
            (#""é \" q" <+3312>"#, #"é \" q"#, "+3312"), (#""A" <1> "B" <2>"#, #"A" <1> "B"#, "2"),
            // The last sign of a name may be any but a blank or a quote.
            ("Name) <12>", "Name)", "12"), ("Jones' <12>", "Jones'", "12"), ("R& <12>", "R&", "12"),
            ("ACME)", "ACME)", nil), ("Bob'", "Bob'", nil), ("Name@", "Name@", nil), ("*12#", "*12#", "*12#"),
            ("Zoe\u{301} <1>", "Zoe\u{301}", "1"), ("Ann<12>", "Ann", "12"),
        ] as [(String, String?, String?)]
    )
    func reads(text: String, name: String?, number: String?) throws {
        let parsed = try #require(CallerIDParts(text))
        #expect(parsed.name == name)
        #expect(parsed.number == number)
    }

    @Test(
        "what is none is not",
        arguments: [
            "", "  ", #""""#, #""Ann"#, "Ann <12a> ", "Ann <> ", "Ann <12 ", "Ann <12> x", #"Ann "x""#,
            "Ann, Lee", "<+> ", #""" <123>"#, "<123>", #""Ann" <12> "#, "Ann ", #""Ann" "#, "\tAnn", "Ann\t<12>",
            "\"A\tB\" <1>", "Ann\n", "\"Ann\r\n\" <1>", "Bob\"\u{301} <0900>", "\"\u{301}Bob\" <0900>x",
        ]
    )
    func refuses(text: String) {
        #expect(CallerIDParts(text) == nil)
    }

    @Test(
        "a rule makes the new name and number",
        arguments: [
            (.overwrite, "Sales", "Ann", "12", #""Sales" <12>"#),
            (.overwrite, "Sales <99>", "Ann", "12", #""Sales" <99>"#),
            (.overwrite, "99", "Ann", "12", #""99" <99>"#),
            (.prepend, "Sales", "Ann", "12", #""Sales - Ann" <12>"#),
            (.append, "Sales", "\"Ann\"", "12", #""Ann - Sales" <12>"#),
            (.prepend, "Sales", "", "12", #""Sales - 12" <12>"#),
            (.prepend, "Sales", "\"\"", "12", #""Sales - 12" <12>"#),
            (.prepend, "Sales", "", "", #""Sales - unknown" <unknown>"#),
            (.prepend, "12", "12", "34", #""12" <12>"#), (.append, "12", "12", "34", #""12" <12>"#),
            (.prepend, "12", "Ann", "34", #""12 - Ann" <12>"#), (.overwrite, "12", "12", "34", #""12" <12>"#),
            (.append, "99", "Ann", "12", #""Ann - 99" <99>"#),
            (.overwrite, "Sales", "Ann", "12> \"x\" <0900", #""Sales" <12 x 0900>"#),
            (.prepend, "Sales", "Bob\"\u{301} <0900>", "12", "\"Sales - Bob\u{301} <0900>\" <12>"),
            (.prepend, "Sales", #"An"n\"#, "12", #""Sales - Ann" <12>"#),
        ] as [(CallerIDRule.Mode, String, String, String, String)]
    )
    func rewrites(mode: CallerIDRule.Mode, display: String, name: String, number: String, all: String) throws {
        let current = CurrentCallerID(name: Array(name.utf8), number: Array(number.utf8))
        let value = try #require(CallerIDRule(mode: mode, display: display).rewritten(current))
        #expect(String(decoding: value, as: UTF8.self) == all)
    }

    @Test("a name that is no UTF-8 is passed through as it came")
    func bytes() throws {
        let current = CurrentCallerID(name: Array("Ren".utf8) + [0xE9], number: [0x31])
        let value = CallerIDRule(mode: .prepend, display: "A").rewritten(current)
        #expect(value == Array("\"A - Ren".utf8) + [0xE9] + Array("\" <1>".utf8))
    }

    @Test("a rule whose text is no caller id does nothing")
    func unreadable() {
        let rule = CallerIDRule(mode: .overwrite, display: "a, b")
        #expect(rule.rewritten(CurrentCallerID(name: [], number: [])) == nil)
    }
}
