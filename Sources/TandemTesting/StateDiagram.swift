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
    ///   - file: A file of a target in `Tests/` or `Sources/`.
    /// - Throws: when the page cannot be read.
    public init(page: String, file: String = #filePath) throws {
        let docs = URL(filePath: file).appending(path: "../../../docs").standardizedFileURL
        for line in try String(contentsOf: docs.appending(path: page), encoding: .utf8).split(separator: "\n") {
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
