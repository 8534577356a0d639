/// Searching and cutting of texts that come from or go to a wire, a command line or a file.
///
/// Swift's `Character` is what a reader takes for one sign: `"\r\n"` is one, and so is a quote with a combining mark
/// behind it. Whoever reads bytes sees the line feed and the quote all the same, so a check by `Character` lets them
/// through. Everything here compares Unicode scalars one by one, without normal forms.
extension StringProtocol {
    /// Whether the text begins with exactly this one; unlike `hasPrefix`, also before a combining mark.
    public func begins(with prefix: some StringProtocol) -> Bool { utf8.starts(with: prefix.utf8) }

    /// Whether the text ends with exactly this one; unlike `hasSuffix`, also `"\n"` behind `"\r"`.
    public func ends(with suffix: some StringProtocol) -> Bool { utf8.reversed().starts(with: suffix.utf8.reversed()) }

    /// Whether one of these scalars is in the text.
    public func holds(anyOf scalars: String) -> Bool {
        let wanted = scalars.unicodeScalars
        return unicodeScalars.contains { wanted.contains($0) }
    }

    /// Whether a text stands somewhere in this one; the empty one always does.
    public func holds(_ part: String) -> Bool { part.isEmpty || Array(utf8).firstRange(of: Array(part.utf8)) != nil }

    /// The text with another one in the place of each such part, from left to right.
    public func replacing(text part: String, by other: String) -> String {
        let (sought, new) = (Array(part.utf8), Array(other.utf8))
        guard !sought.isEmpty else { return String(self) }
        return String(decoding: Array(utf8).replacing(sought, with: new), as: UTF8.self)
    }

    /// What follows a prefix; `nil` without it.
    public func suffix(after prefix: some StringProtocol) -> String? {
        begins(with: prefix) ? String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : nil
    }

    /// The parts between the separators.
    /// - Parameters:
    ///   - most: The number of parts at most: the last one keeps further separators.
    ///   - keepingEmpty: Whether empty parts count.
    public func parts(
        separatedBy separator: Unicode.Scalar,
        most: Int = .max,
        keepingEmpty: Bool = false
    ) -> [String] {
        unicodeScalars.split(
            separator: separator,
            maxSplits: Swift.max(most - 1, 0),
            omittingEmptySubsequences: !keepingEmpty
        ).map { String(scalars: $0) }
    }

    /// What stands before and behind the first of a scalar; `nil` without one.
    public func halves(at separator: Unicode.Scalar) -> (before: String, behind: String)? {
        guard let place = unicodeScalars.firstIndex(of: separator) else { return nil }
        return halves(at: place)
    }

    /// What stands before and behind the last of a scalar; `nil` without one.
    public func halves(atLast separator: Unicode.Scalar) -> (before: String, behind: String)? {
        guard let place = unicodeScalars.lastIndex(of: separator) else { return nil }
        return halves(at: place)
    }

    private func halves(at place: Index) -> (before: String, behind: String) {
        (
            String(scalars: unicodeScalars[..<place]),
            String(scalars: unicodeScalars[unicodeScalars.index(after: place)...])
        )
    }

    /// The text without these scalars.
    public func without(_ scalars: String) -> String {
        let unwanted = scalars.unicodeScalars
        return keeping { !unwanted.contains($0) }
    }

    /// The text with only the scalars that a rule keeps.
    public func keeping(_ isKept: (Unicode.Scalar) -> Bool) -> String { String(scalars: unicodeScalars.filter(isKept)) }

    /// The text with another in the place of each scalar that a rule names.
    public func replacing(scalars isReplaced: (Unicode.Scalar) -> Bool, by replacement: Unicode.Scalar) -> String {
        String(scalars: unicodeScalars.map { isReplaced($0) ? replacement : $0 })
    }

    /// The text without the scalars at both ends that a rule names.
    public func trimmed(_ isTrimmed: (Unicode.Scalar) -> Bool) -> String {
        var scalars = unicodeScalars.drop(while: isTrimmed)
        while let last = scalars.last, isTrimmed(last) { scalars.removeLast() }
        return String(scalars: scalars)
    }

    /// The text without white space of any kind at both ends.
    public func trimmed() -> String { trimmed(\.properties.isWhitespace) }
}

extension StringProtocol {
    /// Whether the text has at least one scalar and a rule holds for all of them.
    public func consists(of isAllowed: (Unicode.Scalar) -> Bool) -> Bool {
        !isEmpty && unicodeScalars.allSatisfy(isAllowed)
    }
}

extension String {
    /// The text of these scalars.
    public init(scalars: some Sequence<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(view)
    }
}

extension Unicode.Scalar {
    /// Whether it steers instead of being shown: C0, DEL, C1, and the separators of lines and paragraphs.
    public var isControl: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
    }
    /// Whether it is white space of any kind, or a sign that shows nothing, such as those that turn the direction of
    /// writing: numbers that were copied from a page bring them along.
    public var isBlankOrInvisible: Bool {
        properties.isWhitespace || isControl || properties.generalCategory == .format
    }
    /// `0` to `9`; other digits of Unicode are none to Asterisk.
    public var isDigit: Bool { (0x30...0x39).contains(value) }
    /// `0` to `9`, `a` to `f`, `A` to `F`.
    public var isHexadecimal: Bool { isDigit || (0x41...0x46).contains(value) || (0x61...0x66).contains(value) }
    /// A letter or digit of ASCII.
    public var isWordOfASCII: Bool { isDigit || (0x41...0x5A).contains(value) || (0x61...0x7A).contains(value) }
}
