import Testing

@testable import FastAGI

@Suite("Reply parser")
struct AGIReplyParserTests {
    private static func done(_ value: String, _ data: String? = nil, end: Int? = nil) -> AGIReply {
        .done(AGIResult(value: value, data: data.map { Array($0.utf8) }, endPosition: end))
    }

    private func events(_ lines: [String], toExec: Bool = false) throws -> [AGIReplyParser.Event] {
        var parser = AGIReplyParser()
        parser.expectReply(toExec: toExec)
        return try lines.map { try parser.receive(Array($0.utf8)) }
    }

    @Test(
        "one line is one reply",
        arguments: [
            ("200 result=0", done("0")),
            ("200 result=1", done("1")),
            ("200 result=1 ()", done("1", "")),
            ("200 result=1 (value)", done("1", "value")),
            ("200 result=1 (a (b) \"c\" = d)", done("1", "a (b) \"c\" = d")),
            ("200 result=-1", done("-1")),
            ("200 result= (timeout)", done("", "timeout")),
            ("200 result=", done("")),
            ("200 result=12*# (timeout)", done("12*#", "timeout")),
            ("200 result=0 endpos=8000", done("0", end: 8_000)),
            ("200 result=-1 (hangup) endpos=0", done("-1", "hangup", end: 0)),
            ("200 result=1 (x)\r", done("1", "x")),
            ("200 result=1 \r", done("1")),
            ("510 Invalid or unknown command", .unknownCommand),
            ("511 Command Not Permitted on a dead channel or intercept routine", .deadChannel),
            ("511", .deadChannel),
            ("520 Invalid command syntax.  Proper usage not available.", .wrongUsage("")),
        ] as [(String, AGIReply)]
    )
    func singleLine(line: String, reply: AGIReply) throws {
        #expect(try events([line]) == [.reply(reply)])
    }

    @Test(
        "a value with newlines goes on to the line that closes it",
        arguments: [
            (["200 result=1 (a", "b)"], "a\nb"), (["200 result=1 (", ")"], "\n"),
            (["200 result=1 (a", "", "HANGUP", "200 result=0", "z)"], "a\n\nHANGUP\n200 result=0\nz"),
            (["200 result=1 (f(x) and", "g(y))"], "f(x) and\ng(y)"),
        ]
    )
    func severalLines(lines: [String], value: String) throws {
        let events = try events(lines)
        #expect(events.dropLast().allSatisfy { $0 == .ignored })
        #expect(events.last == .reply(Self.done("1", value)))
    }

    @Test("a usage block is one reply with its text")
    func usageBlock() throws {
        let lines = [
            "520-Invalid command syntax.  Proper usage follows:", " Usage: NOOP", "200 result=7",
            "520 End of proper usage.",
        ]
        #expect(
            try events(lines) == [
                .ignored, .ignored, .ignored, .reply(.wrongUsage(" Usage: NOOP\n200 result=7")),
            ]
        )
    }

    @Test("hang-up, provisional and unknown lines do not answer a command")
    func interludes() throws {
        let lines = [
            "HANGUP", "100 Trying...", "something", "20 result=0", "2000 x", "HANGUP", "200 result=1",
        ]
        #expect(
            try events(lines) == [
                .hangup, .ignored, .stray(isFirst: true), .stray(isFirst: false), .stray(isFirst: false),
                .hangup, .reply(Self.done("1")),
            ]
        )
    }

    @Test(
        "the usage block after an EXEC that returned 1 is not the next command's reply",
        arguments: [
            ["520-Invalid command syntax.  Proper usage follows:", "text", "520 End of proper usage."],
            ["520 Invalid command syntax.  Proper usage not available."],
        ],
        [true, false]
    )
    func execUsage(block: [String], nextIsSentFirst: Bool) throws {
        var parser = AGIReplyParser()
        parser.expectReply(toExec: true)
        #expect(try parser.receive(Array("200 result=1".utf8)) == .reply(Self.done("1")))
        if nextIsSentFirst { parser.expectReply(toExec: false) }
        for line in block { #expect(try parser.receive(Array(line.utf8)) == .ignored) }
        if !nextIsSentFirst { parser.expectReply(toExec: false) }
        #expect(try parser.receive(Array("200 result=1 (v)".utf8)) == .reply(Self.done("1", "v")))
    }

    @Test("the next command after such an EXEC may fail by itself")
    func usageAfterExec() throws {
        var parser = AGIReplyParser()
        parser.expectReply(toExec: true)
        _ = try parser.receive(Array("200 result=1".utf8))
        parser.expectReply(toExec: false)
        _ = try parser.receive(Array("520 Invalid command syntax.".utf8))
        #expect(try parser.receive(Array("520 Invalid command syntax.".utf8)) == .reply(.wrongUsage("")))
    }

    @Test("a reply that nobody asked for is skipped")
    func unsolicited() throws {
        var parser = AGIReplyParser()
        #expect(try parser.receive(Array("200 result=1 (early)".utf8)) == .stray(isFirst: true))
        parser.expectReply(toExec: false)
        #expect(try parser.receive(Array("200 result=0".utf8)) == .reply(Self.done("0")))
    }

    @Test(
        "a reply that cannot be read ends the session",
        arguments: ["200 hello", "200", "200 result", "404 Not found", "200 result=1 what", "000 x"]
    )
    func malformed(line: String) {
        #expect(throws: AGIReplyParser.Fault.malformedReply(line)) { try events([line]) }
    }

    @Test("20 lines in a row that are no reply are borne, the 21st is not")
    func strayLimit() throws {
        let lines = Array(repeating: "noise", count: 20)
        #expect(try events(lines + ["200 result=0"]).last == .reply(Self.done("0")))
        #expect(throws: AGIReplyParser.Fault.tooManyStrayLines) { try events(lines + ["HANGUP"]) }
    }

    @Test("a value without an end is refused at 64 KiB and at 1,024 lines")
    func endless() {
        let line = String(repeating: "x", count: 8_000)
        #expect(throws: AGIReplyParser.Fault.replyTooLong) {
            try events(["200 result=1 ("] + Array(repeating: line, count: 9))
        }
        #expect(throws: AGIReplyParser.Fault.replyTooLong) {
            try events(["200 result=1 ("] + Array(repeating: "", count: 1_025))
        }
        #expect(throws: AGIReplyParser.Fault.replyTooLong) {
            try events(["520-usage"] + Array(repeating: line, count: 9))
        }
    }
}
