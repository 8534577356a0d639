import Core
import Foundation
import Yams

/// Reads and merges the configuration files (contract 00 §2.1): the main file, and over it every `.yml` of
/// the extra directory, of which the first by name wins.
enum ConfigurationFiles {
    static let defaultPath = "/etc/tandem/config.yml"
    static let defaultExtraDirectory = "/etc/tandem/conf.d"

    /// The effective tree.
    /// - Throws: ``ConfigurationFaults`` when the main file is not YAML. A missing one counts as empty, a bad
    ///   extra file is skipped; both are told on standard error.
    static func tree(mainFile path: String) throws -> JSONValue {
        var tree = JSONValue.object([:])
        if let text = read(path) {
            do {
                tree = try parse(text)
            } catch {
                throw ConfigurationFaults(faults: ["\(path): \(error)"])
            }
        }
        let directory = tree["extra_config_files"]?.string ?? defaultExtraDirectory
        for name in extraFiles(in: directory) {
            guard let text = read(directory + "/" + name) else { continue }
            do {
                let extra = try parse(text)
                // Files come in descending order of their names, so the first by name is merged last.
                tree = merge(extra, over: tree)
            } catch {
                warn("\(directory)/\(name) is skipped: \(error)")
            }
        }
        return tree
    }

    private static func extraFiles(in directory: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasSuffix(".yml") && !$0.hasPrefix(".") }.sorted().reversed()
    }

    private static func read(_ path: String) -> String? {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            warn("\(path) cannot be read, it counts as empty")
            return nil
        }
    }

    private static func parse(_ text: String) throws -> JSONValue {
        guard let node = try Yams.compose(yaml: text) else { return .object([:]) }
        let tree = value(of: node)
        guard tree.object != nil else { throw ConfigurationFaults(faults: ["the top level must be a map"]) }
        return tree
    }

    private static func value(of node: Node) -> JSONValue {
        switch node {
        case .mapping(let mapping):
            var members: [String: JSONValue] = [:]
            for (key, value) in mapping { members[key.string ?? ""] = Self.value(of: value) }
            return .object(members)
        case .sequence(let sequence):
            return .array(sequence.map(value(of:)))
        case .scalar(let scalar):
            // Only plain scalars have a type; a quoted number is a text.
            guard scalar.style == .any || scalar.style == .plain else { return .string(scalar.string) }
            if node.null != nil { return .null }
            if let flag = node.bool { return .bool(flag) }
            if let number = node.int { return .integer(Int64(number)) }
            if let number = node.float { return .number(number) }
            return .string(scalar.string)
        case .alias:
            return .null
        }
    }

    static func merge(_ upper: JSONValue, over lower: JSONValue) -> JSONValue {
        guard let above = upper.object, let below = lower.object else { return upper }
        return .object(below.merging(above) { merge($1, over: $0) })
    }

    private static func warn(_ text: String) {
        FileHandle.standardError.write(Data("tandem: \(text)\n".utf8))
    }
}
