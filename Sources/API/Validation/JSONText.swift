import Core

/// Reads JSON bodies (RFC 8259) from bytes that anybody may have sent.
///
/// Foundation's decoder finds out the kind of each value by errors thrown in vain, which costs a request more
/// than all the rest of it; this reader goes through the bytes once, and stops at a bounded depth.
enum JSONText {
    /// Arrays and objects within each other at most; deeper is malformed.
    static let maximumDepth = 128

    /// The value; `nil` when the bytes are not one JSON value in UTF-8, blanks around it allowed.
    static func parse(_ bytes: some Collection<UInt8>) -> JSONValue? {
        let parsed = bytes.withContiguousStorageIfAvailable { buffer -> JSONValue? in
            var reader = Reader(bytes: buffer)
            return reader.document()
        }
        if let parsed { return parsed }
        return Array(bytes).withUnsafeBufferPointer { buffer in
            var reader = Reader(bytes: buffer)
            return reader.document()
        }
    }

    /// Every function leaves `index` behind what it has read; `nil` and `false` mean malformed. Beware of `nil` in
    /// a conditional expression: it would be JSON's null.
    private struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        var index = 0
        var depth = 0

        init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

        private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

        mutating func document() -> JSONValue? {
            guard let value = value() else { return nil }
            skipBlanks()
            guard index == bytes.count else { return nil }
            return value
        }

        private mutating func skipBlanks() {
            while index < bytes.count {
                switch bytes[index] {
                case 0x20, 0x09, 0x0a, 0x0d: index += 1
                default: return
                }
            }
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard current == byte else { return false }
            index += 1
            return true
        }

        private mutating func value() -> JSONValue? {
            skipBlanks()
            switch current {
            case UInt8(ascii: "{"): return nested { $0.object() }
            case UInt8(ascii: "["): return nested { $0.array() }
            case UInt8(ascii: "\""): return string().map(JSONValue.string)
            case UInt8(ascii: "t"): return word("true", .bool(true))
            case UInt8(ascii: "f"): return word("false", .bool(false))
            case UInt8(ascii: "n"): return word("null", .null)
            default: return number()
            }
        }

        private mutating func nested(_ read: (inout Reader) -> JSONValue?) -> JSONValue? {
            guard depth < JSONText.maximumDepth else { return nil }
            depth += 1
            index += 1
            defer { depth -= 1 }
            return read(&self)
        }

        private mutating func word(_ text: StaticString, _ value: JSONValue) -> JSONValue? {
            let end = index + text.utf8CodeUnitCount
            guard end <= bytes.count else { return nil }
            for offset in 0..<text.utf8CodeUnitCount where bytes[index + offset] != text.utf8Start[offset] {
                return nil
            }
            index = end
            return value
        }

        private mutating func object() -> JSONValue? {
            var members: [String: JSONValue] = [:]
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(members) }
            while true {
                skipBlanks()
                guard current == UInt8(ascii: "\""), let name = string() else { return nil }
                skipBlanks()
                guard take(UInt8(ascii: ":")), let value = value() else { return nil }
                members[name] = value
                skipBlanks()
                if take(UInt8(ascii: "}")) { return .object(members) }
                guard take(UInt8(ascii: ",")) else { return nil }
            }
        }

        private mutating func array() -> JSONValue? {
            var elements: [JSONValue] = []
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            while true {
                guard let value = value() else { return nil }
                elements.append(value)
                skipBlanks()
                if take(UInt8(ascii: "]")) { return .array(elements) }
                guard take(UInt8(ascii: ",")) else { return nil }
            }
        }

        // MARK: Numbers

        private mutating func number() -> JSONValue? {
            let start = index
            var isInteger = true
            _ = take(UInt8(ascii: "-"))
            // No leading zeros.
            if !take(UInt8(ascii: "0")), digits() == 0 { return nil }
            if take(UInt8(ascii: ".")) {
                isInteger = false
                if digits() == 0 { return nil }
            }
            if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
                isInteger = false
                if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
                if digits() == 0 { return nil }
            }
            let text = String(decoding: bytes[start..<index], as: UTF8.self)
            if isInteger, let value = Int64(text) { return .integer(value) }
            return Double(text).map(JSONValue.number)
        }

        private mutating func digits() -> Int {
            let start = index
            while let byte = current, (0x30...0x39).contains(byte) { index += 1 }
            return index - start
        }

        // MARK: Strings

        private mutating func string() -> String? {
            index += 1
            let start = index
            while let byte = current {
                if byte == UInt8(ascii: "\"") {
                    defer { index += 1 }
                    return String(validating: bytes[start..<index], as: UTF8.self)
                }
                if byte == UInt8(ascii: "\\") { return escapedString(from: start) }
                if byte < 0x20 { return nil }
                index += 1
            }
            return nil
        }

        /// The slow way, from the first escape on.
        private mutating func escapedString(from start: Int) -> String? {
            var text = Array(bytes[start..<index])
            while let byte = current {
                index += 1
                switch byte {
                case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
                case UInt8(ascii: "\\"): if !escape(into: &text) { return nil }
                case 0..<0x20: return nil
                default: text.append(byte)
                }
            }
            return nil
        }

        private mutating func escape(into text: inout [UInt8]) -> Bool {
            guard let byte = current else { return false }
            index += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0c)
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "r"): text.append(0x0d)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = scalar() else { return false }
                text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            default: return false
            }
            return true
        }

        /// A `\u` escape, or two that are one character; half of such a pair is malformed.
        private mutating func scalar() -> Unicode.Scalar? {
            guard let first = codeUnit() else { return nil }
            if let scalar = Unicode.Scalar(first) { return scalar }
            guard UTF16.isLeadSurrogate(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")),
                let second = codeUnit(), UTF16.isTrailSurrogate(second)
            else { return nil }
            return Unicode.Scalar(0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00))
        }

        private mutating func codeUnit() -> UInt16? {
            guard index + 4 <= bytes.count else { return nil }
            var value: UInt16 = 0
            for byte in bytes[index..<(index + 4)] {
                guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
                value = value << 4 | UInt16(digit)
            }
            index += 4
            return value
        }
    }
}
