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
        let text: String
        switch TextFileFault.text(of: path) {
        case .success(let found): text = found
        case .failure(let fault):
            logger.error("destinations of faxes cannot be read", metadata: ["file": "\(path)", "cause": "\(fault)"])
            return nil
        }
        let configuration = FaxConfiguration(INIFile(text), content: TextFileFault.text(of:))
        for fault in configuration.faults {
            logger.error("mistake in the destinations of faxes", metadata: ["file": "\(path)", "cause": "\(fault)"])
        }
        return configuration
    }
}

/// Why the text of a file is not there, for a message behind the file's name.
enum TextFileFault: Error, Hashable, CustomStringConvertible {
    case missing
    /// By what the system says.
    case unreadable(String)
    case notUTF8

    var description: String {
        switch self {
        case .missing: "names a file that does not exist"
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .notUTF8: "is not in UTF-8"
        }
    }

    /// Reads a file whole. Blocks.
    static func text(of path: String) -> Result<String, TextFileFault> {
        guard let file = fopen(path, "rb") else {
            return .failure(errno == ENOENT ? .missing : .unreadable(String(cString: strerror(errno))))
        }
        fclose(file)
        guard let data = FileManager.default.contents(atPath: path) else {
            return .failure(.unreadable(String(cString: strerror(EISDIR))))
        }
        guard let text = String(validating: data, as: UTF8.self) else { return .failure(.notUTF8) }
        return .success(text)
    }
}
