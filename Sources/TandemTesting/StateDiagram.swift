import Foundation

/// The state diagram of a page below `docs/`, so that a test can hold it against the machine.
public struct StateDiagram: Sendable {
    /// An arrow.
    public struct Edge: Hashable, Sendable, CustomStringConvertible {
        /// The phase before.
        public var from: String
        /// The phase after.
        public var to: String

        /// An arrow between two phases.
        public init(_ from: String, _ to: String) {
            self.from = from
            self.to = to
        }

        /// As Mermaid writes it.
        public var description: String { "\(from) --> \(to)" }
    }

    /// The drawn arrows between phases, with what is written on each, cut at ` / `.
    public private(set) var edges: [Edge: Set<String>] = [:]

    /// Reads the Mermaid arrows of a page; those from and to `[*]` are left out.
    /// - Parameters:
    ///   - page: Its name below `docs/`.
    ///   - section: The first heading with this text, without its signs, and what follows up to the next heading; `nil`:
    ///     the whole page.
    ///   - file: A file of a target in `Tests/` or `Sources/`.
    /// - Throws: when the page cannot be read.
    public init(page: String, section: String? = nil, file: String = #filePath) throws {
        let docs = URL(filePath: file).appending(path: "../../../docs").standardizedFileURL
        var lines = try String(contentsOf: docs.appending(path: page), encoding: .utf8).split(separator: "\n")[...]
        if let section {
            lines = lines.drop { !($0.hasPrefix("#") && $0.drop { $0 == "#" } == " \(section)") }.dropFirst()
            lines = lines.prefix { !$0.hasPrefix("#") }
        }
        for line in lines {
            let parts = line.trimmingCharacters(in: .whitespaces).split(separator: ": ", maxSplits: 1)
            let ends = (parts.first ?? "").components(separatedBy: " --> ")
            guard ends.count == 2, parts.count == 2, !ends.contains("[*]") else { continue }
            edges[Edge(ends[0], ends[1]), default: []].formUnion(parts[1].components(separatedBy: " / "))
        }
    }

    /// What differs from the machine's arrows, each as the line that should stand there; empty when nothing does.
    public func differences(from real: [Edge: Set<String>]) -> [String] {
        let missing = real.filter { edges[$0.key] != $0.value }
            .map { "\($0.key): \($0.value.sorted().joined(separator: " / "))" }
        let wrong = edges.keys.filter { real[$0] == nil }.map { "no \($0)" }
        return missing.sorted() + wrong.sorted()
    }
}
