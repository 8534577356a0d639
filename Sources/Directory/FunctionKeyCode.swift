import Core

/// The number behind a function key with several parts: who pressed it, which feature, with what
/// (contract 41 §5 "Encoding of multi-part keys", contract 44 §4).
///
/// Parts are joined by `*`; inside part number i each `*` is written `**i`, so that the whole can be dialled.
public struct FunctionKeyCode: Sendable, Hashable {
    /// The parts, cleaned, none of them empty.
    public let parts: [String]

    /// A code of these parts, each ``cleaned(_:)``; empty ones are left out.
    public init(_ parts: [String]) {
        self.parts = parts.map(Self.cleaned).filter { !$0.isEmpty }
    }

    /// Reads what was dialled behind the prefix.
    /// - Returns: `nil` when a `**` is not followed by the number of its part, or when there is no part.
    public init?(dialled text: String) {
        var parts: [String] = []
        var part = ""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.first {
            let number = parts.count + 1
            let escape = "**\(number)".unicodeScalars
            if rest.starts(with: escape) {
                part.unicodeScalars.append("*")
                rest = rest.dropFirst(escape.count)
            } else if scalar != "*" {
                part.unicodeScalars.append(scalar)
                rest.removeFirst()
            } else {
                // The next part may begin with a star of its own.
                rest.removeFirst()
                guard rest.first != "*" || rest.starts(with: "**\(number + 1)".unicodeScalars) else { return nil }
                parts.append(part)
                part = ""
            }
        }
        parts.append(part)
        self.init(literal: parts)
    }

    private init?(literal parts: [String]) {
        self.parts = parts.filter { !$0.isEmpty }
        if self.parts.isEmpty { return nil }
    }

    /// The parts as they are dialled, without a prefix.
    public var dialled: String {
        parts.enumerated().map { index, part in part.replacing(text: "*", by: "**\(index + 1)") }.joined(separator: "*")
    }

    /// The whole number: the cleaned prefix, for instance `*735` from `_*735.`, and the parts.
    public func dialled(prefix: String) -> String { Self.cleaned(prefix) + dialled }

    /// An extension without what makes it a pattern: a leading `_`, and then all from the first pattern character.
    public static func cleaned(_ exten: String) -> String {
        guard let pattern = exten.suffix(after: "_") else { return exten }
        return String(scalars: pattern.unicodeScalars.prefix { !"XZN.![".unicodeScalars.contains($0) })
    }
}
