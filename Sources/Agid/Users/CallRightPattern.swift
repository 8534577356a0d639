import Core

/// A pattern of numbers in a call permission (contract 41 `user_set_call_rights`): `X` 0–9, `Z` 1–9, `N` 2–9,
/// `[…]` one of a class, `.` one or more of anything, `!` anything; `_` means nothing, the rest itself.
struct CallRightPattern: Hashable {
    private enum Part: Hashable {
        case oneOf(Set<Unicode.Scalar>)
        case any
        case rest
    }

    private let parts: [Part]

    /// Reads a pattern; `nil` when a class is not closed or empty.
    init?(_ text: String) {
        var parts: [Part] = []
        var rest = text.without("_").unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "X": parts.append(.oneOf(Set("0123456789".unicodeScalars)))
            case "Z": parts.append(.oneOf(Set("123456789".unicodeScalars)))
            case "N": parts.append(.oneOf(Set("23456789".unicodeScalars)))
            case ".": parts += [.any, .rest]
            case "!": parts.append(.rest)
            case "[":
                guard let end = rest.firstIndex(of: "]" as Unicode.Scalar) else { return nil }
                let members = Self.members(rest[..<end])
                if members.isEmpty { return nil }
                parts.append(.oneOf(members))
                rest = rest[rest.index(after: end)...]
            default: parts.append(.oneOf([scalar]))
            }
        }
        self.parts = parts
    }

    /// Whether the whole number matches. Takes time in proportion to both lengths, whatever the pattern.
    func matches(_ number: String) -> Bool {
        // Places in the pattern where the rest of the number may go on.
        var places = closure([0])
        for scalar in number.unicodeScalars {
            var next: Set<Int> = []
            for place in places where place < parts.count {
                switch parts[place] {
                case .oneOf(let members): if members.contains(scalar) { next.insert(place + 1) }
                case .any: next.insert(place + 1)
                case .rest: next.insert(place)
                }
            }
            places = closure(next)
            if places.isEmpty { return false }
        }
        return places.contains(parts.count)
    }

    /// `.rest` may also match nothing.
    private func closure(_ places: Set<Int>) -> Set<Int> {
        var places = places
        for var place in places {
            while place < parts.count, parts[place] == .rest {
                place += 1
                places.insert(place)
            }
        }
        return places
    }

    /// Single scalars and `a-b` ranges of ASCII.
    private static func members(_ text: Substring.UnicodeScalarView) -> Set<Unicode.Scalar> {
        var members: Set<Unicode.Scalar> = []
        var rest = text
        while let first = rest.popFirst() {
            let tail = rest.dropFirst()
            if rest.first == "-", let last = tail.first, first.isASCII, last.isASCII,
                first <= last
            {
                members.formUnion((UInt8(ascii: first)...UInt8(ascii: last)).map { Unicode.Scalar($0) })
                rest = tail.dropFirst()
            } else {
                members.insert(first)
            }
        }
        return members
    }
}
