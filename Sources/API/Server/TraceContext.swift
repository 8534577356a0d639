import Core

/// The ids under which a request's log lines can be joined with those of its caller (contract 00 §3).
///
/// The trace id and the caller's span come from header `traceparent` (W3C Trace Context) when it is valid;
/// the request's own span is always new. Nothing is sent back.
struct TraceContext: Sendable, Equatable {
    /// Sixteen bytes.
    var trace: ID128
    /// Eight bytes: this request.
    var span: ID64
    /// The caller's span, if there is a valid one.
    var parent: ID64?

    /// - Parameters:
    ///   - header: Header `traceparent`.
    ///   - random: Where new ids come from.
    init(header: String?, random: inout some RandomNumberGenerator) {
        span = ID64(value: .random(in: 1...UInt64.max, using: &random))
        if let header, let (trace, parent) = Self.parse(header) {
            self.trace = trace
            self.parent = parent
        } else {
            trace = ID128(
                high: .random(in: 1...UInt64.max, using: &random),
                low: .random(in: 0...UInt64.max, using: &random)
            )
            parent = nil
        }
    }

    /// `<version>-<32 hex>-<16 hex>-<flags>`: version ff and ids of zeros are invalid.
    private static func parse(_ header: String) -> (ID128, ID64)? {
        let parts = header.parts(separatedBy: "-", keepingEmpty: true)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[1].utf8.count == 32, parts[2].utf8.count == 16,
            parts[3].utf8.count == 2, let version = hexadecimal(parts[0]), version != 0xff,
            // Version 00 has exactly four parts; later ones may have more.
            version != 0 || parts.count == 4, hexadecimal(parts[3]) != nil,
            let high = hexadecimal(parts[1].prefix(16)), let low = hexadecimal(parts[1].dropFirst(16)),
            let parent = hexadecimal(parts[2]), parent != 0, high != 0 || low != 0
        else { return nil }
        return (ID128(high: high, low: low), ID64(value: parent))
    }

    /// Lower-case digits only, as the standard demands.
    private static func hexadecimal(_ text: some StringProtocol) -> UInt64? {
        var value: UInt64 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }

    /// An id that becomes text only when a log line is written.
    struct ID64: Sendable, Equatable, CustomStringConvertible {
        var value: UInt64
        var description: String { Self.text(value) }

        static func text(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }

    /// An id that becomes text only when a log line is written.
    struct ID128: Sendable, Equatable, CustomStringConvertible {
        var high: UInt64
        var low: UInt64
        var description: String { ID64.text(high) + ID64.text(low) }
    }
}
