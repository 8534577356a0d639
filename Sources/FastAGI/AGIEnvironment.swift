/// What Asterisk tells about the call before anything else: the `agi_…` lines (contract 40 §2).
///
/// Values are bytes from the network. Reading one as text replaces invalid UTF-8 by U+FFFD.
public struct AGIEnvironment: Sendable, Hashable {
    private var values: [String: [UInt8]]

    /// An environment of names and values, for instance for a test.
    public init(_ values: [String: String] = [:]) {
        self.values = values.mapValues { Array($0.utf8) }
    }

    /// The value of `name`, empty when Asterisk did not send it.
    public subscript(name: String) -> String {
        values[name].map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Whether Asterisk sent `name`, even with an empty value.
    public func contains(_ name: String) -> Bool { values[name] != nil }

    /// The value of `name` as it came; `nil` when Asterisk did not send it.
    public func bytes(_ name: String) -> [UInt8]? { values[name] }

    /// `agi_arg_1`, `agi_arg_2`, … up to the first missing index.
    public var arguments: [String] {
        var found: [String] = []
        while let value = values["agi_arg_\(found.count + 1)"] {
            found.append(String(decoding: value, as: UTF8.self))
        }
        return found
    }

    /// The script's name, without a query part (contract 40 §7); empty when the URL has none.
    public var script: String {
        let script = self["agi_network_script"]
        return String(script.unicodeScalars.prefix { $0 != "?" })
    }

    /// The channel's name.
    public var channel: String { self["agi_channel"] }

    /// The channel's unique id.
    public var uniqueID: String { self["agi_uniqueid"] }

    mutating func set(_ name: String, to value: [UInt8]) {
        // Asterisk sends 22 lines and the arguments: room for them at once.
        if values.isEmpty { values.reserveCapacity(30) }
        values[name] = value
    }
}

extension AGIEnvironment {
    /// The longest line this Asterisk reads as one command, with its LF (contract 40 §3). A version
    /// that does not say its release counts as an old one.
    public var longestCommand: Int {
        let numbers = self["agi_version"].unicodeScalars.split(separator: ".", omittingEmptySubsequences: false)
            .prefix(2)
            .map { part in Int(String(part.prefix { ("0"..."9").contains($0) })) }
        guard let first = numbers.first, let major = first else { return 2_047 }
        let minor = numbers.count > 1 ? numbers[1] ?? 0 : 0
        let isLong =
            switch major {
            case ..<20: false
            case 20: minor >= 16
            case 21: minor >= 11
            case 22: minor >= 6
            default: true
            }
        return isLong ? 8_191 : 2_047
    }
}
