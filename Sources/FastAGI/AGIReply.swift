/// Asterisk's answer to one command (contract 40 §4).
public enum AGIReply: Sendable, Hashable {
    /// 200: the command was executed.
    case done(AGIResult)
    /// 510: no such command.
    case unknownCommand
    /// 511: not on a channel that has hung up.
    case deadChannel
    /// 520: wrong words; the usage text, if Asterisk gave one.
    case wrongUsage(String)
}

/// What a 200 line says: `200 result=<value> (<data>) endpos=<samples>`.
public struct AGIResult: Sendable, Hashable {
    /// The text after `result=`, empty for `200 result=`.
    public var value: String
    /// What is between the parentheses, as it came; `nil` without parentheses.
    public var data: [UInt8]?
    /// Position in the file when it stopped, in samples.
    public var endPosition: Int?

    /// A result with its parts.
    public init(value: String, data: [UInt8]? = nil, endPosition: Int? = nil) {
        self.value = value
        self.data = data
        self.endPosition = endPosition
    }

    /// `value` as a number; `nil` when it is none.
    public var number: Int? { Int(value) }
    /// `data` as text, invalid UTF-8 replaced; empty without data.
    public var text: String { String(decoding: data ?? [], as: UTF8.self) }
}

extension AGIResult {
    /// Reads a 200 line, or the lines of one joined by LF.
    enum Reading: Hashable {
        case whole(AGIResult)
        /// A value with a newline in it: more lines belong to it.
        case unfinished
        case malformed
    }

    private static let head = Array("200 result=".utf8)

    static func read(_ line: [UInt8]) -> Reading {
        guard line.starts(with: head) else { return .malformed }
        let rest = line[head.count...]
        let valueEnd = rest.firstIndex(of: 0x20) ?? rest.endIndex
        var result = AGIResult(value: String(decoding: rest[..<valueEnd], as: UTF8.self))
        var tail = rest[valueEnd...].dropFirst()
        if tail.first == UInt8(ascii: "(") {
            guard let close = tail.lastIndex(of: UInt8(ascii: ")")) else { return .unfinished }
            result.data = Array(tail[tail.index(after: tail.startIndex)..<close])
            tail = tail[tail.index(after: close)...]
            // Text after the last parenthesis that is not `endpos` is still the value.
            if tail.isEmpty || Array(tail) == [0x0D] { return .whole(result) }
            guard tail.first == 0x20 else { return .unfinished }
            guard let position = endPosition(tail.dropFirst()) else { return .unfinished }
            result.endPosition = position
            return .whole(result)
        }
        if tail.trimmingBlanks().isEmpty { return .whole(result) }
        guard let position = endPosition(tail) else { return .malformed }
        result.endPosition = position
        return .whole(result)
    }

    private static func endPosition(_ text: ArraySlice<UInt8>) -> Int? {
        let text = text.trimmingBlanks()
        let name = "endpos=".utf8
        return text.starts(with: name) ? Int(String(decoding: text.dropFirst(name.count), as: UTF8.self)) : nil
    }
}
