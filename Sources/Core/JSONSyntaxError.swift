/// Why bytes are not JSON (RFC 8259), and where.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: String, Sendable, Hashable {
        /// The bytes end within a value.
        case unexpectedEnd = "unexpected end"
        /// A byte that cannot stand here.
        case unexpectedByte = "unexpected byte"
        /// A value is complete, and more follows.
        case trailingBytes = "bytes after the value"
        /// Leading zero, missing digit.
        case malformedNumber = "malformed number"
        /// Beyond what a `Double` can hold.
        case numberOutOfRange = "number out of range"
        /// A control character that is not escaped.
        case controlCharacter = "control character in a string"
        /// A backslash with something that JSON does not know.
        case unknownEscape = "unknown escape"
        /// Half of a surrogate pair.
        case loneSurrogate = "lone surrogate"
        /// Bytes of a string that are not UTF-8.
        case malformedUTF8 = "malformed UTF-8"
        /// More arrays and objects within each other than the limit.
        case nestedTooDeeply = "nested too deeply"
        /// More values altogether than the limit.
        case tooManyValues = "too many values"
        /// A string of more bytes than the limit.
        case textTooLong = "a string is too long"
    }

    /// What is wrong.
    public var reason: Reason
    /// Bytes before the fault.
    public var offset: Int

    /// A fault at a place.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// For instance `lone surrogate at byte 12`.
    public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
