/// Sorts what Asterisk sends after the environment: replies, hang-up notes and lines that are none
/// (contract 40 §4).
struct AGIReplyParser {
    /// What a line turned out to be.
    enum Event: Hashable {
        /// The reply to the command in progress.
        case reply(AGIReply)
        /// The channel hung up; the session goes on.
        case hangup
        /// Nothing yet, or nothing at all.
        case ignored
        /// A line that is no reply; `isFirst` for the first one of the session.
        case stray(isFirst: Bool)
    }

    /// Why a session cannot go on.
    enum Fault: Error, Hashable {
        case malformedReply(String)
        case replyTooLong
        case tooManyStrayLines
    }

    private enum Phase {
        case lines
        /// A 200 line whose value holds a newline.
        case value([UInt8])
        /// Inside a 520 block; `isReply` is false for the block that follows an `EXEC` with result 1.
        case usage([UInt8], isReply: Bool)
    }

    /// Longest value and usage text.
    static let longestReply = 65_536
    /// Lines of one value or usage text: joining them costs more with each.
    static let longestReplyInLines = 1_024
    /// Lines in a row that are no reply.
    static let strayLimit = 20

    private var phase = Phase.lines
    private var isExpecting = false
    private var isExec = false
    /// An `EXEC` whose application returned 1 is followed by a usage block (contract 40 §4).
    private var usageMayFollow = false
    private var continuations = 0
    private var strays = 0
    private var hasSeenStray = false

    /// Whether the lines so far are the start of a value.
    var isInsideValue: Bool {
        if case .value = phase { true } else { false }
    }

    /// Notes that a command was sent.
    mutating func expectReply(toExec isExec: Bool) {
        isExpecting = true
        self.isExec = isExec
    }

    /// Takes one line without its LF.
    mutating func receive(_ line: [UInt8]) throws(Fault) -> Event {
        if case .lines = phase {
            continuations = 0
            return try receiveLine(line)
        }
        continuations += 1
        if continuations > Self.longestReplyInLines { throw .replyTooLong }
        switch phase {
        case .value(let value): return try finish(value + [0x0A] + line)
        case .usage(let text, let isReply): return try receiveUsage(line, after: text, isReply: isReply)
        case .lines: return .ignored
        }
    }

    private mutating func receiveLine(_ line: [UInt8]) throws(Fault) -> Event {
        if Self.isHangup(line) { return try noReply(.hangup) }
        guard let code = Self.code(of: line) else { return try stray() }
        switch code {
        case 100...199:
            return try noReply(.ignored)
        case 520 where usageMayFollow:
            usageMayFollow = false
            if Self.opensBlock(line) { phase = .usage([], isReply: false) }
            return .ignored
        case _ where !isExpecting:
            return try stray()
        case 200: return try finish(line)
        case 510: return reply(.unknownCommand)
        case 511: return reply(.deadChannel)
        case 520:
            guard Self.opensBlock(line) else { return reply(.wrongUsage("")) }
            phase = .usage([], isReply: true)
            return .ignored
        default:
            throw .malformedReply(Self.excerpt(of: line))
        }
    }

    private mutating func finish(_ line: [UInt8]) throws(Fault) -> Event {
        if line.count > Self.longestReply { throw .replyTooLong }
        switch AGIResult.read(line) {
        case .unfinished:
            phase = .value(line)
            return .ignored
        case .malformed:
            throw .malformedReply(Self.excerpt(of: line))
        case .whole(let result):
            phase = .lines
            let mayFollow = isExec && result.value == "1"
            let event = reply(.done(result))
            usageMayFollow = mayFollow
            return event
        }
    }

    private mutating func receiveUsage(
        _ line: [UInt8],
        after text: [UInt8],
        isReply: Bool
    ) throws(Fault) -> Event {
        if Self.isHangup(line) { return .hangup }
        if Self.code(of: line) == 520, !Self.opensBlock(line) {
            phase = .lines
            return isReply ? reply(.wrongUsage(String(decoding: text, as: UTF8.self))) : .ignored
        }
        let text = text.isEmpty ? line : text + [0x0A] + line
        if text.count > Self.longestReply { throw .replyTooLong }
        phase = .usage(text, isReply: isReply)
        return .ignored
    }

    private mutating func reply(_ reply: AGIReply) -> Event {
        isExpecting = false
        usageMayFollow = false
        strays = 0
        return .reply(reply)
    }

    private mutating func stray() throws(Fault) -> Event {
        let isFirst = !hasSeenStray
        hasSeenStray = true
        return try noReply(.stray(isFirst: isFirst))
    }

    /// Hang-up notes and provisional lines count too: a peer must not keep us reading for ever.
    private mutating func noReply(_ event: Event) throws(Fault) -> Event {
        strays += 1
        if strays > Self.strayLimit { throw .tooManyStrayLines }
        return event
    }

    private static func isHangup(_ line: [UInt8]) -> Bool {
        line.count >= 6 && line[...].trimmingBlanks().elementsEqual("HANGUP".utf8)
    }

    private static func code(of line: [UInt8]) -> Int? {
        guard line.count >= 3, line[..<3].allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        if line.count > 3, line[3] != 0x20, line[3] != 0x2D, line[3] != 0x0D { return nil }
        return line[..<3].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func opensBlock(_ line: [UInt8]) -> Bool { line.count > 3 && line[3] == 0x2D }

    private static func excerpt(of line: [UInt8]) -> String {
        String(decoding: line.prefix(120), as: UTF8.self)
    }
}
