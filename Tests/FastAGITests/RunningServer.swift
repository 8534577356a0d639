import FastAGI
import Logging
import ServiceLifecycle
import TandemTesting

/// A handler made of a closure.
struct ClosureHandler: AGIHandler {
    let name: String
    let work: @Sendable (AGISession) async throws -> Void

    init(_ name: String, _ work: @escaping @Sendable (AGISession) async throws -> Void) {
        self.name = name
        self.work = work
    }

    func run(_ session: AGISession) async throws { try await work(session) }
}

/// A gate that handlers of a test wait at; a cancelled task passes with an error.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }

    func pass() async throws {
        for await _ in stream {}
        try Task.checkCancellation()
    }
}

struct RunningServer {
    let port: Int
    let logs: LogCapture
    /// Begins the graceful shutdown.
    let stop: @Sendable () async -> Void
    /// Waits until the server's `run` has returned.
    let stopped: @Sendable () async throws -> Void
}

/// Runs `body` beside a server on a free port, then stops the server.
func withServer(
    _ handlers: [any AGIHandler] = [],
    change: (inout FastAGIConfiguration) -> Void = { _ in },
    _ body: (RunningServer) async throws -> Void
) async throws {
    var configuration = FastAGIConfiguration()
    configuration.port = 0
    configuration.closeDeadline = .milliseconds(200)
    configuration.shutdownGrace = .milliseconds(50)
    change(&configuration)
    let logs = LogCapture()
    let server = FastAGIServer(configuration: configuration, handlers: handlers, logger: logs.logger)
    let group = ServiceGroup(services: [server], logger: logs.logger)
    let running = Task { try await group.run() }
    let stop: @Sendable () async -> Void = { await group.triggerGracefulShutdown() }
    do {
        try await body(
            RunningServer(port: try await server.listeningPort(), logs: logs, stop: stop) {
                try await running.value
            }
        )
    } catch {
        await stop()
        throw error
    }
    await stop()
    try await running.value
}
