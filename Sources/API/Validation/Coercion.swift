public import Core

/// Values as the contract reads them from bodies and queries (contract 00 §3.2).
public enum Coercion {
    /// An integer: a JSON integer, a JSON float (truncated), or a text that is one, blanks around it and
    /// leading zeros allowed. `nil`: "Not a valid integer."
    public static func integer(_ value: JSONValue) -> Int? {
        switch value {
        case .integer(let number): Int(number)
        // JSON's integers beyond Int are floats here. The least of Int is one, too, and may have been less in the text.
        case .number(let number) where number > Double(Int.min): Int(exactly: number.rounded(.towardZero))
        case .number: nil
        case .string(let text): integer(text)
        case .null, .bool, .array, .object: nil
        }
    }

    /// An integer in a text, by the same rule.
    public static func integer(_ text: String) -> Int? {
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return Int(Substring(scalars))
    }

    /// A boolean: JSON's own, the numbers 1 and 0, and exactly the contract's texts. `nil`: "Not a valid boolean."
    public static func boolean(_ value: JSONValue) -> Bool? {
        switch value {
        case .bool(let flag): return flag
        case .integer(1), .number(1): return true
        case .integer(0), .number(0): return false
        case .string(let text):
            if trueTexts.contains(text) { return true }
            return falseTexts.contains(text) ? false : nil
        default: return nil
        }
    }

    private static let trueTexts: Set<String> = [
        "1", "t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES",
    ]
    private static let falseTexts: Set<String> = [
        "0", "f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO",
    ]
}
