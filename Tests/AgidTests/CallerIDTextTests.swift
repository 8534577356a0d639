import Directory
import Testing

@testable import Agid

@Suite("Caller id texts and rules")
struct CallerIDTextTests {
    @Test(
        "a caller id is read",
        arguments: [
            (#""Ann Lee" <100>"#, "Ann Lee", "100"), (#"  "Ann"<+33123>  "#, "Ann", "+33123"),
            (#""Ann""#, "Ann", nil),
            ("Ann Lee <*21#>", "Ann Lee", "*21#"), ("Ann-Lee_2.!%~", "Ann-Lee_2.!%~", nil),
            ("0123", "0123", "0123"),
            ("+33*1", "+33*1", "+33*1"), ("<100>", nil, "100"), (#""123""#, "123", nil),
            ("O'Neil <1>", "O'Neil", "1"),
            ("Zoé", "Zoé", nil), (#""a <b> c" <1>"#, "a <b> c", "1"),
        ] as [(String, String?, String?)]
    )
    func reads(text: String, name: String?, number: String?) throws {
        let parsed = try #require(CallerIDText(text))
        #expect(parsed.name == name)
        #expect(parsed.number == number)
    }

    @Test(
        "what is none is not",
        arguments: [
            "", "  ", #""""#, #""Ann"#, "Ann <12a>", "Ann <>", "Ann <12", "Ann <12> x", #"Ann "x""#,
            "Ann, Lee", "Ann'",
            "<+>",
        ]
    )
    func refuses(text: String) {
        #expect(CallerIDText(text) == nil)
    }

    @Test(
        "a rule makes the new name and number",
        arguments: [
            (.overwrite, "Sales", "Ann", "12", #""Sales" <12>"#),
            (.overwrite, "Sales <99>", "Ann", "12", #""Sales" <99>"#),
            (.overwrite, "<99>", "Ann", "12", #""99" <99>"#),
            (.prepend, "Sales", "Ann", "12", #""Sales - Ann" <12>"#),
            (.append, "Sales", "\"Ann\"", "12", #""Ann - Sales" <12>"#),
            (.prepend, "Sales", "", "12", #""Sales - 12" <12>"#),
            (.prepend, "Sales", "\"\"", "12", #""Sales - 12" <12>"#),
            (.prepend, "Sales", "", "", #""Sales - unknown" <unknown>"#),
            (.prepend, "12", "12", "34", #""12" <12>"#), (.append, "12", "12", "34", #""12" <12>"#),
            (.prepend, "12", "Ann", "34", #""12 - Ann" <12>"#), (.overwrite, "12", "12", "34", #""12" <12>"#),
            (.append, "<99>", "Ann", "12", #""Ann" <99>"#),
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
