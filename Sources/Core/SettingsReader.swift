/// What is wrong with one key of a configuration.
public struct SettingsFault: Sendable, Hashable {
    /// The key, dotted from the top.
    public var key: String
    /// What was expected.
    public var text: String

    /// A fault with its parts.
    public init(key: String, text: String) {
        self.key = key
        self.text = text
    }
}

/// Reads a configuration tree key by key and gathers every fault, so that a site sees all of them at
/// once and not one per start (contract 00 §2). A key that is absent, null or faulty reads as its default,
/// which is found under the same key in the tree of defaults.
public struct SettingsReader: ~Copyable {
    private let tree: JSONValue
    private let defaults: JSONValue
    private let path: String
    /// Faults found so far.
    public private(set) var faults: [SettingsFault] = []

    /// A reader of `tree`, an object, over `defaults`; `path` is the dotted prefix for messages, empty at the
    /// top.
    public init(_ tree: JSONValue, defaults: JSONValue, path: String = "") {
        self.tree = tree
        self.defaults = defaults
        self.path = path
    }

    private func value(_ key: String) -> JSONValue? {
        guard let value = tree[key], value != .null else { return nil }
        return value
    }

    /// Every key that is read has a default: one that is missing is a mistake of ours, which the test that
    /// reads an empty tree finds.
    private func fallback<Value>(_ key: String, _ read: (JSONValue) -> Value?) -> Value {
        guard let value = defaults[key].flatMap(read) else { preconditionFailure("no default for \(name(key))") }
        return value
    }

    /// The dotted name of a key in this reader's tree.
    public func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Notes a fault of `key`.
    public mutating func fault(_ key: String, _ text: String) {
        faults.append(SettingsFault(key: name(key), text: text))
    }

    /// A text. A number is taken as its text.
    public mutating func string(_ key: String) -> String {
        text(key) ?? fallback(key, \.string)
    }

    /// A text, `nil` when neither the tree nor the defaults have one. A number is taken as its text.
    public mutating func optionalString(_ key: String) -> String? {
        text(key) ?? defaults[key]?.string
    }

    private mutating func text(_ key: String) -> String? {
        switch value(key) {
        case nil: return nil
        case .string(let text): return text
        case .integer(let number): return String(number)
        default:
            fault(key, "must be a text")
            return nil
        }
    }

    /// One of the raw values of an enumeration.
    public mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) -> Choice
    where Choice.RawValue == String {
        optionalChoice(key) ?? fallback(key) { $0.string.flatMap(Choice.init(rawValue:)) }
    }

    /// One of the raw values of an enumeration, `nil` when the tree has none.
    public mutating func optionalChoice<Choice: RawRepresentable & CaseIterable>(_ key: String) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            fault(key, "must be " + Choice.allCases.map(\.rawValue).joined(separator: " or "))
            return nil
        }
        return choice
    }

    /// An integer within `range`.
    public mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int {
        guard let found = value(key) else { return fallback(key) { $0.integer.map(Int.init) } }
        guard case .integer(let number) = found, let value = Int(exactly: number), range.contains(value)
        else {
            fault(key, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
            return fallback(key) { $0.integer.map(Int.init) }
        }
        return value
    }

    /// Seconds within `range`, fractions allowed.
    public mutating func seconds(_ key: String, in range: ClosedRange<Double>) -> Double {
        guard let found = value(key) else { return fallback(key, Self.number) }
        guard let number = Self.number(found), range.contains(number) else {
            fault(key, "must be a number of seconds from \(range.lowerBound) to \(range.upperBound)")
            return fallback(key, Self.number)
        }
        return number
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// A boolean.
    public mutating func boolean(_ key: String) -> Bool {
        guard let found = value(key) else { return fallback(key, \.boolean) }
        guard case .bool(let flag) = found else {
            fault(key, "must be true or false")
            return fallback(key, \.boolean)
        }
        return flag
    }

    /// Texts of a list.
    public mutating func strings(_ key: String) -> [String] {
        guard let found = value(key) else { return fallback(key, Self.texts) }
        guard let texts = Self.texts(found) else {
            fault(key, "must be a list of texts")
            return fallback(key, Self.texts)
        }
        return texts
    }

    private static func texts(_ value: JSONValue) -> [String]? {
        guard let texts = value.array?.map(\.string), !texts.contains(nil) else { return nil }
        return texts.compactMap { $0 }
    }

    /// The names of a map of booleans that are true.
    public mutating func enabledNames(_ key: String) -> Set<String> {
        let found = value(key) ?? .object([:])
        if found.object == nil { fault(key, "must be a map of names to true or false") }
        var names = (defaults[key]?.object ?? [:]).compactMapValues(\.boolean)
        for (name, flag) in found.object ?? [:] where flag != .null {
            if flag.boolean == nil { fault("\(key).\(name)", "must be true or false") }
            names[name] = flag.boolean ?? false
        }
        return Set(names.filter(\.value).keys)
    }

    /// Reads a nested map with its own reader; its faults join ours. An absent key reads as an empty map.
    public mutating func section<Result>(
        _ key: String,
        _ read: (inout SettingsReader) -> Result
    ) -> Result {
        let found = value(key) ?? .object([:])
        if found.object == nil { fault(key, "must be a map") }
        var reader = SettingsReader(found, defaults: defaults[key] ?? .object([:]), path: name(key))
        let result = read(&reader)
        faults += reader.faults
        return result
    }
}
