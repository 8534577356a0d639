import Testing

@testable import Voicemails

@Suite("Voicemail: the text file of a message")
struct MessageFileTests {
    private static func text(_ callerID: String, id: String = "1700000000-0000002a", duration: String = "7") -> String {
        """
        ;
        ; Message Information file
        ;
        [message]
        origmailbox=1001
        callerid=\(callerID)
        origdate=Tue Nov 14 10:13:20 PM UTC 2023
        origtime = 1700000000\u{20}
        category=
        msg_id=\(id)
        flag=
        duration=\(duration)

        """
    }

    @Test(
        "callers",
        arguments: [
            ("Unknown", nil, nil), (#""Bob" <1002>"#, "Bob", "1002"), (#""Bob" <+331>"#, "Bob", "+331"),
            (#""B "x" <y>" <12>"#, #"B "x" <y>"#, "12"), (#""" <12>"#, "", "12"), ("1002", nil, "1002"),
            (#""Bob" <>"#, nil, #""Bob" <>"#), ("Bob <12>", nil, "Bob <12>"), (#""Bob" <*98>"#, nil, #""Bob" <*98>"#),
            (#"" <12>"#, nil, #"" <12>"#), ("\"Bob\"\u{301} <12>", nil, "\"Bob\"\u{301} <12>"),
            ("\"Bob\" <12>\u{301}", nil, "\"Bob\" <12>\u{301}"), (#""Bob""#, nil, #""Bob""#), ("", nil, ""),
        ] as [(String, String?, String?)]
    )
    func callers(text: String, name: String?, number: String?) {
        let message = MessageFile.parse(Self.text(text).utf8, in: .urgent)
        #expect(message?.callerName == name)
        #expect(message?.callerNumber == number)
        #expect(message?.id == "1700000000-0000002a" && message?.timestamp == 1_700_000_000)
        #expect(message?.duration == 7 && message?.folder == .urgent)
    }

    @Test("the last of equal keys counts; blanks around = do not")
    func lastCounts() {
        let twice = Self.text("1") + "duration =  9\n"
        #expect(MessageFile.parse(twice.utf8, in: .inbox)?.duration == 9)
    }

    @Test("an odd value hides no message: it is not known, or shown with U+FFFD")
    func odd() throws {
        func parsed(_ text: String) throws -> VoicemailMessage {
            try #require(MessageFile.parse(text.utf8, in: .inbox, modified: 1_800_000_000))
        }
        func without(_ key: String) -> String {
            Self.text("1").split(separator: "\n").filter { !$0.hasPrefix(key) }.joined(separator: "\n")
        }
        #expect(try parsed(without("callerid")).callerNumber == nil)
        #expect(try parsed(without("origtime")).timestamp == 1_800_000_000)
        #expect(try parsed(without("duration")).duration == 0)
        #expect(try parsed(Self.text("1", duration: "x")).duration == 0)
        let own = try parsed(without("msg_id")).id
        #expect(own.hasPrefix("1700000000-") && own.utf8.count == 19 && VoicemailMessage.isID(own))
        #expect(try parsed(without("msg_id")).id == own, "the same each time")
        #expect(try parsed(without("msg_id") + "\nflag=Urgent").id != own)
        for id in ["", "../../etc/passwd", "a b", "a\u{0}b", "é", "1_2"] {
            #expect(VoicemailMessage.isID(try parsed(Self.text("1", id: id)).id), "\(id)")
        }
        var bytes = Array(Self.text(#""M\#u{1}ller" <12>"#).utf8)
        let place = try #require(bytes.firstIndex(of: 1))
        bytes[place] = 0xFC
        let message = try #require(MessageFile.parse(bytes, in: .inbox))
        #expect(message.callerName == "M\u{FFFD}ller" && message.callerNumber == "12")
        #expect(message.id == "1700000000-0000002a")
    }

    @Test("what has none of a message's keys is none")
    func broken() {
        for text in ["", "\n\n", "[message]\norigmailbox=1001\n", "callerid", "\u{0}\u{0}"] {
            #expect(MessageFile.parse(text.utf8, in: .inbox) == nil, "\(text)")
        }
    }

    @Test("names that lead out of the spool are no boxes")
    func boxes() {
        for (context, number) in [
            ("..", "1"), ("a", ".."), ("a/b", "1"), ("a", "../1"), ("", "1"), ("a", ""), (".a", "1"), ("a", "1\u{0}"),
            ("a", "1\n"), ("a@b", "1"), (String(repeating: "x", count: 300), "1"),
        ] {
            #expect(BoxPath(context: context, number: number) == nil, "\(context) \(number)")
        }
        #expect(BoxPath(mailbox: "1001@default").map { "\($0)" } == "1001@default")
        #expect(BoxPath(mailbox: "1001") == nil && BoxPath(mailbox: "1@2@3") == nil)
    }
}
