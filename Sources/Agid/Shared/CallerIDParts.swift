import Core

/// A caller id as an administrator writes it: `"name" <number>` (contract 41 §0 "Parse grammar").
///
/// The parts of a written caller id, and the only reader of such texts (Telephony's `CallerIDText` writes them): rules, users' own caller ids, those of routes, and those that a phone chooses.
struct CallerIDParts: Hashable {
    var name: String?
    var number: String?

    /// Reads `text`; `nil` when it is no caller id.
    init?(_ text: String) {
        guard !text.unicodeScalars.contains(where: \.isControl) else { return nil }
        var rest = text.unicodeScalars.drop { $0 == " " }
        if let written = Self.number(atEndOf: rest) {
            number = String(scalars: rest[written.digits])
            rest = rest[..<written.start]
            while rest.last == " " { rest.removeLast() }
        }
        // The last quote closes the name: what stands between is the name's own, quotes included.
        if rest.first == "\"", rest.last == "\"", rest.count > 2 {
            name = String(scalars: rest.dropFirst().dropLast())
            return
        }
        guard let last = rest.last, last != " ", last != "\"", rest.dropLast().allSatisfy(Self.mayBeInPlainName) else {
            return nil
        }
        let plain = String(scalars: rest)
        if number == nil, Self.isNumber(plain) { number = plain }
        name = plain
    }

    /// Where `<number>` begins at the end of a text, and its digits.
    private static func number(
        atEndOf text: Substring.UnicodeScalarView
    ) -> (start: String.Index, digits: Range<String.Index>)? {
        guard text.last == ">", let start = text.lastIndex(of: "<" as Unicode.Scalar) else { return nil }
        let digits = text.index(after: start)..<text.index(before: text.endIndex)
        return isNumber(String(scalars: text[digits])) ? (start, digits) : nil
    }

    /// Any but the last scalar of a name without quotes. A mark belongs to the letter before it.
    private static func mayBeInPlainName(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        if properties.isAlphabetic || properties.numericType != nil || scalar == " " { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark: return true
        default: return "-._!%*+`'~".unicodeScalars.contains(scalar)
        }
    }

    /// Optional `+`, then digits, `*`, `#`, at least one.
    static func isNumber(_ text: String) -> Bool {
        (text.suffix(after: "+") ?? text).consists { $0.isDigit || $0 == "*" || $0 == "#" }
    }
}
