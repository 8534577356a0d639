public import Core
import Foundation

/// The golden bodies of contract 38 (§0): what the platform's services send, byte shapes included. Clients and
/// fakes are both held against them, so that the two cannot merely agree with each other.
public enum GoldenBodies {
    /// The document itself is the only source; tests run from a checkout.
    private static let bodies: Result<[String: JSONValue], any Error> = Result {
        let document = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/contract/38-sibling-services.md").standardized
        return try extract(from: String(contentsOf: document, encoding: .utf8))
    }

    /// The body of the fence `json golden:<name>`.
    /// - Throws: ``Missing`` when there is none of this name.
    public static func body(_ name: String) throws -> JSONValue {
        guard let body = try bodies.get()[name] else { throw Missing(name: name) }
        return body
    }

    /// Names of all bodies, sorted.
    /// - Throws: when the document cannot be read.
    public static var names: [String] {
        get throws { try bodies.get().keys.sorted() }
    }

    /// No fence of this name.
    public struct Missing: Error {
        /// The name that was asked for.
        public let name: String
    }

    /// The fences of a document.
    /// - Throws: `JSONSyntaxError` when one is not JSON.
    static func extract(from text: String) throws -> [String: JSONValue] {
        var bodies: [String: JSONValue] = [:]
        var current: (name: String, lines: [Substring])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let open = current {
                if line.hasPrefix("```") {
                    bodies[open.name] = try JSONValue(parsing: Data(open.lines.joined(separator: "\n").utf8))
                    current = nil
                } else {
                    current = (open.name, open.lines + [line])
                }
            } else if line.hasPrefix("```json golden:") {
                current = (line.dropFirst("```json golden:".count).trimmingCharacters(in: .whitespaces), [])
            }
        }
        return bodies
    }

    /// Where two bodies differ in structure: other keys, other JSON types, null against something. Lists are
    /// compared element by element. `links` are compared by type only.
    /// - Returns: One line for each difference, empty when there is none.
    public static func differences(of body: JSONValue, from golden: JSONValue, at path: String = "$") -> [String] {
        switch (body, golden) {
        case (.object(let left), .object(let right)):
            let missing = right.keys.filter { left[$0] == nil }.sorted().map { "\(path).\($0) is missing" }
            let extra = left.keys.filter { right[$0] == nil }.sorted().map { "\(path).\($0) is too much" }
            let inner = left.keys.sorted().filter { $0 != "links" }.flatMap { key in
                right[key].map { differences(of: left[key] ?? .null, from: $0, at: "\(path).\(key)") } ?? []
            }
            return missing + extra + inner
        case (.array(let left), .array(let right)):
            guard left.count == right.count else { return ["\(path) has \(left.count) elements, not \(right.count)"] }
            return zip(left, right).enumerated().flatMap { index, pair in
                differences(of: pair.0, from: pair.1, at: "\(path)[\(index)]")
            }
        case (.null, .null), (.bool, .bool), (.string, .string), (.integer, .integer), (.number, .number),
            (.integer, .number), (.number, .integer):
            return []
        default:
            return ["\(path) is of another type"]
        }
    }
}
