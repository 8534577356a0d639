/// What a token's own words stand for, as bytes.
struct ACLNames: Sendable, Hashable {
    var me: [UInt8]?
    var session: [UInt8]?
}

/// Holds patterns against one access, byte by byte: every request needs this once for each pattern of its token.
///
/// It keeps the set of positions of the access that the parts of a pattern so far can end at, so that the time is
/// bounded by the product of both lengths, and no pattern can make a check slow. Most patterns fail at their first
/// word, with a set of one position.
struct ACLMatcher {
    private static let dot = UInt8(ascii: ".")
    private static let hash = UInt8(ascii: "#")
    private static let star = UInt8(ascii: "*")

    private let access: UnsafeBufferPointer<UInt8>
    private let names: ACLNames
    /// For each position of the access, its end included, whether the pattern so far can end there. Only positions
    /// from `first` to `last` are ever true.
    private var ends: UnsafeMutableBufferPointer<Bool>
    private var next: UnsafeMutableBufferPointer<Bool>
    private var first = 0
    private var last = 0

    /// Calls `body` with a matcher, whose memory is that of the call.
    static func with(
        access: UnsafeBufferPointer<UInt8>,
        names: ACLNames,
        _ body: (inout ACLMatcher) -> Bool
    ) -> Bool {
        let positions = access.count + 1
        return withUnsafeTemporaryAllocation(of: Bool.self, capacity: 2 * positions) { memory in
            memory.initialize(repeating: false)
            var matcher = ACLMatcher(
                access: access,
                names: names,
                ends: UnsafeMutableBufferPointer(rebasing: memory[..<positions]),
                next: UnsafeMutableBufferPointer(rebasing: memory[positions...])
            )
            return body(&matcher)
        }
    }

    private init(
        access: UnsafeBufferPointer<UInt8>,
        names: ACLNames,
        ends: UnsafeMutableBufferPointer<Bool>,
        next: UnsafeMutableBufferPointer<Bool>
    ) {
        self.access = access
        self.names = names
        self.ends = ends
        self.next = next
    }

    /// Whether the pattern, without a `!`, stands for the whole access.
    mutating func matches(_ pattern: UnsafeBufferPointer<UInt8>) -> Bool {
        (first, last) = (0, 0)
        ends[0] = true
        defer { clear() }
        var index = 0
        while index < pattern.count {
            let isAtWord = index == 0 || pattern[index - 1] == Self.dot
            if isAtWord, let length = stepOverName(pattern, at: index) {
                index += length
            } else {
                switch pattern[index] {
                case Self.hash: reachEverything()
                case Self.star: reachEndOfWord()
                case let byte: step(over: byte)
                }
                index += 1
            }
            if first > last { return false }
        }
        return last == access.count && ends[last]
    }

    private mutating func clear() {
        var position = first
        while position <= last {
            ends[position] = false
            position += 1
        }
    }

    private mutating func step(over byte: UInt8) {
        var position = last
        var (newFirst, newLast) = (Int.max, -1)
        while position >= first {
            if ends[position] {
                ends[position] = false
                if position < access.count, access[position] == byte {
                    ends[position + 1] = true
                    newFirst = position + 1
                    newLast = max(newLast, position + 1)
                }
            }
            position -= 1
        }
        (first, last) = (newFirst, newLast)
    }

    private mutating func reachEverything() {
        for position in first...access.count { ends[position] = true }
        last = access.count
    }

    private mutating func reachEndOfWord() {
        var position = first
        while position < access.count, position <= last {
            if ends[position], access[position] != Self.dot, access[position] != Self.hash {
                ends[position + 1] = true
                last = max(last, position + 1)
            }
            position += 1
        }
    }

    /// Steps over a whole word of the pattern that stands for others too.
    /// - Returns: The word's length; `nil` when the word here is an ordinary one.
    private mutating func stepOverName(_ pattern: UnsafeBufferPointer<UInt8>, at start: Int) -> Int? {
        // The first letter tells nearly every word apart.
        guard pattern[start] == UInt8(ascii: "m") || pattern[start] == UInt8(ascii: "e") else { return nil }
        let end = pattern[start...].firstIndex(of: Self.dot) ?? pattern.count
        let word = UnsafeBufferPointer(rebasing: pattern[start..<end])
        if word.elementsEqual("me".utf8) {
            step(over: word, or: names.me)
        } else if word.elementsEqual("my_session".utf8) {
            step(over: word, or: names.session)
        } else if word.elementsEqual("edit".utf8) {
            step(over: word, or: Array("update".utf8))
        } else {
            return nil
        }
        return word.count
    }

    private mutating func step(over word: UnsafeBufferPointer<UInt8>, or other: [UInt8]?) {
        var (newFirst, newLast) = (Int.max, -1)
        for position in first...last where ends[position] {
            ends[position] = false
            let others = other.flatMap { $0.withUnsafeBufferPointer { reach($0, from: position) } }
            for case let end? in [reach(word, from: position), others] {
                next[end] = true
                newFirst = min(newFirst, end)
                newLast = max(newLast, end)
            }
        }
        swap(&ends, &next)
        (first, last) = (newFirst, newLast)
    }

    /// Where the word ends when the access holds it at `position`.
    private func reach(_ word: UnsafeBufferPointer<UInt8>, from position: Int) -> Int? {
        let end = position + word.count
        guard end <= access.count else { return nil }
        for index in 0..<word.count where access[position + index] != word[index] { return nil }
        return end
    }
}
