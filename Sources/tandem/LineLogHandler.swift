import Core
import Foundation
import Glibc
import Logging
import Synchronization

/// The level of every logger, which `PATCH /1.0/config` changes while the server runs.
final class LogLevel: Sendable {
    private let levels: Mutex<(configured: Logger.Level, current: Logger.Level)>

    init(_ configured: Logger.Level) { levels = Mutex((configured, configured)) }

    var value: Logger.Level { levels.withLock { $0.current } }

    /// Everything, or what was configured.
    func setDebug(_ isOn: Bool) {
        levels.withLock { $0.current = isOn ? ($0.configured > .debug ? .debug : $0.configured) : $0.configured }
    }

    /// The configured level has changed.
    func configure(_ level: Logger.Level) { levels.withLock { $0 = (level, level) } }
}

/// Log lines as the platform's services write them (contract 00 §1):
/// `YYYY-MM-DD HH:MM:SS,mmm TZ [pid N] [tid N] (LEVEL) (logger): message`, then the metadata; or one JSON
/// object each (key `log_format`).
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    private let label: String
    private let level: LogLevel
    /// A level that code has set for its own logger.
    private var ownLevel: Logger.Level?
    private let format: LogFormat
    private let output: LogOutput

    init(label: String, level: LogLevel, format: LogFormat = .text, output: LogOutput) {
        self.label = label
        self.level = level
        self.format = format
        self.output = output
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? level.value }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        if format == .json { return output.write(json(event, all) + "\n", at: event.level) }
        var line = "\(LogOutput.timestamp()) [pid \(getpid())] [tid \(UInt(pthread_self()))] "
        line += "(\(Self.name(of: event.level))) (\(label)): \(event.message)"
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(value)" }
        // One event is one line, whatever a peer has put into it.
        output.write(line.replacing("\n", with: "\\n") + "\n", at: event.level)
    }

    private func json(_ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        var object: [String: JSONValue] = [:]
        for (key, value) in metadata { object[key] = .string("\(value)") }
        object["time"] = .string(Date().ISO8601Format(.init(includingFractionalSeconds: true)))
        object["level"] = .string(Self.name(of: event.level))
        object["logger"] = .string(label)
        object["message"] = .string("\(event.message)")
        return JSONValue.object(object).text
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

/// Where log lines go (contract 00 §1): standard output below ERROR, standard error from ERROR up, and a file
/// besides when there is one. Without a file everything goes to standard output, in its order.
final class LogOutput: Sendable {
    private let file: Mutex<Int32?>

    /// - Throws: when the file cannot be opened for appending.
    init(path: String?) throws {
        guard let path else {
            file = Mutex(nil)
            return
        }
        // Appending, so that a rotation that truncates the file leaves no hole.
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw ConfigurationFaults(["log_filename: cannot write \(path): \(String(cString: strerror(errno)))"])
        }
        file = Mutex(descriptor)
    }

    func write(_ text: String, at level: Logger.Level) {
        file.withLock { file in
            guard let file else { return Self.write(text, to: STDOUT_FILENO) }
            Self.write(text, to: file)
            Self.write(text, to: level >= .error ? STDERR_FILENO : STDOUT_FILENO)
        }
    }

    /// A log that cannot be written must not stop calls.
    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return }
                written += count
            }
        }
    }

    static func timestamp() -> String {
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        var seconds = time_t(now / 1_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 64)
        strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
        var zone = [CChar](repeating: 0, count: 16)
        strftime(&zone, zone.count, "%Z", &parts)
        let milliseconds = String(now % 1_000)
        let padded = String(repeating: "0", count: 3 - milliseconds.count) + milliseconds
        func string(_ bytes: [CChar]) -> String {
            String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return "\(string(text)),\(padded) \(string(zone))"
    }
}
