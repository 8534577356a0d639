public import Foundation

/// Any JSON value: the details of an error, the payload of a bus event, a configuration tree.
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

/// What is read of a JSON text at most. A short text can hold far more values than its bytes suggest: each costs 40
/// bytes and more once it is read.
public struct JSONLimits: Sendable, Hashable {
    /// Arrays and objects within each other.
    public var depth: Int
    /// Values altogether: elements, members and what they are in.
    public var values: Int
    /// Bytes of one string or key, as it is written.
    public var text: Int

    /// Limits with their parts, 1 at least each.
    public init(depth: Int, values: Int, text: Int) {
        self.depth = depth
        self.values = values
        self.text = text
    }

    /// For what our own servers send, whose length is bounded elsewhere; 512 is Foundation's depth too.
    public static let trusted = JSONLimits(depth: 512, values: .max, text: .max)
}

extension JSONValue: Codable {
    /// Decodes any JSON; integers stay integers.
    /// - Throws: `DecodingError` when the value is none of JSON's kinds.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // A wrong guess costs an error, which is slow: what is most frequent comes first.
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// Encodes the value itself, without a wrapper.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension JSONValue {
    /// Parses JSON text of any top-level kind: strict RFC 8259, UTF-8 without a byte order mark. A number without
    /// fraction and exponent that fits is an integer, any other a double; the last of equal keys wins.
    /// - Parameters:
    ///   - data: The text.
    ///   - limits: What is read at most.
    /// - Throws: ``JSONSyntaxError`` when the bytes are not JSON, or go beyond the limits.
    public init(parsing data: Data, limits: JSONLimits = .trusted) throws(JSONSyntaxError) {
        let result = data.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: UInt8.self) { bytes in
                Result { () throws(JSONSyntaxError) in try JSONParser(bytes, limits: limits).parse() }
            }
        }
        self = try result.get()
    }

    /// The member of an object; `nil` for another kind and for an absent key.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// The text of a string; `nil` for any other kind.
    public var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The value of an integer; `nil` for any other kind.
    public var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// The value of a boolean; `nil` for any other kind.
    public var boolean: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The members of an object; `nil` for any other kind.
    public var object: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// The elements of an array; `nil` for any other kind.
    public var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// Compact JSON with sorted keys. Foundation's encoder costs about 100 µs for an event body, this
    /// writer a few, and events and rows are written at every step of a call.
    public var text: String {
        var out: [UInt8] = []
        out.reserveCapacity(256)
        write(to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .integer(let value): out += String(value).utf8
        // JSON has no spelling for infinities; null is what JavaScript writes.
        case .number(let value): out += (value.isFinite ? "\(value)" : "null").utf8
        case .string(let value): Self.write(value, to: &out)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                element.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &out)
                out.append(UInt8(ascii: ":"))
                member.value.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    /// Copies the stretches between characters that must be escaped, which few texts have.
    private static func write(_ string: String, to out: inout [UInt8]) {
        var string = string
        out.append(UInt8(ascii: "\""))
        string.withUTF8 { bytes in
            var start = 0
            for index in 0..<bytes.count {
                let byte = bytes[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                out += UnsafeBufferPointer(rebasing: bytes[start..<index])
                out += escape(byte).utf8
                start = index + 1
            }
            out += UnsafeBufferPointer(rebasing: bytes[start...])
        }
        out.append(UInt8(ascii: "\""))
    }

    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""): return "\\\""
        case UInt8(ascii: "\\"): return "\\\\"
        case UInt8(ascii: "\n"): return "\\n"
        case UInt8(ascii: "\r"): return "\\r"
        case UInt8(ascii: "\t"): return "\\t"
        default:
            let digits = String(byte, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByNilLiteral
{
    /// `"text"`
    public init(stringLiteral value: String) { self = .string(value) }
    /// `42`
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// `true`
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `["key": value]`; the last of equal keys wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
    /// `[value, …]`
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// `nil`
    public init(nilLiteral: ()) { self = .null }
}
