import Testing

@testable import Telephony

@Suite("What is dialled")
struct DialStringTests {
    @Test(
        "an extension is letters, digits and a few signs, within Asterisk's length",
        arguments: [
            ("1001", true), ("*98", true), ("#42", true), ("+33123", true), ("alice.smith-2", true), ("_!", true),
            (String(repeating: "9", count: 79), true), (String(repeating: "9", count: 80), false), ("", false),
            ("0123@secret/n", false), ("1001@secret", false), ("1001/n", false), ("1001&PJSIP", false), ("1,2", false),
            ("1|2", false), ("${X}", false), ("1 2", false), ("1\r\n2", false), ("1\u{0}", false), ("é", false),
            ("1\u{301}", false), ("1@\u{301}x", false), ("1;2", false), ("1)2", false), ("\"1\"", false),
            ("<1>", false), ("%31", false),
        ]
    )
    func extensions(_ text: String, isOne: Bool) {
        #expect(DialledNumber.isExtension(text) == isOne)
        #expect((DialString.local(DialplanPlace(context: "internal", exten: text)) != nil) == isOne)
    }

    @Test(
        "a context is a name",
        arguments: [
            ("ctx-lumen_1.a", true), ("a@b", false), ("a/n", false), ("a,s,1", false), ("a b", false), ("", false),
        ]
    )
    func contexts(_ text: String, isOne: Bool) {
        #expect(DialledNumber.isContext(text) == isOne)
        #expect((DialString.local(DialplanPlace(context: text, exten: "1")) != nil) == isOne)
    }

    @Test("white space and invisible characters do not belong to a number")
    func normalized() {
        let pasted = "\u{202A}+33 1\u{A0}23\t4\r\n5\u{200E}6\u{202C}\u{FEFF}\u{AD}\u{200B}7\u{2066}8\u{2069}"
        #expect(DialledNumber.normalized(pasted) == "+3312345678")
        #expect(DialledNumber.normalized(" \t\u{3000}").isEmpty && DialledNumber.normalized("1\u{1B}2") == "1\u{1B}2")
    }

    @Test("dial strings of phones come from names that hold nothing else")
    func phones() {
        #expect(DialString.pjsip("alice")?.text == "PJSIP/alice")
        #expect(DialString.local(DialplanPlace(context: "c", exten: "1"), options: "n")?.text == "Local/1@c/n")
        #expect(DialString.sccp("31702", options: "autoanswer")?.text == "sccp/31702/autoanswer")
        for name in ["", "a/sip:x@y", "a&PJSIP/b", "a,b", "a b", "a\nb", "a|b"] {
            #expect(DialString.pjsip(name) == nil && DialString.sccp(name) == nil, "\(name)")
        }
        #expect(DialString.configured("Local/door@intercom")?.technology == "Local")
        #expect(DialString.configured("") == nil && DialString.configured("a\r\nb") == nil)
    }

    @Test("a contact is one of the endpoint's own, and one only")
    func contacts() {
        #expect(DialString.contact("PJSIP/alice/sip:a@192.0.2.1:5060;x=1", of: "alice") != nil)
        for listed in [
            "PJSIP/alice/sip:a@x&PJSIP/trunk/sip:0900@y", "PJSIP/bob/sip:b@x", "PJSIP/alice", "PJSIP/alicex/sip:a@x",
            "Local/1@c", "PJSIP/alice/sip:a@x\r\nX",
        ] {
            #expect(DialString.contact(listed, of: "alice") == nil, "\(listed)")
        }
    }

    @Test(
        "a caller id keeps name and number apart",
        arguments: [
            ("Alice", "1001", #""Alice" <1001>"#), ("Bob <0900>", "", #""Bob <0900>" <>"#),
            (#"A "B" \ C"#, "1", #""A \"B\" \\ C" <1>"#), ("x\r\nX-Evil: yes", "5\n5", #""xX-Evil: yes" <55>"#),
            ("q\"\u{301}", "<9>\"", "\"q\\\"\u{301}\" <9>"), ("", "", #""" <>"#),
        ]
    )
    func callerIDs(_ name: String, _ number: String, _ text: String) {
        #expect(CallerIDText.text(name: name, number: number) == text)
    }
}
