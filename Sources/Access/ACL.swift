/// The access control list of a token: patterns against which a required access is held
/// (contract 00 §4.3).
///
/// Words are separated by `.`; `*` stands for any run of characters but `.` and `#`, `#` for anything.
/// A pattern that begins with `!` denies, and denials are looked at first. As a whole word of a pattern,
/// `me` also stands for the token's user, `my_session` for its session, `edit` for `update`.
public struct ACL: Sendable, Hashable {
    /// The patterns.
    public let patterns: [String]
    private let me: String?
    private let session: String?

    /// - Parameters:
    ///   - patterns: The token's list.
    ///   - me: What `me` also matches: the token's `auth_id`, for local tokens the user.
    ///   - session: What `my_session` also matches.
    public init(_ patterns: [String], me: String? = nil, session: String? = nil) {
        self.patterns = patterns
        self.me = me
        self.session = session
    }

    /// Whether the list grants the access. An empty access is always granted.
    public func grants(_ access: String) -> Bool {
        if access.isEmpty { return true }
        let wanted = Array(access)
        let denied = patterns.contains { $0.hasPrefix("!") && matches(String($0.dropFirst()), wanted) }
        return !denied && patterns.contains { !$0.hasPrefix("!") && matches($0, wanted) }
    }

    private enum Part {
        case character(Character)
        case withinWord
        case anything
        case word([String])
    }

    private func matches(_ pattern: String, _ access: [Character]) -> Bool {
        var parts: [Part] = []
        for (index, word) in pattern.split(separator: ".", omittingEmptySubsequences: false).enumerated() {
            if index > 0 { parts.append(.character(".")) }
            switch word {
            case "me": parts.append(.word(["me"] + (me.map { [$0] } ?? [])))
            case "my_session": parts.append(.word(["my_session"] + (session.map { [$0] } ?? [])))
            case "edit": parts.append(.word(["edit", "update"]))
            default:
                for character in word {
                    switch character {
                    case "*": parts.append(.withinWord)
                    case "#": parts.append(.anything)
                    default: parts.append(.character(character))
                    }
                }
            }
        }
        return Self.matches(parts, access)
    }

    /// Keeps the set of positions of `access` that the parts so far can end at: linear in both lengths, so
    /// that no pattern can make a check slow.
    private static func matches(_ parts: [Part], _ access: [Character]) -> Bool {
        var ends: Set<Int> = [0]
        for part in parts {
            var next: Set<Int> = []
            switch part {
            case .character(let character):
                for end in ends where end < access.count && access[end] == character { next.insert(end + 1) }
            case .word(let words):
                for end in ends {
                    for word in words where access[end...].starts(with: word) { next.insert(end + word.count) }
                }
            case .anything:
                if let first = ends.min() { next = Set(first...access.count) }
            case .withinWord:
                for end in ends {
                    var position = end
                    next.insert(position)
                    while position < access.count, access[position] != ".", access[position] != "#" {
                        position += 1
                        if !next.insert(position).inserted { break }
                    }
                }
            }
            if next.isEmpty { return false }
            ends = next
        }
        return ends.contains(access.count)
    }
}
