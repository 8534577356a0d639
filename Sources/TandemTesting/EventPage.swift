import Core
public import Events
import Foundation

/// The page docs/events.md: each feature's part is written from its real events, and a test of the feature holds the
/// page equal to it.
///
/// `TANDEM_WRITE_DOCS=1` makes that test write the part instead.
public struct EventPage: Sendable {
    /// An event as the page shows it.
    public struct Entry: Sendable {
        /// A real event, made of sample values.
        public var event: BusEvent
        /// The same event of a resource of which least is known: what is null there may be null.
        public var sparse: BusEvent?
        /// What makes it happen.
        public var when: String

        /// An event and what makes it happen.
        public init(_ event: BusEvent?, sparse: BusEvent? = nil, when: String) {
            guard let event else { preconditionFailure("a sample has a tenant") }
            self.event = event
            self.sparse = sparse
            self.when = when
        }
    }

    private let file: URL

    /// - Parameter file: A file of a target in `Tests/` or `Sources/`.
    public init(file: String = #filePath) {
        self.file = URL(filePath: file).appending(path: "../../../docs/events.md").standardizedFileURL
    }

    /// A feature's part of the page.
    /// - Parameters:
    ///   - title: Its heading.
    ///   - samples: Sample values in the events, by the word that stands for them on the page.
    public static func part(_ title: String, _ entries: [Entry], samples: [String: String]) -> String {
        var lines = ["## \(title)", ""]
        var shapes: [String: String] = [:]
        for entry in entries {
            let event = entry.event
            func named(_ text: String) -> String {
                samples.sorted { $0.value.count > $1.value.count }.reduce(text) { text, sample in
                    text.replacing(sample.value, with: "<\(sample.key)>")
                }
            }
            lines += ["### \(event.name)", "", entry.when, ""]
            lines.append("- routing key `\(named(event.routingKey))`")
            lines.append("- `required_acl` `\(named(event.requiredACL ?? "events.\(event.routingKey)"))`")
            lines.append("- for \(audience(event.audience))")
            if !event.attributes.isEmpty {
                lines.append("- headers \(event.attributes.keys.sorted().map { "`\($0)`" }.joined(separator: ", "))")
            }
            let shape = named(shape(event.data, entry.sparse?.data))
            lines.append("- data: \(shapes[shape].map { "as `\($0)`" } ?? shape)")
            shapes[shape] = shapes[shape] ?? event.name
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    private static func audience(_ audience: BusEvent.Audience) -> String {
        switch audience {
        case .tenant: "all of a tenant: headers `tenant_uuid`, `user_uuid:*`"
        case .user: "one user: headers `tenant_uuid`, and `user_uuid:<user>` when he is known"
        case .users: "several users: headers `tenant_uuid`, `user_uuid:<user>` of each"
        case .service: "services: no tenant, no user"
        }
    }

    /// Members with their kinds; `sparse` tells what may be null.
    private static func shape(_ value: JSONValue, _ sparse: JSONValue?) -> String {
        let kind =
            switch value {
            case .object(let members) where members.isEmpty: "object"
            case .object(let members):
                "{"
                    + members.sorted { $0.key < $1.key }
                    .map { "`\($0.key)`: \(shape($0.value, sparse?[$0.key]))" }
                    .joined(separator: ", ") + "}"
            case .array(let elements): "[\(elements.first.map { shape($0, nil) } ?? "text")]"
            case .null: "text?"
            case .bool: "boolean"
            case .integer, .number: "number"
            case .string: "text"
            }
        return sparse == .null && !kind.hasSuffix("?") ? kind + "?" : kind
    }

    /// Whether the page has the part as it is; writes it when the environment says so.
    /// - Throws: when the page cannot be read or written.
    public func holds(_ part: String) throws -> Bool {
        let page = try String(contentsOf: file, encoding: .utf8)
        guard ProcessInfo.processInfo.environment["TANDEM_WRITE_DOCS"] == "1", !page.contains(part) else {
            return page.contains(part)
        }
        let heading = part.prefix { $0 != "\n" }
        var sections = page.components(separatedBy: "\n## ")
        let text = String(part.dropFirst("## ".count))
        if let index = sections.firstIndex(where: { "## \($0)".hasPrefix("\(heading)\n") }) {
            sections[index] = text
        } else {
            sections.append(text)
        }
        let written = sections.map { $0.trimmingCharacters(in: .newlines) }.joined(separator: "\n\n## ") + "\n\n"
        try written.write(to: file, atomically: true, encoding: .utf8)
        return written.contains(part)
    }
}
