import Core
import Foundation
import Glibc
import Yams

/// Reads and merges the configuration files (contract 00 §2.1): the main file, and over it every `.yml` of
/// the extra directory, of which the first by name wins.
enum ConfigurationFiles {
    /// Where the main file is looked for unless the command line names one: ours first, then the platform's.
    static let defaultPaths = ["/etc/tandem/config.yml", "/etc/wazo-calld/config.yml"]

    /// The merged tree, over that of wazo-agid if one is named.
    /// - Parameters:
    ///   - path: The file that somebody named, which must be there; `nil`: the first of ``defaultPaths`` that is there,
    ///     and none counts as empty.
    ///   - agidFile: Must be there too.
    /// - Throws: ``ConfigurationFaults``
    static func tree(mainFile path: String?, agidFile: String? = nil) throws -> ConfigurationTree {
        var tree = try path.map { try Self.tree(at: $0, mustExist: true) } ?? usualTree()
        guard let agidFile else { return tree }
        let agid = try Self.tree(at: agidFile, mustExist: true)
        var lower = ConfigurationTree()
        let choice = ModeChoice(tree, besideAgid: true)
        lower.add(AgidConfiguration.translated(agid.value, mode: choice.mode), from: agidFile)
        tree.put(over: lower)
        tree.modeReason = choice.reason
        return tree
    }

    private static func usualTree() throws -> ConfigurationTree {
        for path in defaultPaths {
            if let tree = try tree(ifThereAt: path) { return tree }
        }
        warn("there is no \(defaultPaths.joined(separator: " and no ")): every key has its default")
        return ConfigurationTree()
    }

    private static func tree(at path: String, mustExist: Bool) throws -> ConfigurationTree {
        guard let tree = try tree(ifThereAt: path) else {
            throw ConfigurationFaults(["\(path): No such file or directory"])
        }
        return tree
    }

    /// - Throws: ``ConfigurationFaults`` when the file may not be read or is not YAML. A file of the extra directory that
    ///   is no YAML is skipped, and that is told on standard error (contract 00 §2.1).
    private static func tree(ifThereAt path: String) throws -> ConfigurationTree? {
        guard let text = try read(path) else { return nil }
        var tree = ConfigurationTree()
        tree.mainFile = path
        do {
            tree.add(try parse(text), from: path)
        } catch {
            throw ConfigurationFaults(["\(path): \(error)"])
        }
        // The directory beside the main file: /etc/wazo-calld/conf.d for /etc/wazo-calld/config.yml.
        let beside = URL(filePath: path).deletingLastPathComponent().appending(path: "conf.d").path
        let directory = tree.value["extra_config_files"]?.string ?? beside
        for name in try extraFiles(in: directory) {
            let file = URL(filePath: directory).appending(path: name).path
            guard let text = try read(file) else { continue }
            do {
                // Files come in descending order of their names, so the first by name is merged last.
                tree.add(try parse(text), from: file)
            } catch {
                warn("\(file) is skipped: \(error)")
            }
        }
        return tree
    }

    /// Name and password of the service (contract 00 §2.1): `service_id`, `service_key`.
    /// - Throws: ``ConfigurationFaults`` when the file or one of the keys is missing.
    static func keyFile(_ path: String) throws -> (username: String, password: String) {
        guard let text = try read(path) else {
            throw ConfigurationFaults(["auth.key_file: \(path): No such file or directory"])
        }
        let keys = try? parse(text)
        guard let username = keys?["service_id"]?.string, let password = keys?["service_key"]?.string else {
            throw ConfigurationFaults(["\(path): must hold service_id and service_key"])
        }
        return (username, password)
    }

    /// - Throws: ``ConfigurationFaults`` when the directory is there and may not be read.
    private static func extraFiles(in directory: String) throws -> [String] {
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            return names.filter { $0.ends(with: ".yml") && !$0.begins(with: ".") }.sorted().reversed()
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            return []
        } catch {
            throw ConfigurationFaults(["\(directory): \(reason(error))"])
        }
    }

    /// A file's text; `nil` when there is no such file.
    /// - Throws: ``ConfigurationFaults`` when it is there and cannot be read: what it says would be missing, and nobody
    ///   would notice.
    private static func read(_ path: String) throws -> String? {
        // Not Foundation: what it says of a device such as /dev/null is not what the system says.
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw ConfigurationFaults(["\(path): \(String(cString: strerror(errno)))"])
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw ConfigurationFaults(["\(path): \(String(cString: strerror(errno)))"])
            }
            bytes += buffer[..<count]
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationFaults(["\(path): is not UTF-8"])
        }
        return text
    }

    private static func reason(_ error: any Error) -> String {
        if let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain
        {
            return String(cString: strerror(Int32(cause.code)))
        }
        return (error as? CocoaError)?.code == .fileReadNoPermission ? "Permission denied" : "\(error)"
    }

    /// A YAML map; an empty text is an empty map.
    static func parse(_ text: String) throws -> JSONValue {
        guard let node = try Yams.compose(yaml: text) else { return .object([:]) }
        let tree = try value(of: node)
        if tree == .null { return .object([:]) }
        guard tree.object != nil else { throw ConfigurationFaults(["the top level must be a map"]) }
        return tree
    }

    private static func value(of node: Node) throws -> JSONValue {
        switch node {
        case .mapping(let mapping):
            var members: [String: JSONValue] = [:]
            for (key, value) in mapping { members[key.string ?? ""] = try Self.value(of: value) }
            if mapping.tag.description == "!exec" { return try output(of: members["command"]?.string) }
            return .object(members)
        case .sequence(let sequence):
            return .array(try sequence.map(value(of:)))
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

    /// Tag `!exec` (contract 00 §2.1): the YAML that a command prints; words are split at blanks, no shell.
    private static func output(of command: String?) throws -> JSONValue {
        let words = (command ?? "").parts(separatedBy: " ")
        guard let program = words.first else { throw ConfigurationFaults(["!exec: must hold command: a text"]) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["--", program] + words.dropFirst()
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ConfigurationFaults(["!exec: \(program) ended with status \(process.terminationStatus)"])
        }
        guard let node = try Yams.compose(yaml: String(decoding: data, as: UTF8.self)) else { return .null }
        return try value(of: node)
    }

    private static func warn(_ text: String) {
        FileHandle.standardError.write(Data("tandem: \(text)\n".utf8))
    }
}
