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
        let all = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        if format == .json { return output.write(line: json(event, all), at: event.level) }
        var line = LogOutput.timestamp()
        line += " [pid \(getpid())] [tid \(UInt(pthread_self()))] (\(Self.name(of: event.level))) (\(label)): "
        line += Self.shown(event.message.description)
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line += " "
            line += key
            line += "="
            line += LogText.value(Self.shown(value.description))
        }
        output.write(line: line, at: event.level)
    }

    private func json(_ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        var object: [String: JSONValue] = [:]
        for (key, value) in metadata { object[key] = .string(Self.shown(value.description)) }
        object["time"] = .string(Date().ISO8601Format(.init(includingFractionalSeconds: true)))
        object["level"] = .string(Self.name(of: event.level))
        object["logger"] = .string(label)
        object["message"] = .string(Self.shown(event.message.description))
        return JSONValue.object(object).text
    }

    /// A text without the secrets that it may quote: errors of libraries, servers and sibling services come here from
    /// everywhere, so this is the one place that hides them.
    private static func shown(_ text: String) -> String { SecretMasking.masked(text) }

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

/// Makes text fit for one line of a log that people read in a terminal.
enum LogText {
    /// A value of the metadata: in quotes when it could be taken for more than one, so that no caller's name looks like a member
    /// that we wrote.
    static func value(_ text: String) -> String {
        let isOne = text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
        if isOne, !text.isEmpty { return text }
        var quoted = "\"".unicodeScalars
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.append("\\") }
            quoted.append(scalar)
        }
        quoted.append("\"")
        return String(quoted)
    }

    /// The text with everything escaped that would make another line of it, or change what a terminal shows: control
    /// characters (C0, DEL, C1), the separators of lines and paragraphs, and what turns the direction of text.
    static func printable(_ text: String) -> String {
        // A quick look first: nearly every line is plain. All that is escaped beyond ASCII begins with C2, D8 or E2.
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0xC2 && $0 != 0xD8 && $0 != 0xE2 }
        if isPlain { return text }
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isHarmless(scalar) {
                escaped.append(scalar)
            } else {
                escaped.append(contentsOf: escape(scalar).unicodeScalars)
            }
        }
        return String(escaped)
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00..<0x20, 0x7F..<0xA0, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: false
        default: true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x0A: return "\\n"
        case 0x0D: return "\\r"
        case 0x09: return "\\t"
        case let value:
            let digits = String(value, radix: 16)
            return value < 0x100
                ? "\\x" + String(repeating: "0", count: 2 - digits.count) + digits : "\\u{\(digits)}"
        }
    }
}

/// Where log lines go (contract 00 §1): standard output below ERROR, standard error from ERROR up, and a file
/// besides when there is one. Without a file everything goes to standard output, in its order.
final class LogOutput: Sendable {
    struct CannotWrite: Error, CustomStringConvertible {
        var description: String
    }

    private let path: String?
    private let file: Mutex<Int32?>

    /// - Throws: ``CannotWrite`` when the file cannot be opened for appending.
    init(path: String?) throws {
        self.path = path
        file = Mutex(try path.map(Self.openFile))
    }

    /// Opens the file anew: a rotation that renames it leaves us with the old one.
    /// - Throws: ``CannotWrite``; then lines go where they went.
    func reopen() throws {
        guard let path else { return }
        let new = try Self.openFile(path)
        let old = file.withLock { file in
            defer { file = new }
            return file
        }
        if let old { close(old) }
    }

    private static func openFile(_ path: String) throws -> Int32 {
        // Appending, so that a rotation that truncates the file leaves no hole.
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw CannotWrite(description: "log_filename: cannot write \(path): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// Writes one line.
    func write(line: String, at level: Logger.Level) {
        var bytes = Array(LogText.printable(line).utf8)
        bytes.append(UInt8(ascii: "\n"))
        file.withLock { file in
            guard let file else { return Self.write(bytes, to: STDOUT_FILENO) }
            Self.write(bytes, to: file)
            Self.write(bytes, to: level >= .error ? STDERR_FILENO : STDOUT_FILENO)
        }
    }

    /// A log that cannot be written must not stop calls.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return }
                written += count
            }
        }
    }

    /// The last second that was written, as text: a busy server logs many lines in each.
    private struct Second {
        var seconds: time_t
        var time: String
        var zone: String

        init(_ seconds: time_t) {
            self.seconds = seconds
            var moment = seconds
            var parts = tm()
            localtime_r(&moment, &parts)
            time = Self.text("%Y-%m-%d %H:%M:%S", &parts)
            zone = Self.text("%Z", &parts)
        }

        private static func text(_ format: String, _ parts: inout tm) -> String {
            var text = [CChar](repeating: 0, count: 64)
            let length = strftime(&text, text.count, format, &parts)
            return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
    private static let second = Mutex(Second(0))

    static func timestamp() -> String {
        // Not clock_gettime: which module declares its type depends on what else was imported.
        let now = Date().timeIntervalSince1970
        let whole = time_t(now)
        let second = second.withLock { second in
            if second.seconds != whole { second = Second(whole) }
            return second
        }
        // A thousand more, so that the number has leading zeros.
        let milliseconds = String(1_000 + Int((now - Double(whole)) * 1_000)).dropFirst()
        return "\(second.time),\(milliseconds) \(second.zone)"
    }
}
