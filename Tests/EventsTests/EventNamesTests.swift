import Foundation
import Testing

/// docs/events.md has every event: what `Sources` can publish is read from the text of the makers of `BusEvent`.
///
/// That each event is there as it is, the features' own tests show (`EventPageTests`).
@Suite("docs/events.md: every event")
struct EventNamesTests {
    /// The targets that make events, and their parts of the page. A target that begins to needs a part of its own, and
    /// a test that writes it.
    private static let parts = [
        "AdhocConferences": "Ad hoc conferences", "Applications": "Applications", "Calls": "Calls", "Faxes": "Faxes",
        "ParkingLots": "Parking lots", "Recordings": "Recordings", "Relocates": "Relocates",
        "SiblingServices": "Service registration", "Switchboards": "Switchboards", "Transfers": "Transfers",
        "Voicemails": "Voicemails",
    ]

    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

    /// A literal where a name stands: an argument, a case's value or one of two choices, with a `_`. No key of a
    /// dictionary, no name of a field that is read.
    private static func names(in text: String) -> [String] {
        let literal = /(?<before>[a-zA-Z]*\(|name:|\?|:)\s*"(?<name>(?:[a-z_]|\\\([^)]*\))+)"(?!\s*[:\]])/
        return text.matches(of: literal).filter { $0.before != "text(" }.map { String($0.name) }
            .filter { $0.replacing(/\\\([^)]*\)/, with: "").contains("_") }
    }

    /// The source files that make events, by target.
    private static func makers() throws -> [(target: String, text: String)] {
        let sources = root.appending(path: "Sources")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".swift") }
        return try paths.compactMap { path in
            let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
            let target = path.prefix { $0 != "/" }
            // The declaration itself makes none.
            guard target != "Events", text.contains(/\bBusEvent(?:\.init)?\(\s*name:/) else { return nil }
            return (String(target), text)
        }
    }

    private static func page() throws -> String {
        try String(contentsOf: root.appending(path: "docs/events.md"), encoding: .utf8)
    }

    @Test("every target that makes events has its part")
    func targets() throws {
        #expect(Set(try Self.makers().map(\.target)) == Set(Self.parts.keys))
        let headings = Set(try Self.page().matches(of: /\n## (?<title>.*)/).map { String($0.title) })
        #expect(headings == Set(Self.parts.values))
    }

    @Test("every name that the sources can publish is there")
    func names() throws {
        let events = Set(try Self.page().matches(of: /\n### (?<name>.*)/).map { String($0.name) })
        let found = try Self.makers().flatMap { maker in Self.names(in: maker.text).map { (maker.target, $0) } }
        // Switchboards make two names of each literal, with a room in its middle; applications one of each.
        #expect(found.count > 40, "the literals are no longer found")
        for (target, name) in found {
            let pattern = try Regex("(?:^|_)" + name.replacing(/\\\([^)]*\)/, with: "[a-z_]+") + "$")
            #expect(events.contains { $0.contains(pattern) }, "\(target) publishes \(name), which docs/events.md lacks")
        }
    }
}
