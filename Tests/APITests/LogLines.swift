import Logging
import Synchronization

/// Log lines of one logger, gathered.
final class LogLines: Sendable {
    struct Line: Sendable {
        var level: Logger.Level
        var message: String
        var metadata: [String: String]
    }
    private let lines = Mutex<[Line]>([])

    var all: [Line] { lines.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in GatheringHandler(lines: self) } }
    fileprivate func append(_ line: Line) { lines.withLock { $0.append(line) } }
}

private struct GatheringHandler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        lines.append(
            LogLines.Line(level: event.level, message: "\(event.message)", metadata: all.mapValues { "\($0)" })
        )
    }
}
