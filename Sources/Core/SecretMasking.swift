/// Hides secrets in texts that others wrote: error texts of sibling services and of libraries, which may quote a
/// password, a token or a URL with credentials. Such a text goes through here before a log or a client sees it.
///
/// A value is hidden when its name ends in one of ``names`` (`secret=…`, `"X-Auth-Token": "…"`, `password: …`), when it
/// is the password of a URL, or when it follows `/token/` in a path. What is hidden reads `********`.
public enum SecretMasking {
    /// What stands for a secret.
    public static let mask = "********"
    /// Unicode scalars of a foreign text that a client is shown at most.
    public static let longestForClients = 300

    /// Ends of names whose values are secret, in lower case.
    private static let names: [[UInt8]] = [
        "secret", "password", "passwd", "pwd", "token", "authorization", "cookie", "apikey", "api_key", "api-key",
        "service_key", "private_key",
    ].map { Array($0.utf8) }

    /// The text with its secrets hidden; everything else stays as it is.
    public static func masked(_ text: String) -> String {
        // A quick look first: most texts have no place where a secret could begin.
        guard
            text.utf8.contains(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") })
        else { return text }
        var scanner = SecretScanner(Array(text.utf8), secretNames: names)
        return String(decoding: scanner.masked(), as: UTF8.self)
    }

    /// The text as a client may see it: secrets hidden, paths of this machine and control characters left out, and not
    /// longer than ``longestForClients``.
    public static func forClient(_ text: String) -> String {
        // Cut first, generously, so that a text of megabytes costs nothing.
        let scalars = text.unicodeScalars.prefix(longestForClients * 8)
        var printable = String.UnicodeScalarView()
        for scalar in LocalPaths.hidden(masked(String(String.UnicodeScalarView(scalars)))).unicodeScalars {
            if printable.count == longestForClients { break }
            printable.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(printable)
    }

    /// A token of which enough is left to find it in a log or a list: the first and the last four bytes of a long one.
    /// Dashes stay, so that a UUID can be told from other tokens.
    public static func maskedMiddle(_ token: String) -> String {
        let bytes = Array(token.utf8)
        let shown = bytes.count >= 16 ? 4 : 0
        let hidden = bytes.enumerated().map { index, byte in
            let isShown = index < shown || index >= bytes.count - shown || byte == UInt8(ascii: "-")
            // Half of a character must not be left over.
            return isShown && byte < 0x80 ? byte : UInt8(ascii: "X")
        }
        return String(decoding: hidden, as: UTF8.self)
    }
}

/// Finds the values of secrets in bytes of UTF-8. All that it looks for is ASCII, so no character is ever cut.
private struct SecretScanner {
    private let bytes: [UInt8]
    private let secretNames: [[UInt8]]
    private var position = 0
    private var out: [UInt8] = []
    private static let mask = Array(SecretMasking.mask.utf8)
    private static let tokenPath = Array("/token/".utf8)

    init(_ bytes: [UInt8], secretNames: [[UInt8]]) {
        self.bytes = bytes
        self.secretNames = secretNames
    }

    mutating func masked() -> [UInt8] {
        out.reserveCapacity(bytes.count)
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "="), UInt8(ascii: ":"):
                if byte == UInt8(ascii: ":"), takeCredentials() { continue }
                if let value = valueAfterName() {
                    out += bytes[position..<value.lowerBound]
                    out += Self.mask
                    position = value.upperBound
                    continue
                }
            case UInt8(ascii: "/"):
                if takeTokenPath() { continue }
            default: break
            }
            out.append(byte)
            position += 1
        }
        return out
    }

    /// Takes `://user:password@` with the password hidden.
    private mutating func takeCredentials() -> Bool {
        let slashes = position + 3
        guard slashes <= bytes.count, bytes[position + 1..<slashes].allSatisfy({ $0 == UInt8(ascii: "/") }) else {
            return false
        }
        var end = slashes
        var at: Int?
        while end < bytes.count, bytes[end] > 0x20, !Self.endsAuthority(bytes[end]) {
            if bytes[end] == UInt8(ascii: "@") { at = end }
            end += 1
        }
        guard let at, let colon = bytes[slashes..<at].firstIndex(of: UInt8(ascii: ":")) else { return false }
        out += bytes[position...colon]
        out += Self.mask
        position = at
        return true
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
            || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "<")
    }

    /// Takes `/token/…` with the next part of the path hidden.
    private mutating func takeTokenPath() -> Bool {
        let start = position + Self.tokenPath.count
        guard start < bytes.count, bytes[position..<start].elementsEqual(Self.tokenPath) else { return false }
        let end = bytes[start...].firstIndex { Self.endsBareValue($0) || Self.endsAuthority($0) } ?? bytes.count
        guard end > start else { return false }
        out += Self.tokenPath + Self.mask
        position = end
        return true
    }

    /// The value behind the `=` or `:` at the position, when the name before it is a secret's.
    private func valueAfterName() -> Range<Int>? {
        guard let name = nameBefore() else { return nil }
        var start = position + 1
        while start < bytes.count, bytes[start] == 0x20 { start += 1 }
        guard start < bytes.count else { return nil }
        // `\"` and `"` as JSON within JSON has them.
        while start < bytes.count, bytes[start] == UInt8(ascii: "\\") { start += 1 }
        if start < bytes.count, bytes[start] == UInt8(ascii: "\"") || bytes[start] == UInt8(ascii: "'") {
            return quotedValue(from: start + 1, quote: bytes[start])
        }
        let takesLine =
            name.suffix(13).elementsEqual("authorization".utf8) || name.suffix(6).elementsEqual("cookie".utf8)
        let end = bytes[start...].firstIndex { takesLine ? Self.endsLine($0) : Self.endsBareValue($0) } ?? bytes.count
        return end > start ? start..<end : nil
    }

    private func quotedValue(from start: Int, quote: UInt8) -> Range<Int> {
        let backslash = UInt8(ascii: "\\")
        let isEscaped = bytes[start - 2] == backslash
        var end = start
        while end < bytes.count, bytes[end] != quote {
            // An escaped quote belongs to the value, unless the quotes themselves are escaped.
            if bytes[end] == backslash, !isEscaped { end += 1 }
            end += 1
        }
        end = min(end, bytes.count)
        while isEscaped, end > start, bytes[end - 1] == backslash { end -= 1 }
        return start..<end
    }

    private static func endsLine(_ byte: UInt8) -> Bool {
        byte == 0x0A || byte == 0x0D || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
    }

    private static func endsBareValue(_ byte: UInt8) -> Bool {
        byte <= 0x20 || "&\"',;)}]<>\\".utf8.contains(byte)
    }

    /// The name that ends before the position, quotes around it left out, in lower case; `nil` when it is not secret.
    private func nameBefore() -> [UInt8]? {
        var end = position
        while end > 0, bytes[end - 1] == 0x20 || "\"'\\]".utf8.contains(bytes[end - 1]) { end -= 1 }
        var start = end
        while start > 0, end - start < 64, Self.isOfName(bytes[start - 1]) { start -= 1 }
        let name = bytes[start..<end].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return secretNames.contains { name.suffix($0.count).elementsEqual($0) } ? name : nil
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}

/// Absolute paths of this machine, which tell a client how it is laid out.
private enum LocalPaths {
    private static let roots: Set<String> = [
        "bin", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys",
        "tmp", "usr", "var",
    ]

    /// The text with each path below one of the usual folders of the root written as `…`.
    static func hidden(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(UInt8(ascii: "/")) else { return text }
        var out: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "/"), let end = endOfPath(bytes, from: position) {
                out += "…".utf8
                position = end
            } else {
                out.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// - Returns: The end of the path that begins here; `nil` when none does, as in `http://host/var/x`.
    private static func endOfPath(_ bytes: [UInt8], from start: Int) -> Int? {
        if start > 0 {
            let before = bytes[start - 1]
            let isWord =
                before > 0x7F || (0x30...0x39).contains(before) || (0x41...0x5A).contains(before)
                || (0x61...0x7A).contains(before) || "/._-~%]".utf8.contains(before)
            if isWord { return nil }
        }
        let end = bytes[start...].firstIndex { $0 <= 0x20 || "\"',;:)}]<>?".utf8.contains($0) } ?? bytes.count
        let first = bytes[(start + 1)..<end].prefix { $0 != UInt8(ascii: "/") }
        guard first.count < end - start - 1, roots.contains(String(decoding: first, as: UTF8.self)) else { return nil }
        return end
    }
}
