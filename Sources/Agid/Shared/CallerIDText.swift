/// A caller id as an administrator writes it: `"name" <number>` (contract 41 §0 "Parse grammar").
struct CallerIDText: Hashable {
    var name: String?
    var number: String?

    /// Reads `text`; `nil` when it is no caller id.
    init?(_ text: String) {
        var rest = Substring(text).drop(while: Self.isBlank)
        var isQuoted = false
        if rest.first == "\"" {
            isQuoted = true
            let quoted = rest.dropFirst()
            guard let end = quoted.firstIndex(of: "\"") else { return nil }
            name = end == quoted.startIndex ? nil : String(quoted[..<end])
            rest = quoted[quoted.index(after: end)...].drop(while: Self.isBlank)
        } else {
            let plain = rest.prefix(while: Self.mayBeInPlainName)
            rest = rest.dropFirst(plain.count)
            let trimmed = Self.trimmingBlanks(plain)
            if trimmed.last == "'" { return nil }
            if !trimmed.isEmpty { name = trimmed }
        }
        if rest.first == "<" {
            let inside = rest.dropFirst()
            guard let end = inside.firstIndex(of: ">") else { return nil }
            let written = String(inside[..<end])
            guard Self.isNumber(written) else { return nil }
            number = written
            rest = inside[inside.index(after: end)...].drop(while: Self.isBlank)
        } else if !isQuoted, let name, Self.isNumber(name) {
            number = name
        }
        if !rest.isEmpty || (name == nil && number == nil) { return nil }
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    private static func mayBeInPlainName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || isBlank(character) || "-._!%*+`'~".contains(character)
    }

    private static func trimmingBlanks(_ text: Substring) -> String {
        var text = text
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }

    /// Optional `+`, then digits, `*`, `#`, at least one.
    static func isNumber(_ text: String) -> Bool {
        let digits = text.hasPrefix("+") ? text.dropFirst() : Substring(text)
        return !digits.isEmpty && digits.allSatisfy { ("0"..."9").contains($0) || $0 == "*" || $0 == "#" }
    }
}
