import Glibc

/// Addresses with a common beginning, for instance `192.0.2.0/24`, `2001:db8::/32` or a single one.
public struct AddressRange: Sendable, Hashable {
    /// Four or sixteen bytes.
    private let bytes: [UInt8]
    private let bits: Int

    /// Reads a range; `nil` when it is none. Host names are none: who asks must not depend on the name service.
    public init?(_ text: String) {
        let parts = text.unicodeScalars.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            .map { String($0) }
        guard let first = parts.first, let bytes = Self.bytes(of: first) else { return nil }
        self.bytes = bytes
        guard parts.count == 2 else {
            bits = bytes.count * 8
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]),
            bits <= bytes.count * 8
        else { return nil }
        self.bits = bits
    }

    /// Whether an address, as text, lies in the range. A peer that comes in IPv6 dress (`::ffff:192.0.2.1`) is taken for what
    /// it is.
    public func contains(_ address: String) -> Bool {
        guard var peer = Self.bytes(of: address) else { return false }
        if peer.count == 16, bytes.count == 4, peer.starts(with: Self.mapped) { peer.removeFirst(Self.mapped.count) }
        guard peer.count == bytes.count else { return false }
        let whole = bits / 8
        guard peer.prefix(whole) == bytes.prefix(whole) else { return false }
        let rest = bits % 8
        if rest == 0 { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - rest))
        return peer[whole] & mask == bytes[whole] & mask
    }

    /// How IPv6 writes an IPv4 address (RFC 4291 §2.5.5.2).
    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    /// Four or sixteen bytes; `nil` when the text is no address.
    private static func bytes(of text: String) -> [UInt8]? {
        // The system reads up to the first NUL.
        if text.utf8.contains(0) { return nil }
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
