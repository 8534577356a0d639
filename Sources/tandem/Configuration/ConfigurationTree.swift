import Core

/// A configuration with the origin of each of its values, so that a fault can name the file.
struct ConfigurationTree: Equatable {
    /// The merged values.
    private(set) var value: JSONValue = [:]
    /// The main file, when there is one.
    var mainFile: String?
    /// Why the way of running is what it is, when that was decided before the layers were put together.
    var modeReason: String?
    /// File, or `command line`, by dotted key.
    private var origins: [String: String] = [:]

    /// Merges a layer over what is there: maps deeply, everything else whole (contract 00 §2.1).
    mutating func add(_ layer: JSONValue, from origin: String) {
        value = Self.merge(layer, over: value)
        note(layer, from: origin, at: "")
    }

    /// Puts another tree under this one.
    mutating func put(over lower: ConfigurationTree) {
        value = Self.merge(value, over: lower.value)
        origins.merge(lower.origins) { upper, _ in upper }
    }

    private mutating func note(_ layer: JSONValue, from origin: String, at path: String) {
        if !path.isEmpty { origins[path] = origin }
        for (key, member) in layer.object ?? [:] {
            note(member, from: origin, at: path.isEmpty ? key : "\(path).\(key)")
        }
    }

    /// Where the value of a key, or of the map that it should be in, comes from; `nil`: from nowhere.
    func origin(of key: String) -> String? {
        var words = key.parts(separatedBy: ".")
        while !words.isEmpty {
            if let origin = origins[words.joined(separator: ".")] { return origin }
            words.removeLast()
        }
        return nil
    }

    static func merge(_ upper: JSONValue, over lower: JSONValue) -> JSONValue {
        guard let above = upper.object, let below = lower.object else { return upper }
        return .object(below.merging(above) { merge($1, over: $0) })
    }
}

/// Every fault of a configuration.
struct ConfigurationFaults: Error, CustomStringConvertible {
    /// One line each.
    var faults: [String]

    init(_ faults: [String]) { self.faults = faults }

    /// Faults of keys, each with the file that the key is in.
    init(_ faults: [SettingsFault], in tree: ConfigurationTree) {
        self.faults = faults.map { fault in
            let origin = tree.origin(of: fault.key).map { "\($0): " } ?? ""
            return "\(origin)\(fault.key): \(fault.text)"
        }
    }

    var description: String { (["The configuration has faults:"] + faults.map { "  \($0)" }).joined(separator: "\n") }
}
