import Core
import Foundation
public import Logging
import Synchronization

/// The file that says where faxes go (contract 30 §8.3), read at start and on `reload`. Without it every fax is
/// refused, and stays in Asterisk's spool.
public final class FaxConfigurationFile: Sendable {
    private let path: String
    private let logger: Logger
    private let state: Mutex<FaxConfiguration>

    /// Reads the file at `path`. Blocks: for the start of the server.
    public init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
        state = Mutex(Self.read(path, logger) ?? .empty)
    }

    /// Reads the file and those that it names again. When it cannot be read everything stays as it was; when it
    /// is gone no fax is taken. Faxes that wait for an attempt follow. Blocks: not for an event loop.
    public func reload() {
        guard let configuration = Self.read(path, logger) else { return }
        state.withLock { $0 = configuration }
    }

    var current: FaxConfiguration { state.withLock { $0 } }

    /// `nil` when the file is there and cannot be read.
    private static func read(_ path: String, _ logger: Logger) -> FaxConfiguration? {
        guard FileManager.default.fileExists(atPath: path) else {
            logger.info("no destinations of faxes", metadata: ["file": "\(path)"])
            return .empty
        }
        guard let text = text(of: path) else {
            logger.error("destinations of faxes cannot be read", metadata: ["file": "\(path)"])
            return nil
        }
        let configuration = FaxConfiguration(INIFile(text), content: text(of:))
        for fault in configuration.faults {
            logger.error("mistake in the destinations of faxes", metadata: ["file": "\(path)", "cause": "\(fault)"])
        }
        return configuration
    }

    private static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).flatMap { String(data: $0, encoding: .utf8) }
    }
}
