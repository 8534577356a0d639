/// A message that a SIPp sent or received.
public struct SIPTraceEntry: Sendable, Hashable {
    /// From SIPp's point of view.
    public enum Direction: Sendable {
        case sent, received
    }

    /// Which way it went.
    public let direction: Direction
    /// The message.
    public let message: SIPMessage

    /// Whether this is a request of that method that went that way.
    public func isRequest(_ method: String, _ direction: Direction) -> Bool {
        self.direction == direction && message.method == method
    }

    /// Whether this is a response of that status to a request of that method that went that way.
    public func isResponse(_ status: Int, to method: String, _ direction: Direction) -> Bool {
        self.direction == direction && message.status == status && message.sequenceMethod == method
    }

    /// One line for a timeline, for instance `sent INVITE sip:5000@127.0.0.1:5060 SIP/2.0`.
    public var summary: String { "\(direction) \(message.startLine)" }
}

/// Reads SIPp's message log (-trace_msg) as it grows: a dashed line with the time, a line like
/// `UDP message received [268] bytes :` or `UDP message sent (482 bytes):`, an empty line, then so many bytes.
struct SIPTraceParser {
    private var buffer: [UInt8] = []

    /// Takes the next bytes of the log and returns the messages that are complete now.
    mutating func append(_ bytes: some Sequence<UInt8>) -> [SIPTraceEntry] {
        buffer.append(contentsOf: bytes)
        var entries: [SIPTraceEntry] = []
        while let next = takeMessage() {
            if let message = SIPMessage(next.text) {
                entries.append(SIPTraceEntry(direction: next.direction, message: message))
            }
        }
        return entries
    }

    /// Removes the first complete block of the buffer.
    private mutating func takeMessage() -> (direction: SIPTraceEntry.Direction, text: String)? {
        var lineStart = 0
        while let lineEnd = buffer[lineStart...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: buffer[lineStart..<lineEnd], as: UTF8.self)
            lineStart = lineEnd + 1
            guard let head = Self.head(line) else { continue }
            let start = lineEnd + 2  // behind the empty line
            guard buffer.count >= start + head.length else { return nil }
            let text = String(decoding: buffer[start..<start + head.length], as: UTF8.self)
            buffer.removeFirst(start + head.length)
            return (head.direction, text)
        }
        return nil
    }

    /// Direction and length, if the line is the head of a message.
    private static func head(_ line: String) -> (direction: SIPTraceEntry.Direction, length: Int)? {
        let words = line.split(separator: " ")
        guard words.count >= 4, words[1] == "message", words[0] == "UDP" || words[0] == "TCP" else {
            return nil
        }
        let direction: SIPTraceEntry.Direction
        switch words[2] {
        case "sent": direction = .sent
        case "received": direction = .received
        default: return nil
        }
        guard let length = Int(words[3].filter(\.isNumber)) else { return nil }
        return (direction, length)
    }
}
