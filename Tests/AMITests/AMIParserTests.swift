import NIOCore
import Telephony
import Testing

@testable import AMI

/// Cuts a text into elements, in chunks of the given sizes, over and over.
func parse(_ bytes: [UInt8], chunks: [Int] = [.max]) -> (elements: [AMIParser.Element], fault: AMIParser.Fault?) {
    var parser = AMIParser()
    var elements: [AMIParser.Element] = []
    var rest = bytes[...]
    var turn = 0
    while !rest.isEmpty {
        let size = min(max(chunks[turn % chunks.count], 1), rest.count)
        turn += 1
        var buffer = ByteBuffer(bytes: rest.prefix(size))
        rest = rest.dropFirst(size)
        parser.append(&buffer)
        do {
            while let element = try parser.next() { elements.append(element) }
        } catch {
            return (elements, error)
        }
    }
    return (elements, nil)
}

func messages(_ text: String) -> [ManagerMessage] {
    parse(Array(text.utf8)).elements.compactMap { if case .message(let message) = $0 { message } else { nil } }
}

@Suite("The wire of the manager interface")
struct AMIParserTests {
    private static let banner = "Asterisk Call Manager/11.0.0\r\n"

    @Test("banner, response, event, each as it came")
    func elements() {
        let text =
            Self.banner + "Response: Success\r\nActionID: a1\r\nMessage: Authentication accepted\r\n\r\n"
            + "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\nEmpty: \r\n\r\n"
        let expected: [AMIParser.Element] = [
            .banner("Asterisk Call Manager/11.0.0"),
            .message(["Response": "Success", "ActionID": "a1", "Message": "Authentication accepted"]),
            .message(["Event": "FullyBooted", "Privilege": "system,all", "Status": "Fully Booted", "Empty": ""]),
        ]
        #expect(parse(Array(text.utf8)).elements == expected)
    }

    @Test("channel variables are folded, of other channels by their role, other repeated headers keep the last")
    func variables() throws {
        let message = try #require(
            messages(
                Self.banner
                    + "Event: DialBegin\r\nChanVariable: CHANNEL(linkedid)=1.1\r\nChanVariable: WAZO_USERUUID=\r\n"
                    + "DestChanVariable: A=b=c\r\nDestChanVariable: D\r\nX: 1\r\nX: 2\r\n\r\n"
            ).first
        )
        #expect(message.channelVariables == ["CHANNEL(linkedid)": "1.1", "WAZO_USERUUID": ""])
        #expect(message.channelVariables(of: "Dest") == ["A": "b=c", "D": ""])
        #expect(message.fields == ["Event": "DialBegin", "DestChanVariable": "D", "X": "2"])
    }

    @Test("variables with the channel's name in the header, colons in it included")
    func namedVariables() throws {
        let message = try #require(
            messages(
                Self.banner + "Event: OriginateResponse\r\nChanVariable(SIP/[::1]:5060-0001;1): A=x: y\r\n\r\n"
            ).first
        )
        #expect(message.channelVariables == ["A": "x: y"])
        #expect(message.fields == ["Event": "OriginateResponse"])
    }

    @Test("a bare line feed is a part of the value: it cannot begin a header or end the message")
    func bareLineFeed() {
        let text =
            Self.banner + "Response: Success\r\nMessage: Message move failed\n\r\nX: a\nEvent: Forged\n\nb\r\n\r\n"
        #expect(
            messages(text) == [
                ["Response": "Success", "Message": "Message move failed\n", "X": "a\nEvent: Forged\n\nb"]
            ]
        )
    }

    @Test("a peer whose banner ends with LF alone ends all lines so")
    func lineFeedPeer() {
        let text = "Asterisk Call Manager/1\nResponse: Success\nA: b\r\n\nEvent: X\n\n"
        #expect(messages(text) == [["Response": "Success", "A": "b"], ["Event": "X"]])
    }

    @Test("the output of a command keeps its order and its leading white space")
    func output() {
        let text =
            Self.banner + "Response: Success\r\nOutput: Class: default\r\nOutput: \tMode: files\r\nOutput: \r\n\r\n"
        #expect(messages(text).first?.output == ["Class: default", "\tMode: files", ""])
    }

    @Test("the older answer to a command: lines with LF, blank ones too, up to its end mark")
    func follows() {
        let text =
            Self.banner + "Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\nClass: default\n\tMode: files\n\n"
            + "ActionID: 8\nlast--END COMMAND--\r\n\r\nEvent: X\r\n\r\n"
        let found = messages(text)
        #expect(found.first?.output == ["Class: default", "\tMode: files", "", "ActionID: 8", "last"])
        #expect(found.first?["ActionID"] == "7")
        #expect(found.last == ["Event": "X"])
    }

    @Test("lines that are no headers and surplus empty lines are passed over")
    func noise() {
        let text = Self.banner + "\r\n\r\nno header\r\nA: b\r\n:\r\nC:d\r\n\r\n\r\n"
        #expect(messages(text) == [["A": "b", "": "", "C": "d"]])
    }

    @Test("a line, a message and a number of headers beyond their limits end the conversation")
    func limits() {
        let line = Array((Self.banner + "A: ").utf8) + [UInt8](repeating: 0x61, count: AMIParser.lineLimit)
        #expect(parse(line).fault == .lineTooLong)
        #expect(parse(line + Array("\r\n\r\n".utf8)).fault == .lineTooLong)
        #expect(parse([UInt8](repeating: 0x61, count: AMIParser.lineLimit + 1), chunks: [4_096]).fault == .lineTooLong)
        let half = [UInt8](repeating: 0x61, count: AMIParser.lineLimit / 2)
        var message = Array(Self.banner.utf8)
        for _ in 0...(AMIParser.messageLimit / half.count) { message += Array("A: ".utf8) + half + [0x0D, 0x0A] }
        #expect(parse(message, chunks: [65_536]).fault == .messageTooLong)
        var headers = Array(Self.banner.utf8)
        for _ in 0...AMIParser.fieldLimit { headers += Array("A: b\r\n".utf8) }
        #expect(parse(headers, chunks: [65_536]).fault == .messageTooLong)
    }

    @Test("bytes that are no UTF-8 are replaced, not refused")
    func noText() {
        let bytes = Array(Self.banner.utf8) + Array("A: ".utf8) + [0xFF, 0xC3] + Array("\r\n\r\n".utf8)
        #expect(parse(bytes).elements.last == .message(["A": "\u{FFFD}\u{FFFD}"]))
    }
}

@Suite("Escapes of the manager interface")
struct ManagerEscapeTests {
    @Test("values of variables and names come without Asterisk's escapes")
    func unescaped() throws {
        let message: ManagerMessage = [
            "CallerIDName": #"O\'H \"x\" é"#, "ChanVariable": #"A=a,b \"q\" \'s\' \\d\tT\?"#,
        ]
        #expect(message.text("CallerIDName") == #"O'H "x" é"#)
        #expect(message["CallerIDName"] == #"O\'H \"x\" é"#)
        #expect(message.channelVariables == ["A": "a,b \"q\" 's' \\d\tT?"])
    }

    @Test("escaping and back gives the same, unknown escapes and a last backslash stay")
    func roundTrip() {
        let text = "\u{7}\u{8}\u{C}\n\r\t\u{B}\\'\"?é"
        #expect(ManagerMessage.escaped(text) == #"\a\b\f\n\r\t\v\\\'\"\?é"#)
        #expect(ManagerMessage.unescaped(ManagerMessage.escaped(text)) == text)
        #expect(ManagerMessage.unescaped(#"\z\"#) == #"\z\"#)
    }
}

@Suite("The wire of the manager interface, with random bytes")
struct AMIParserFuzzTests {
    private static let seeds: [[UInt8]] = [
        "Asterisk Call Manager/11.0.0\r\n", "Response: Success\r\nActionID: 1\r\n\r\n", "Response: Follows\r\n",
        "Event: Newchannel\r\nChanVariable: A=b\r\nChanVariable(x:1): C=d\r\n\r\n", "--END COMMAND--\r\n\r\n",
        "Output: \tx\r\n", "EventList: start\r\n", "\n", "\r", "\r\n", ": ", ":", "\0", "ActionID: ",
        "Privilege: Command\r\n",
        "Message: Message move failed\n\r\n", "ChanVariable=", "Event: X\n\n",
    ].map { Array($0.utf8) }

    private func input(_ random: inout SplitMix) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            if Int.random(in: 0...4, using: &random) == 0 {
                bytes += (0..<Int.random(in: 0...16, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            } else {
                bytes += Self.seeds[Int.random(in: 0..<Self.seeds.count, using: &random)]
            }
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            default: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            }
        }
        return bytes
    }

    @Test(
        "100,000 random and mutated inputs: no crash, and any chunking gives the same messages",
        .timeLimit(.minutes(3))
    )
    func fuzz() async {
        let different = await withTaskGroup(of: Int.self) { group in
            for part in 0..<2 {
                group.addTask { @concurrent in
                    var random = SplitMix(state: 20_261_123 + UInt64(part))
                    var different = 0
                    for round in 0..<50_000 {
                        // Other tests run on the same two threads.
                        if round % 10 == 0 { await Task.yield() }
                        let bytes = input(&random)
                        let whole = parse(bytes)
                        let chunks = (0..<3).map { _ in Int.random(in: 1...9, using: &random) }
                        let cut = parse(bytes, chunks: chunks)
                        if whole.elements != cut.elements || whole.fault != cut.fault { different += 1 }
                    }
                    return different
                }
            }
            return await group.reduce(0, +)
        }
        #expect(different == 0)
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
