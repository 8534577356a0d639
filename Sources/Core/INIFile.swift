/// A file of sections and `key = value` lines, as the field's Asterisk tools write them.
public struct INIFile: Hashable, Sendable {
    /// A section in its place in the file; keys in lower case.
    public struct Section: Hashable, Sendable {
        /// Its name, as it is written.
        public var name: String
        /// Its values by their keys; the last of equal keys wins.
        public var values: [String: String]
    }

    /// Sections in file order.
    public private(set) var sections: [Section] = []
    /// Lines that are neither: number from 1 and text.
    public private(set) var faults: [String] = []

    /// Reads the text of a file; lines that are neither section nor value go to ``faults``.
    public init(_ text: String) {
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            let line = Self.trimmed(line)
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                sections.append(Section(name: String(line.dropFirst().dropLast()), values: [:]))
            } else if let separator = line.firstIndex(where: { $0 == "=" || $0 == ":" }), !sections.isEmpty {
                let key = Self.trimmed(line[..<separator]).lowercased()
                let value = Self.trimmed(line[line.index(after: separator)...])
                sections[sections.count - 1].values[key] = value
            } else {
                faults.append("line \(index + 1): \(line)")
            }
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
