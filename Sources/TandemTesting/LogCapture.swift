public import Logging
import Synchronization

/// Keeps log lines, so that a test can look at them and wait for one.
public final class LogCapture: Sendable {
    /// A line.
    public struct Line: Sendable {
        /// Its level.
        public var level: Logger.Level
        /// Its message, without metadata.
        public var message: String
        /// Its metadata, the logger's own included.
        public var metadata: [String: String]

        /// The message and the metadata, in the order of their keys, as one text.
        public var text: String {
            ([message] + metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
        }
    }

    private let state = Mutex<(lines: [Line], waiting: [CheckedContinuation<Void, Never>])>(([], []))
    private let level: Logger.Level

    /// A capture without lines.
    /// - Parameter level: The lowest level of lines that are kept.
    public init(level: Logger.Level = .trace) { self.level = level }

    /// A logger whose lines are kept.
    public var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(capture: self) }
        logger.logLevel = level
        return logger
    }

    /// The lines so far.
    public var lines: [Line] { state.withLock { $0.lines } }

    /// The first line with this message; waits for it.
    public func line(_ message: String) async -> Line {
        while true {
            var seen = 0
            let found = state.withLock { state in
                seen = state.lines.count
                return state.lines.first { $0.message == message }
            }
            if let found { return found }
            let known = seen
            await withCheckedContinuation { continuation in
                let isNew = state.withLock { state in
                    if state.lines.count == known { state.waiting.append(continuation) }
                    return state.lines.count != known
                }
                if isNew { continuation.resume() }
            }
        }
    }

    private func add(_ line: Line) {
        let waiting = state.withLock { state in
            state.lines.append(line)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private struct Handler: LogHandler {
        let capture: LogCapture
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
            capture.add(
                Line(level: event.level, message: "\(event.message)", metadata: all.mapValues { "\($0)" })
            )
        }
    }
}
