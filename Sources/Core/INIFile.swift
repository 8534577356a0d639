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
        let lines = text.replacing(text: "\r\n", by: "\n").replacing(text: "\r", by: "\n")
            .parts(separatedBy: "\n", keepingEmpty: true)
        for (index, line) in lines.enumerated() {
            let line = line.trimmed()
            if line.isEmpty || line.begins(with: "#") || line.begins(with: ";") { continue }
            if let name = line.suffix(after: "["), name.ends(with: "]") {
                sections.append(Section(name: String(scalars: name.unicodeScalars.dropLast()), values: [:]))
            } else if let place = line.unicodeScalars.firstIndex(where: { $0 == "=" || $0 == ":" }), !sections.isEmpty {
                let key = String(scalars: line.unicodeScalars[..<place]).trimmed().lowercased()
                let value = String(scalars: line.unicodeScalars[place...].dropFirst()).trimmed()
                sections[sections.count - 1].values[key] = value
            } else {
                faults.append("line \(index + 1): \(line)")
            }
        }
    }
}
