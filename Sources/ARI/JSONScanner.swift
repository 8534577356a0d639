/// Walks over JSON bytes and builds only the values that are asked for: an event's head, or the members of a whole
/// event that we keep, at a small part of the cost of decoding it. It checks what it must understand; of what it
/// passes over only the nesting, as Asterisk is no source of false JSON.
struct JSONScanner {
    struct Malformed: Error {}

    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var position: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    private mutating func skipBlanks() {
        while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
    }

    /// The next byte that is no blank, without taking it; 0 at the end.
    mutating func peek() -> UInt8 {
        skipBlanks()
        return position < bytes.count ? bytes[position] : 0
    }

    private mutating func take(_ byte: UInt8) throws {
        guard peek() == byte else { throw Malformed() }
        position += 1
    }

    /// Calls `member` with each key of the object that begins here, the scanner before its value; what
    /// `member` does not take is skipped.
    /// - Parameter member: Returns whether it has taken the value.
    mutating func object(_ member: (Span<UInt8>, inout JSONScanner) throws -> Bool) throws {
        try take(UInt8(ascii: "{"))
        if peek() == UInt8(ascii: "}") { return position += 1 }
        while true {
            let key = try stringRange()
            try take(UInt8(ascii: ":"))
            // Names of members that are looked for hold no escapes; another cannot be one of them.
            if try !member(Span(_unsafeElements: UnsafeBufferPointer(rebasing: bytes[key])), &self) { try skipValue() }
            switch peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"): return position += 1
            default: throw Malformed()
            }
        }
    }

    /// The texts of the array that begins here.
    mutating func strings() throws -> [String] {
        try take(UInt8(ascii: "["))
        var texts: [String] = []
        if peek() == UInt8(ascii: "]") {
            position += 1
            return texts
        }
        while true {
            texts.append(try string())
            switch peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return texts
            default: throw Malformed()
            }
        }
    }

    /// The text that begins here.
    mutating func string() throws -> String {
        let range = try stringRange()
        return try Self.text(UnsafeBufferPointer(rebasing: bytes[range]))
    }

    private static func text(_ raw: UnsafeBufferPointer<UInt8>) throws -> String {
        guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
        return try unescaped(raw)
    }

    /// The bytes between the quotes.
    private mutating func stringRange() throws -> Range<Int> {
        try take(UInt8(ascii: "\""))
        let start = position
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                position = index + 1
                return start..<index
            }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        position = bytes.count
        throw Malformed()
    }

    /// Passes over the value that begins here, nested ones without recursion.
    mutating func skipValue() throws {
        var depth = 0
        repeat {
            switch peek() {
            case UInt8(ascii: "\""): _ = try stringRange()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw Malformed() }
                position += 1
            case 0: throw Malformed()
            default: skipScalar()
            }
        } while depth > 0
        guard depth == 0 else { throw Malformed() }
    }

    private mutating func skipScalar() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":"), 0...0x20: return
            default: position += 1
            }
        }
    }

    private static func unescaped(_ raw: UnsafeBufferPointer<UInt8>) throws -> String {
        var units: [UInt16] = []
        var out = ""
        func flush() {
            out += String(decoding: units, as: UTF16.self)
            units = []
        }
        var index = 0
        while index < raw.count {
            if raw[index] != UInt8(ascii: "\\") {
                flush()
                let start = index
                while index < raw.count, raw[index] != UInt8(ascii: "\\") { index += 1 }
                out += String(decoding: UnsafeBufferPointer(rebasing: raw[start..<index]), as: UTF8.self)
                continue
            }
            guard index + 1 < raw.count else { throw Malformed() }
            let escape = raw[index + 1]
            index += 2
            if escape == UInt8(ascii: "u") {
                guard index + 4 <= raw.count,
                    let unit = UInt16(
                        String(decoding: UnsafeBufferPointer(rebasing: raw[index..<index + 4]), as: UTF8.self),
                        radix: 16
                    )
                else { throw Malformed() }
                units.append(unit)
                index += 4
            } else {
                guard let plain = escapes[escape] else { throw Malformed() }
                units.append(UInt16(plain))
            }
        }
        flush()
        return out
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
        UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
        UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
}
