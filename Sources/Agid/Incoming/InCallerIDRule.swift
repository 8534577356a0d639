import Core
import Foundation

/// A section of the in_callerid file: which numbers, and what becomes of them (contract 41 `in_callerid`).
struct InCallerIDRule: Sendable {
    /// The section's name, for messages.
    let name: String
    private let pattern: NSRegularExpression
    private let strip: Int
    private let add: String

    /// Longest number that is compared with a pattern; nothing that can be dialled is longer.
    static let longestNumber = 128

    /// A rule of its section.
    /// - Throws: `HandlerFault` when the pattern is missing or no regular expression.
    init(_ section: INIFile.Section) throws {
        name = section.name
        guard let text = section.values["callerid"], !text.isEmpty else {
            throw HandlerFault("section [\(section.name)] has no callerid")
        }
        do {
            pattern = try NSRegularExpression(pattern: text)
        } catch {
            throw HandlerFault("section [\(section.name)]: callerid is no regular expression: \(text)")
        }
        strip = section.values["strip"].flatMap(integer).map { max($0, 0) } ?? 0
        add = section.values["add"] ?? ""
    }

    /// The number as the rule rewrites it; `nil` when the rule is not for this number. The pattern
    /// must match from the first character, not up to the last.
    func rewritten(_ number: String) -> String? {
        guard number.utf8.count <= Self.longestNumber else { return nil }
        let whole = NSRange(number.startIndex..., in: number)
        guard pattern.firstMatch(in: number, options: .anchored, range: whole) != nil else { return nil }
        return add + String(scalars: number.unicodeScalars.dropFirst(strip))
    }
}
