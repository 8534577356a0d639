import Core
import NIOCore
import Telephony

/// The wire of the manager interface, from bytes to messages: a banner line, then blocks of `Name: value` lines that
/// end with an empty line.
///
/// Asterisk ends lines with CRLF, and values may hold a bare line feed (contract 31 §7.2); a value that could end its
/// line would let whoever chose it write headers. So the banner's line end is the one of all lines. Answers of older
/// versions to `Command` (`Response: Follows`) are read too.
struct AMIParser {
    /// What was read.
    enum Element: Hashable {
        case banner(String)
        case message(ManagerMessage)
    }

    /// The peer is no manager interface, or not one that we can follow.
    enum Fault: Error, Hashable {
        case lineTooLong
        case messageTooLong
    }

    /// Bytes of a line; Asterisk's own longest are values of channel variables.
    static let lineLimit = 256 << 10
    /// Bytes of a message; the longest are outputs of commands.
    static let messageLimit = 16 << 20
    /// Lines of a message.
    static let fieldLimit = 200_000
    private static let endOfCommand = "--END COMMAND--"

    private enum Phase {
        case banner
        /// Between the lines of a message, which may have none yet.
        case message
        /// In the output of an older `Command`; `headers` until its first line.
        case output(headers: Bool)
    }

    private var buffer = ByteBuffer()
    /// Bytes at the front that are known to hold no end of the line.
    private var scanned = 0
    private var endsWithCR = true
    private var phase = Phase.banner
    private var message = ManagerMessage()
    private var fields = 0
    private var bytes = 0

    /// Bytes that make no whole message yet.
    var pendingBytes: Int { buffer.readableBytes + bytes }

    mutating func append(_ more: inout ByteBuffer) {
        if buffer.readableBytes == 0 { buffer.clear() }
        buffer.writeBuffer(&more)
    }

    /// The next banner or message; `nil` when none is whole. A fault is final.
    mutating func next() throws(Fault) -> Element? {
        while let line = try nextLine() {
            if let element = try receive(line) { return element }
        }
        return nil
    }

    // MARK: Lines

    private mutating func nextLine() throws(Fault) -> ByteBufferView? {
        let view = buffer.readableBytesView
        while let feed = view.dropFirst(scanned).firstIndex(of: 0x0A) {
            let length = feed - view.startIndex
            let hasCR = length > 0 && view[feed - 1] == 0x0D
            guard hasCR || isFeedEnough else {
                scanned = length + 1
                continue
            }
            if length > Self.lineLimit { throw .lineTooLong }
            if case .banner = phase { endsWithCR = hasCR }
            scanned = 0
            buffer.moveReaderIndex(forwardBy: length + 1)
            return view[view.startIndex..<(hasCR ? feed - 1 : feed)]
        }
        scanned = view.count
        if scanned > Self.lineLimit { throw .lineTooLong }
        return nil
    }

    private var isFeedEnough: Bool {
        switch phase {
        case .banner, .output: true
        case .message: !endsWithCR
        }
    }

    // MARK: Messages

    private mutating func receive(_ line: ByteBufferView) throws(Fault) -> Element? {
        if case .banner = phase {
            phase = .message
            return .banner(String(decoding: line, as: UTF8.self))
        }
        if case .message = phase, line.isEmpty {
            guard fields > 0 else { return nil }
            defer { reset() }
            return .message(message)
        }
        bytes += line.count
        fields += 1
        if bytes > Self.messageLimit || fields > Self.fieldLimit { throw .messageTooLong }
        if case .output(let headers) = phase {
            receiveOutput(String(decoding: line, as: UTF8.self), headers: headers)
        } else if let (name, value) = Self.field(line) {
            message.append(name, value)
            if name == "Response", value == "Follows" { phase = .output(headers: true) }
        }
        return nil
    }

    private mutating func receiveOutput(_ line: String, headers: Bool) {
        if headers, let (name, value) = Self.field(ByteBufferView(ByteBuffer(string: line))),
            name == "Privilege" || name == "ActionID" || name == "Message"
        {
            return message.append(name, value)
        }
        guard line.ends(with: Self.endOfCommand) else {
            phase = .output(headers: false)
            return message.append("Output", line)
        }
        let rest = line.dropLast(Self.endOfCommand.count)
        if !rest.isEmpty { message.append("Output", String(rest)) }
        phase = .message
    }

    private mutating func reset() {
        message = ManagerMessage()
        fields = 0
        bytes = 0
    }

    /// Cuts at the first colon with a space behind it, since names hold channel names and these hold colons. A line
    /// that is no header is passed over.
    private static func field(_ line: ByteBufferView) -> (name: String, value: String)? {
        var colon = line.startIndex
        var first: Int?
        while let found = line[colon...].firstIndex(of: 0x3A) {
            if first == nil { first = found }
            let next = found + 1
            if next < line.endIndex, line[next] == 0x20 {
                return (text(line[line.startIndex..<found]), text(line[(next + 1)...]))
            }
            colon = next
        }
        guard let first else { return nil }
        return (text(line[line.startIndex..<first]), text(line[(first + 1)...]))
    }

    private static func text(_ bytes: ByteBufferView.SubSequence) -> String { String(decoding: bytes, as: UTF8.self) }
}
