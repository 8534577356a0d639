/// Reads a whole JSON text into a ``JSONValue``: RFC 8259 and nothing more.
///
/// Foundation's decoder gives the same values, but by way of a chain of attempts (`JSONValue.init(from:)`) that
/// throws and catches an error for nearly every value.
struct JSONParser: ~Copyable {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let limits: JSONLimits
    private var position = 0
    /// Values that may still come.
    private var valuesLeft: Int
    private var depth = 0

    /// - Parameters:
    ///   - bytes: Must outlive the parser.
    ///   - limits: Looked at while the bytes are read, so that nothing is made of what goes beyond them.
    init(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        valuesLeft = limits.values
    }

    /// The value that all of the bytes mean.
    /// - Throws: ``JSONSyntaxError``
    consuming func parse() throws(JSONSyntaxError) -> JSONValue {
        skipBlanks()
        let value = try value()
        skipBlanks()
        guard position == bytes.count else { throw fault(.trailingBytes) }
        return value
    }

    private func fault(_ reason: JSONSyntaxError.Reason) -> JSONSyntaxError { JSONSyntaxError(reason, at: position) }

    /// What is wrong when the byte at the position, or the end there, is not what must follow.
    private func unexpected() -> JSONSyntaxError {
        fault(position < bytes.count ? .unexpectedByte : .unexpectedEnd)
    }

    /// The byte at the position; 0, which nothing accepts outside a string, at the end.
    private var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        guard valuesLeft > 0 else { throw fault(.tooManyValues) }
        valuesLeft -= 1
        switch current {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try nested { (parser) throws(JSONSyntaxError) in .object(try parser.members()) }
        case UInt8(ascii: "["): return try nested { (parser) throws(JSONSyntaxError) in .array(try parser.elements()) }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw unexpected()
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        for index in 0..<text.utf8CodeUnitCount {
            guard current == text.utf8Start[index] else { throw unexpected() }
            position += 1
        }
        return value
    }

    /// Takes the opening bracket and counts the depth around `body`.
    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        guard depth < limits.depth else { throw fault(.nestedTooDeeply) }
        depth += 1
        position += 1
        skipBlanks()
        let value = try body(&self)
        depth -= 1
        return value
    }

    /// Elements up to and with the closing bracket.
    private mutating func elements() throws(JSONSyntaxError) -> [JSONValue] {
        var elements: [JSONValue] = []
        if current == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        repeat {
            skipBlanks()
            elements.append(try value())
        } while try another(before: UInt8(ascii: "]"))
        return elements
    }

    /// Members up to and with the closing brace; the last of equal keys wins.
    private mutating func members() throws(JSONSyntaxError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        if current == UInt8(ascii: "}") {
            position += 1
            return members
        }
        repeat {
            skipBlanks()
            guard current == UInt8(ascii: "\"") else { throw unexpected() }
            let key = try string()
            skipBlanks()
            guard current == UInt8(ascii: ":") else { throw unexpected() }
            position += 1
            skipBlanks()
            members[key] = try value()
        } while try another(before: UInt8(ascii: "}"))
        return members
    }

    /// Takes a comma (true) or the closing byte (false).
    private mutating func another(before closing: UInt8) throws(JSONSyntaxError) -> Bool {
        skipBlanks()
        let byte = current
        guard byte == UInt8(ascii: ",") || byte == closing else { throw unexpected() }
        position += 1
        return byte != closing
    }
}

// MARK: Numbers

extension JSONParser {
    /// An integer stays one when it has neither fraction nor exponent and fits; the rest become doubles.
    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let firstDigit = position
        // Negative, because that range is one larger.
        var negated: Int64? = 0
        try takeDigits { digit in
            negated = negated.flatMap { sum in
                let (product, overflow) = sum.multipliedReportingOverflow(by: 10)
                let (difference, underflow) = product.subtractingReportingOverflow(Int64(digit))
                return overflow || underflow ? nil : difference
            }
        }
        if bytes[firstDigit] == UInt8(ascii: "0"), position - firstDigit > 1 {
            throw JSONSyntaxError(.malformedNumber, at: start)
        }
        let isWhole = current != UInt8(ascii: ".") && current | 0x20 != UInt8(ascii: "e")
        if isWhole, let negated {
            if isNegative { return .integer(negated) }
            if negated != .min { return .integer(-negated) }
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try takeDigits { _ in }
        }
        if current | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try takeDigits { _ in }
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        guard let double = Double(text), double.isFinite else { throw JSONSyntaxError(.numberOutOfRange, at: start) }
        return .number(double)
    }

    /// One digit at least.
    private mutating func takeDigits(_ take: (UInt8) -> Void) throws(JSONSyntaxError) {
        let start = position
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            take(digit)
            position += 1
        }
        guard position > start else { throw fault(position < bytes.count ? .malformedNumber : .unexpectedEnd) }
    }
}

// MARK: Strings

extension JSONParser {
    /// Takes a string with its quotes.
    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        try takeUnescaped(of: start)
        if current == UInt8(ascii: "\"") {
            position += 1
            return try text(of: start..<position - 1)
        }
        // Each run between escapes must be UTF-8 by itself, since an escape is.
        var whole = try text(of: start..<position)
        while current == UInt8(ascii: "\\") {
            whole.unicodeScalars.append(try escaped())
            let run = position
            try takeUnescaped(of: start)
            if position > run { whole += try text(of: run..<position) }
        }
        position += 1
        return whole
    }

    /// Goes to the next quote or backslash.
    /// - Parameter start: Where the string begins, for its length.
    private mutating func takeUnescaped(of start: Int) throws(JSONSyntaxError) {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            guard position - start < limits.text else { throw fault(.textTooLong) }
            if byte < 0x20 { throw fault(.controlCharacter) }
            position += 1
        }
        throw fault(.unexpectedEnd)
    }

    private func text(of range: Range<Int>) throws(JSONSyntaxError) -> String {
        let raw = UnsafeBufferPointer(rebasing: bytes[range])
        if let text = String(validating: raw, as: UTF8.self) { return text }
        var offset = range.lowerBound
        do {
            _ = try UTF8Span(validating: raw.span)
        } catch {
            offset += error.byteOffsets.lowerBound
        }
        throw JSONSyntaxError(.malformedUTF8, at: offset)
    }

    /// Takes a backslash and what it escapes.
    private mutating func escaped() throws(JSONSyntaxError) -> Unicode.Scalar {
        let start = position
        position += 1
        let byte = current
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            position += 1
            return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return taken("\u{8}")
        case UInt8(ascii: "f"): return taken("\u{C}")
        case UInt8(ascii: "n"): return taken("\n")
        case UInt8(ascii: "r"): return taken("\r")
        case UInt8(ascii: "t"): return taken("\t")
        case UInt8(ascii: "u"): break
        default: throw position < bytes.count ? JSONSyntaxError(.unknownEscape, at: start) : fault(.unexpectedEnd)
        }
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, current == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw JSONSyntaxError(.loneSurrogate, at: start) }
        position += 1
        let second = try hexadecimal()
        guard 0xDC00..<0xE000 ~= second,
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw JSONSyntaxError(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func taken(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        position += 1
        return scalar
    }

    /// Takes `u` and four hexadecimal digits.
    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt16 {
        position += 1
        var value: UInt16 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch current {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = current - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = current - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = current - UInt8(ascii: "A") + 10
            default: throw position < bytes.count ? fault(.unknownEscape) : fault(.unexpectedEnd)
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
