/// Reads a configuration tree key by key and gathers every fault, so that a site sees all of them at
/// once and not one per start (contract 00 §2).
public struct SettingsReader: ~Copyable {
    private let tree: JSONValue
    private let path: String
    /// Faults found so far: `key: what is wrong`.
    public private(set) var faults: [String] = []

    /// A reader of `tree`, an object; `path` is the dotted prefix for messages, empty at the top.
    public init(_ tree: JSONValue, path: String = "") {
        self.tree = tree
        self.path = path
    }

    private func value(_ key: String) -> JSONValue? {
        guard let value = tree[key], value != .null else { return nil }
        return value
    }

    /// The dotted name of a key in this reader's tree.
    public func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Notes a fault of `key`.
    public mutating func fault(_ key: String, _ text: String) { faults.append("\(name(key)): \(text)") }

    /// A text; the default when the key is absent or null. A number is taken as its text.
    public mutating func string(_ key: String, default fallback: String) -> String {
        optionalString(key) ?? fallback
    }

    /// A text, `nil` when the key is absent or null. A number is taken as its text.
    public mutating func optionalString(_ key: String) -> String? {
        switch value(key) {
        case nil: return nil
        case .string(let text): return text
        case .integer(let number): return String(number)
        default:
            fault(key, "must be a text")
            return nil
        }
    }

    /// An integer within `range`; the default when the key is absent or null.
    public mutating func integer(_ key: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        guard let found = value(key) else { return fallback }
        guard case .integer(let number) = found, let value = Int(exactly: number), range.contains(value)
        else {
            fault(key, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return value
    }

    /// Seconds within `range`, fractions allowed; the default when the key is absent or null.
    public mutating func seconds(
        _ key: String,
        default fallback: Double,
        in range: ClosedRange<Double>
    ) -> Double {
        let number: Double
        switch value(key) {
        case nil: return fallback
        case .integer(let value): number = Double(value)
        case .number(let value): number = value
        default: number = .nan
        }
        guard range.contains(number) else {
            fault(key, "must be a number of seconds from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return number
    }

    /// A boolean; the default when the key is absent or null.
    public mutating func boolean(_ key: String, default fallback: Bool) -> Bool {
        guard let found = value(key) else { return fallback }
        guard case .bool(let flag) = found else {
            fault(key, "must be true or false")
            return fallback
        }
        return flag
    }

    /// Texts of a list; the default when the key is absent or null.
    public mutating func strings(_ key: String, default fallback: [String]) -> [String] {
        guard let found = value(key) else { return fallback }
        guard let texts = found.array?.map(\.string), !texts.contains(nil) else {
            fault(key, "must be a list of texts")
            return fallback
        }
        return texts.compactMap { $0 }
    }

    /// Reads a nested map with its own reader; its faults join ours. An absent key reads as an empty map.
    public mutating func section<Result>(
        _ key: String,
        _ read: (inout SettingsReader) -> Result
    ) -> Result {
        let found = value(key) ?? .object([:])
        if found.object == nil { fault(key, "must be a map") }
        var reader = SettingsReader(found, path: name(key))
        let result = read(&reader)
        faults += reader.faults
        return result
    }
}
