import Core
import Foundation
public import Logging
import Synchronization

/// The file of rules for callers' numbers (contract 41 `in_callerid`), read at start and on `reload`.
///
/// No file means no rules. A bad section is left out with an error in the log; the others hold.
public final class InCallerIDRuleFile: Sendable {
    private let path: String
    private let logger: Logger
    private let current: Mutex<[InCallerIDRule]>

    /// Reads the file at `path`. Blocks: for the start of the server.
    public init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
        current = Mutex(Self.read(path, logger) ?? [])
    }

    /// Reads the file again. When it cannot be read the rules stay as they were; when it is gone there
    /// are none. Blocks: not for an event loop.
    public func reload() {
        guard let rules = Self.read(path, logger) else { return }
        current.withLock { $0 = rules }
    }

    var rules: [InCallerIDRule] { current.withLock { $0 } }

    /// `nil` when the file is there and cannot be read.
    private static func read(_ path: String, _ logger: Logger) -> [InCallerIDRule]? {
        guard FileManager.default.fileExists(atPath: path) else {
            logger.info("no caller id rules", metadata: ["file": "\(path)"])
            return []
        }
        guard let content = FileManager.default.contents(atPath: path) else {
            logger.error("caller id rules cannot be read", metadata: ["file": "\(path)"])
            return nil
        }
        let file = INIFile(String(decoding: content, as: UTF8.self))
        var faults = file.faults
        var rules: [InCallerIDRule] = []
        for section in file.sections {
            do {
                rules.append(try InCallerIDRule(section))
            } catch {
                faults.append("\(error)")
            }
        }
        for fault in faults {
            logger.error("caller id rule left out", metadata: ["file": "\(path)", "cause": "\(fault)"])
        }
        return rules
    }
}
