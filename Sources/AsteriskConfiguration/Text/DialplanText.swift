import Core

/// Words and arguments of generated dialplan lines, and the texts of function keys.
enum DialplanText {
    /// Whether a name may stand in a dialplan line as it is: a context, a peer, an id.
    static func isWord(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { isLetterOrDigit($0) || "_-.@:+*#/~".unicodeScalars.contains($0) }
    }

    /// Whether a text may be an extension: a number, a name or a pattern. Asterisk reads variables in it while it
    /// loads the file, and `/` would begin a caller's number.
    static func isExtension(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { isLetterOrDigit($0) || "_-.!@+*#[]".unicodeScalars.contains($0) }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "0"..."9", "a"..."z", "A"..."Z": true
        default: false
        }
    }

    /// A value from the database as one argument: without `$`, which would begin a variable or a function.
    /// - Returns: `nil` when it would become several arguments, or swallow those that follow.
    static func argument(_ text: String) -> String? {
        let text = ConfigurationWriter.withoutControls(text.replacing(scalar: "$", with: ""))
        var depth = 0
        for scalar in text.unicodeScalars {
            switch scalar {
            case "(": depth += 1
            case ")":
                depth -= 1
                if depth < 0 { return nil }
            case ",":
                if depth == 0 { return nil }
            case "\"", "\\", "{", "}", "[", "]": return nil
            default: break
            }
        }
        return depth == 0 ? text : nil
    }

    /// The digits that a feature code begins with: `*735` of `_*735.`.
    static func code(of exten: String) -> String {
        let digits = exten.suffix(after: "_") ?? exten
        return String(scalars: digits.unicodeScalars.prefix { $0.isDigit || $0 == "*" || $0 == "#" || $0 == "+" })
    }

    /// What a function key dials and watches (contract 44 §4): parts joined by `*`, and within the n-th part each
    /// `*` becomes `**n`.
    static func functionKey(prefix: String, _ parts: [String]) -> String {
        let encoded = parts.enumerated().map { $1.replacing(scalar: "*", with: "**\($0 + 1)") }
        return prefix + encoded.joined(separator: "*")
    }
}

/// A context that is being written.
struct DialplanContext {
    private(set) var section: ConfigurationSection

    init(_ name: String, label: String = "") { section = ConfigurationSection(name, label: label) }

    mutating func include(_ context: String) { section.entries.append(.object("include", context)) }

    mutating func hint(_ exten: String, _ devices: String) {
        section.entries.append(.object("exten", "\(exten),hint,\(devices)"))
    }

    /// An extension with its steps; a step that begins with `(` has a label.
    mutating func add(_ exten: String, _ steps: [String]) {
        for (number, step) in steps.enumerated() {
            let text = step.begins(with: "(") ? step : ",\(step)"
            section.entries.append(number == 0 ? .object("exten", "\(exten),1\(text)") : .step(text))
        }
    }
}
