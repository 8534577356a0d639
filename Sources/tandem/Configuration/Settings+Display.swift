import Core
import Foundation
import Logging
import Yams

extension Settings {
    /// The level of the log.
    var level: Logger.Level { Self.level(named: logLevel) }

    static func level(named name: String) -> Logger.Level {
        switch name {
        case "critical": .critical
        case "error": .error
        case "warning": .warning
        case "debug": .debug
        default: .info
        }
    }

    /// The effective configuration as YAML, secrets masked.
    /// - Throws: when Yams cannot write it.
    func maskedYAML() throws -> String {
        try Yams.serialize(node: Self.node(maskedTree), sortKeys: true)
    }

    /// The effective configuration with its secrets masked; keys stay (contract 00 §12 row 1).
    var maskedTree: JSONValue {
        Self.masked(ConfigurationTree.merge(["parts": parts.tree], over: effectiveTree), key: "")
    }

    /// The number of a level, as `/1.0/config` shows it (contract 00 §9.2).
    static func number(ofLevel name: String) -> Int64 {
        switch name {
        case "critical": 50
        case "error": 40
        case "warning": 30
        case "debug": 10
        default: 20
        }
    }

    private static let secretKeys: Set<String> = ["password", "secret", "token", "service_key"]

    private static func masked(_ value: JSONValue, key: String) -> JSONValue {
        switch value {
        case .object(let members):
            return .object(Dictionary(uniqueKeysWithValues: members.map { ($0, masked($1, key: $0)) }))
        case .array(let elements):
            return .array(elements.map { masked($0, key: key) })
        case .null:
            return .null
        case .string(let text) where key.ends(with: "_uri"):
            return .string(masked(uri: text))
        default:
            return secretKeys.contains(key) ? "********" : value
        }
    }

    /// A URI with its password hidden, in the authority and in the query; anything else that holds a
    /// password (`key=value` words) is hidden whole.
    static func masked(uri: String) -> String {
        let bytes = Array(uri.utf8)
        guard let scheme = bytes.firstRange(of: Array("://".utf8)) else {
            return uri.holds("password") ? SecretMasking.mask : uri
        }
        let authority = bytes[scheme.upperBound...].prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        var text = uri
        if let at = authority.lastIndex(of: UInt8(ascii: "@")),
            let colon = authority[..<at].firstIndex(of: UInt8(ascii: ":"))
        {
            text = String(decoding: bytes[...colon] + SecretMasking.mask.utf8 + bytes[at...], as: UTF8.self)
        }
        return text.replacing(/password=[^&]*/.matchingSemantics(.unicodeScalar)) { _ in
            "password=\(SecretMasking.mask)"
        }
    }

    private static func node(_ value: JSONValue) -> Node {
        switch value {
        case .null: Node("null", Tag(.null))
        case .bool(let flag): Node(flag ? "true" : "false", Tag(.bool))
        case .integer(let number): Node(String(number), Tag(.int))
        case .number(let number): Node("\(number)", Tag(.float))
        case .string(let text): Node(text, Tag(.str))
        case .array(let elements): Node(elements.map(node), Tag(.seq))
        case .object(let members):
            Node(members.sorted { $0.key < $1.key }.map { (Node($0.key), node($0.value)) }, Tag(.map))
        }
    }
}
