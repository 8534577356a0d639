/// An action for Asterisk's manager interface: its name and its headers, in order. A header may repeat
/// (`Variable`).
public struct ManagerAction: Sendable, Hashable {
    /// A header of an action.
    public struct Field: Sendable, Hashable {
        /// For instance `Channel`; Asterisk does not mind upper and lower case.
        public var name: String
        /// Text up to the end of the line.
        public var value: String

        /// A header with its parts.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// For instance `Setvar`.
    public var name: String
    /// Headers but `Action` and `ActionID`, which the way to Asterisk adds.
    public var fields: [Field]

    /// An action with its headers.
    public init(_ name: String, _ fields: KeyValuePairs<String, String> = [:]) {
        self.name = name
        self.fields = fields.map { Field($0.key, $0.value) }
    }

    /// Adds a header; `nil` adds none.
    public mutating func add(_ name: String, _ value: String?) {
        if let value { fields.append(Field(name, value)) }
    }

    /// Adds a header `Variable` for a channel variable of a new channel. Asterisk cuts the header at commas and
    /// takes quotes and backslashes away, so they are escaped (seen on Asterisk 22.10).
    public mutating func addVariable(_ name: String, _ value: String) {
        var escaped = ""
        for character in value.unicodeScalars {
            if character == "\\" || character == "," || character == "\"" { escaped += "\\" }
            escaped.unicodeScalars.append(character)
        }
        add("Variable", "\(name)=\(escaped)")
    }
}

extension ManagerAction {
    /// Bytes of a line without its end that Asterisk reads; it refuses longer ones and loses its place in the
    /// message (seen on Asterisk 22.10).
    public static let longestLine = 1_022
    /// Headers beside `Action` and `ActionID`: Asterisk reads 128 lines.
    public static let mostFields = 126

    /// Checks that the action goes to Asterisk as the one message that it is: a line end in a value would begin
    /// a header, or an action, of whoever chose the value.
    /// - Throws: ``ManagerFailure/unsendable(_:)``.
    public func validate() throws(ManagerFailure) {
        let isWord = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard !name.isEmpty, name.utf8.allSatisfy(isWord) else { throw .unsendable("no name of an action") }
        guard fields.count <= Self.mostFields else { throw .unsendable("\(name) has too many headers") }
        for field in fields {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }) else {
                throw .unsendable("\(name) has a header without a proper name")
            }
            guard !["action", "actionid"].contains(field.name.lowercased()) else {
                throw .unsendable("\(name) has a header \(field.name) of its own")
            }
            guard !field.value.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
                throw .unsendable("\(field.name) of \(name) holds a line end")
            }
            guard field.name.utf8.count + 2 + field.value.utf8.count <= Self.longestLine else {
                throw .unsendable("\(field.name) of \(name) is too long")
            }
        }
    }
}

/// Why an action had no effect, or none that we know of.
public enum ManagerFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is no connection, it broke, or amid answered no success. The text is for logs and `original_error`.
    case unreachable(String)
    /// No whole answer within the limit; the action may have been performed.
    case timedOut
    /// Asterisk answered `Response: Error` with this message.
    case refused(message: String, action: String)
    /// The answer makes no sense.
    case malformed(String)
    /// The action cannot be written as one message, and was not sent.
    case unsendable(String)

    /// A short text without secrets.
    public var description: String {
        switch self {
        case .unreachable(let text), .malformed(let text), .unsendable(let text): text
        case .timedOut: "no answer within the time limit"
        case .refused(let message, _): message
        }
    }
}
