import Logging
import Synchronization
import Telephony

@testable import AMI

/// Runs a client against a port while `body` lasts. Its limits are short, so that faults show soon.
func withClient(
    port: Int,
    username: String = "tandem",
    secret: String = "tandem",
    receiver: any ManagerEventReceiving,
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    configure: (inout AMIConfiguration) -> Void = { _ in },
    _ body: (AMIClient) async throws -> Void
) async throws {
    var configuration = AMIConfiguration(port: port, username: username, secret: secret)
    configure(&configuration)
    let client = AMIClient(configuration: configuration, receiver: receiver, logger: logger)
    let running = Task { try await client.run() }
    do {
        try await body(client)
    } catch {
        running.cancel()
        _ = await running.result
        throw error
    }
    running.cancel()
    try await running.value
}

/// Keeps the lines of a log.
final class LogLines: Sendable {
    private let lines = Mutex<[(level: Logger.Level, text: String)]>([])

    var all: [(level: Logger.Level, text: String)] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    func append(_ level: Logger.Level, _ text: String) { lines.withLock { $0.append((level, text)) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let metadata = event.metadata?.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ") ?? ""
            lines.append(event.level, "\(event.message) \(metadata)")
        }
    }
}
