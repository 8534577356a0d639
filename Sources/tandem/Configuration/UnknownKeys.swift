import Core

/// Keys of a configuration that nobody reads: most are typing errors, and what they were to say is missing.
enum UnknownKeys {
    /// One line for each, in the order of the keys: its file, its name, and what was perhaps meant.
    static func warnings(in tree: ConfigurationTree, defaults: JSONValue) -> [String] {
        var known: Set<String> = ConfigurationDefaults.otherKeys
        collect(defaults, at: "", into: &known)
        return unknown(tree.value, defaults, at: "").map { key in
            let origin = tree.origin(of: key).map { "\($0): " } ?? ""
            let hint = suggestion(for: key, among: known).map { "; did you mean \($0)?" } ?? ""
            return "\(origin)\(key) is no key of Tandem, it is passed over\(hint)"
        }
    }

    /// Keys of the contract whose features are not built yet: who sets one is told that it does nothing.
    private static let unused = ["max_meeting_participants": "there are no meetings yet"]

    /// One line for each key that is set and has no effect.
    static func unusedKeys(in tree: ConfigurationTree) -> [String] {
        unused.sorted { $0.key < $1.key }.filter { (tree.value[$0.key] ?? .null) != .null }.map { key, reason in
            let origin = tree.origin(of: key).map { "\($0): " } ?? ""
            return "\(origin)\(key) has no effect: \(reason)"
        }
    }

    private static func unknown(_ tree: JSONValue, _ defaults: JSONValue, at path: String) -> [String] {
        guard let members = tree.object, let known = defaults.object else { return [] }
        return members.sorted { $0.key < $1.key }.flatMap { key, member -> [String] in
            let name = path.isEmpty ? key : "\(path).\(key)"
            if path.isEmpty, ConfigurationDefaults.openMaps.contains(key) { return [] }
            guard let fallback = known[key] else {
                return path.isEmpty && ConfigurationDefaults.otherKeys.contains(key) ? [] : [name]
            }
            return unknown(member, fallback, at: name)
        }
    }

    private static func collect(_ defaults: JSONValue, at path: String, into known: inout Set<String>) {
        for (key, member) in defaults.object ?? [:] {
            let name = path.isEmpty ? key : "\(path).\(key)"
            known.insert(name)
            collect(member, at: name, into: &known)
        }
    }

    /// The nearest known key: one that is spelt nearly the same in the same section, else one of that last word anywhere.
    static func suggestion(for key: String, among known: Set<String>) -> String? {
        let section = parent(of: key)
        let near = known.filter { parent(of: $0) == section }
            .map { (key: $0, distance: distance(word(of: $0), word(of: key))) }
            .min { ($0.distance, $0.key) < ($1.distance, $1.key) }
        if let near, near.distance <= max(1, word(of: key).utf8.count / 3) { return near.key }
        return known.filter { word(of: $0) == word(of: key) }.min()
    }

    private static func parent(of key: String) -> String {
        key.parts(separatedBy: ".").dropLast().joined(separator: ".")
    }
    private static func word(of key: String) -> String { key.parts(separatedBy: ".").last ?? key }

    /// How many bytes must be put in, taken out, replaced, or changed with their neighbour (optimal string alignment).
    static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        var before = [Int](), last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
