import Foundation
import Logging
import Synchronization

/// Log lines as the platform's services write them (contract 00 §1):
/// `YYYY-MM-DD HH:MM:SS,mmm TZ [pid N] [tid N] (LEVEL) (logger): message`, then the metadata.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let label: String
    private let output: LogOutput

    init(label: String, level: Logger.Level, output: LogOutput) {
        self.label = label
        logLevel = level
        self.output = output
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = "\(LogOutput.timestamp()) [pid \(getpid())] [tid \(UInt(pthread_self()))] "
        line += "(\(Self.name(of: event.level))) (\(label)): \(event.message)"
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(value)" }
        // One event is one line, whatever a peer has put into it.
        output.write(line.replacing("\n", with: "\\n") + "\n")
    }

    private static func name(of level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "DEBUG"
        case .info, .notice: "INFO"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "CRITICAL"
        }
    }
}

/// Where log lines go: a file, or standard output.
final class LogOutput: Sendable {
    private let file: Mutex<FileHandle>

    /// - Throws: when the file cannot be opened for appending.
    init(path: String?) throws {
        guard let path else {
            file = Mutex(FileHandle.standardOutput)
            return
        }
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        file = Mutex(handle)
    }

    func write(_ text: String) {
        // A log that cannot be written must not stop calls.
        file.withLock { try? $0.write(contentsOf: Data(text.utf8)) }
    }

    static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        localtime_r(&now.tv_sec, &parts)
        var text = [CChar](repeating: 0, count: 64)
        strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
        var zone = [CChar](repeating: 0, count: 16)
        strftime(&zone, zone.count, "%Z", &parts)
        let milliseconds = String(now.tv_nsec / 1_000_000)
        let padded = String(repeating: "0", count: 3 - milliseconds.count) + milliseconds
        func string(_ bytes: [CChar]) -> String {
            String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return "\(string(text)),\(padded) \(string(zone))"
    }
}
